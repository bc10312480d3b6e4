"""A worker that is stopped finishes what it has begun; one that is killed loses nothing."""

import signal

import pytest
import redis

from tests.workers.conftest import REDIS_URL, all_settled, are_alive, eventually, is_sent
from trunks.domain.patch import Put
from trunks.models import Change, Heartbeat, Trunk

WAITING = 12
DEEP = pytest.mark.deep
KINDS = ["embedded", pytest.param("threads", marks=DEEP), pytest.param("prefork", marks=DEEP)]


@pytest.fixture
def trunks(pulled) -> list[Trunk]:
    return list(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:WAITING])


def sent_to(sandbox, trunk: Trunk) -> int:
    writes = [r for r in sandbox.requests if r["method"] == "PATCH"]
    return sum(r["path"].endswith(str(trunk.pk)) for r in writes)


@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_sigterm_lets_it_finish_what_has_left_and_the_rest_goes_on_in_the_next(
    crowd, trunks, ask, sandbox, hold, kind
):
    for trunk in trunks:
        ask(trunk, {"rtp_timeout": Put(99)})
    gate = hold(sandbox, "PATCH", "/v3/voice_out_trunks")
    worker = crowd.start(kind)
    eventually(is_sent, "one has left")
    worker.send_signal(signal.SIGTERM)
    eventually(lambda: "finishes" in crowd.logs() or kind != "embedded", "it has understood")
    assert worker.poll() is None, "it waits for its answer"
    gate.set()
    assert worker.wait(60) == 0, crowd.logs()
    states = set(Change.objects.values_list("state", flat=True))
    assert states <= {"applied", "pending"}, "nothing is left in between"
    assert not Heartbeat.objects.exists()

    crowd.start(kind)
    eventually(all_settled, "the next worker does the rest")
    assert set(Change.objects.values_list("state", flat=True)) == {"applied"}
    assert [sent_to(sandbox, trunk) for trunk in trunks] == [1] * len(trunks)


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["embedded", "threads", "prefork"], indirect=True)
def test_a_worker_that_is_killed_loses_and_doubles_nothing(crowd, trunks, ask, sandbox, hold, kind):
    crowd.environment |= {"LEASE_SECONDS": "3", "UPSTREAM_SETTLE_SECONDS": "1"}
    for trunk in trunks:
        ask(trunk, {"rtp_timeout": Put(99)})
    gate = hold(sandbox, "PATCH", "/v3/voice_out_trunks")
    crowd.start(kind)
    eventually(is_sent, "one has left")
    crowd.end()
    gate.set()
    assert Change.objects.outcome_unknown().exists()

    crowd.start(kind)
    eventually(all_settled, "another takes over")
    assert set(Change.objects.values_list("state", flat=True)) == {"applied"}
    assert [sent_to(sandbox, trunk) for trunk in trunks] == [1] * len(trunks)


@pytest.mark.deep
def test_a_queue_that_loses_its_messages_loses_no_change(needs_redis, crowd, trunks, ask, sandbox):
    for trunk in trunks:
        ask(trunk, {"rtp_timeout": Put(99)})
    queue = redis.Redis.from_url(REDIS_URL)
    crowd.celery("threads")

    def forgets() -> bool:
        for key in queue.keys(f"{crowd.installation}*"):
            queue.delete(key)
        return all_settled()

    eventually(lambda: are_alive(1), "it lives")
    eventually(forgets, "all is sent nevertheless")
    assert [sent_to(sandbox, trunk) for trunk in trunks] == [1] * len(trunks)
