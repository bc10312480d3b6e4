"""Any number of workers of either kind, on one database: everything once, whoever does it."""

from itertools import pairwise
from typing import Any

import pytest

from tests.workers.conftest import all_settled, are_alive, eventually, new_trunk, nothing_pulled
from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Change, Heartbeat, SyncRun, Trunk
from trunks.services.pulling import request_pull

UPDATES, CREATES = 24, 4
SIZES = [1, 2, 4]
DEEP = pytest.mark.deep


def crowds(*quick: tuple[str, int]) -> list[Any]:
    """Every kind and size; all but the quick ones are for `make test-deep`."""
    return [
        pytest.param(kind, many, marks=[] if (kind, many) in quick else [DEEP], id=f"{many} {kind}")
        for kind in ("embedded", "threads", "prefork")
        for many in SIZES
    ]


@pytest.mark.parametrize(
    ("kind", "many"), crowds(("embedded", 2), ("threads", 1)), indirect=["kind"]
)
def test_every_change_is_sent_once_and_every_pull_runs_alone(
    crowd, pulled, ask, ada, sandbox, kind, many
):
    trunks = list(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:UPDATES])
    for trunk in trunks:
        ask(trunk, {"rtp_timeout": Put(99)})
    for number in range(CREATES):
        ask(None, new_trunk(f"New {number}"), kind="create", account=pulled)
    regenerated = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("-pk")[0]
    ask(regenerated, {}, kind="regenerate")
    before = sandbox.trunk(str(regenerated.pk))["attributes"]["authentication_method"]
    request_pull(pulled, actor=actor_of(ada))
    sandbox.clear_requests()

    for _ in range(many):
        crowd.start(kind)
    eventually(all_settled, "nothing waits any more")
    eventually(nothing_pulled, "the pull was begun")
    request_pull(pulled, actor=actor_of(ada))
    eventually(nothing_pulled, "and another")
    eventually(lambda: are_alive(many), "all are alive")
    assert crowd.stop() == [0] * many, crowd.logs()

    assert set(Change.objects.values_list("state", flat=True)) == {"applied"}
    writes = [(r["method"], r["path"], str(r["body"])) for r in sandbox.requests]
    writes = [write for write in writes if write[0] != "GET"]
    assert len(writes) == len(set(writes)) == len(trunks) + CREATES + 1
    for trunk in trunks:
        assert sandbox.trunk(str(trunk.pk))["attributes"]["rtp_timeout"] == 99
    names = [trunk["attributes"]["name"] for trunk in sandbox.trunks()]
    assert all(names.count(f"New {number}") == 1 for number in range(CREATES))
    after = sandbox.trunk(str(regenerated.pk))["attributes"]["authentication_method"]
    assert after["attributes"]["password"] != before["attributes"]["password"]
    runs = list(SyncRun.objects.order_by("started_at"))
    assert {run.state for run in runs} <= {"done", "stopped"}
    spans = [(run.started_at, run.finished_at or run.started_at) for run in runs]
    assert all(first[1] <= then[0] for first, then in pairwise(spans))
    assert not Heartbeat.objects.exists(), "who stops leaves no trace"
