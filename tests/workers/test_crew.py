"""The threads of one embedded worker: nobody waits for anybody else's upstream."""

import threading
import uuid
from collections.abc import Iterator

import pytest
from django.db import connections

from tests.workers.conftest import (
    all_settled,
    eventually,
    is_pulling,
    is_sent,
    nothing_pulled,
)
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.secrets import Secret
from trunks.models import Account, Change, Heartbeat, SyncRun, Trunk
from trunks.sandbox import Sandbox
from trunks.services import crew
from trunks.services.accounts import add_account
from trunks.services.crew import work
from trunks.services.delivering import Outcome, carry_out, deliver
from trunks.services.pulling import pull, request_pull


class Shift:
    """A worker at work in threads of the test's own process."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Shift":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _work(self) -> None:
        work(self.stop)
        connections.close_all()  # as the end of its process would

    def end(self) -> None:
        self.stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def shift(database: str, monkeypatch: pytest.MonkeyPatch) -> Shift:
    monkeypatch.setattr(crew, "TICK_SECONDS", 0.05)
    return Shift()


@pytest.fixture
def elsewhere(database: str) -> Iterator[tuple[Account, Sandbox]]:
    """Another account, on an upstream of its own."""
    with Sandbox() as sandbox:
        sandbox.create_trunk(id=str(uuid.uuid4()))
        account = add_account("Elsewhere", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
        assert pull(account).state == "done"
        yield account, sandbox


def test_a_slow_account_holds_no_other_back(shift, pulled, elsewhere, ask, hold):
    slow = ask(Trunk.objects.filter(account=elsewhere[0])[0], {"rtp_timeout": Put(99)})
    gate = hold(elsewhere[1], "PATCH", "/v3/voice_out_trunks")
    with shift:
        eventually(is_sent, "it has begun")
        quick = [
            ask(trunk, {"rtp_timeout": Put(99)})
            for trunk in Trunk.objects.filter(account=pulled, auth_type="twilio")[:3]
        ]
        done = Change.objects.filter(pk__in=[c.pk for c in quick], state="applied")
        eventually(lambda: done.count() == 3, "the others are sent")
        slow.refresh_from_db()
        assert slow.state == "delivering", "and it still waits for its answer"
        gate.set()
        eventually(all_settled, "it gets it")


def test_a_long_pull_holds_no_delivery_back(shift, pulled, ask, ada, sandbox, hold):
    gate = hold(sandbox, "GET", "/v3/dids")
    request_pull(pulled, actor=actor_of(ada))
    with shift:
        eventually(is_pulling, "it has begun")
        ask(Trunk.objects.filter(auth_type="twilio")[0], {"rtp_timeout": Put(99)})
        eventually(all_settled, "the change is sent")
        assert is_pulling(), "and the pull still runs"
        gate.set()


def test_what_is_under_way_is_finished_and_nothing_new_begun(shift, pulled, ask, sandbox, hold):
    first, second = Trunk.objects.filter(auth_type="twilio")[:2]
    gate = hold(sandbox, "PATCH", "/v3/voice_out_trunks")
    ask(first, {"rtp_timeout": Put(99)})
    ask(second, {"rtp_timeout": Put(99)})
    with shift:
        eventually(is_sent, "one has left")
        shift.stop.set()
        assert Heartbeat.objects.exists(), "it still works"
        gate.set()
        shift.end()
    assert sorted(Change.objects.values_list("state", flat=True)) == ["applied", "pending"]
    assert len([r for r in sandbox.requests if r["method"] == "PATCH"]) == 1
    assert not Heartbeat.objects.exists()


def test_a_pull_under_way_stops_between_two_pages(shift, pulled, ada, sandbox, hold):
    gate = hold(sandbox, "GET", "/v3/dids")
    request_pull(pulled, actor=actor_of(ada))
    with shift:
        eventually(is_pulling, "it has begun")
        shift.stop.set()
        gate.set()
        shift.end()
    assert SyncRun.objects.latest("pk").state == "stopped"
    assert not nothing_pulled(), "another worker takes it up"


@pytest.mark.parametrize("face", ["page", "API"])
def test_who_asked_waits_for_the_worker_that_was_quicker(shift, pulled, ask, sandbox, hold, face):
    change = ask(Trunk.objects.filter(auth_type="twilio")[0], {"rtp_timeout": Put(99)})
    gate = hold(sandbox, "PATCH", "/v3/voice_out_trunks")
    with shift:
        eventually(is_sent, "the worker has sent it")
        threading.Timer(0.5, gate.set).start()
        if face == "page":
            assert deliver(change).state == "applied"
        else:
            assert carry_out(change) is Outcome.APPLIED
    assert len([r for r in sandbox.requests if r["method"] == "PATCH"]) == 1
