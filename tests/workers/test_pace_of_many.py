"""Four workers and four hundred changes: never faster than allowed, hardly slower, people first."""

import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests.workers.conftest import all_settled, eventually
from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Change, Trunk
from trunks.services.delivering import deliver
from trunks.services.pace import book, gap
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

RATE = 10
WAITING = 400


def busiest_second(times: list[float]) -> int:
    return max(bisect_left(times, begin + 1.0) - i for i, begin in enumerate(times))


def test_no_two_of_those_who_book_at_once_get_the_same_slot(database, account, settings):
    settings.UPSTREAM_REQUESTS_PER_SECOND = RATE

    def book_some(_: int) -> int:
        got = sum(book(account.pk, 60.0) is not None for _ in range(25))
        connections.close_all()
        return got

    began = time.time()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(book_some, range(4))) == [25] * 4
    account.refresh_from_db()
    assert account.next_request_at >= began + 100 * gap() - 0.01
    assert Account.objects.count() == 1


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["embedded", "threads"], indirect=True)
def test_four_workers_keep_the_pace_and_a_person_overtakes_them(
    crowd, account, ask, ada, sandbox, settings, kind
):
    sandbox.reset(trunks=WAITING + 1, dids=0)
    pull(account)
    *trunks, own = Trunk.objects.order_by("pk")
    for trunk in trunks:
        ask(trunk, {"rtp_timeout": Put(99)})
    settings.UPSTREAM_REQUESTS_PER_SECOND = RATE
    crowd.environment["UPSTREAM_REQUESTS_PER_SECOND"] = str(RATE)
    sandbox.clear_requests()
    for _ in range(4):
        crowd.start(kind)
    eventually(lambda: Change.objects.filter(state="applied").count() > WAITING / 4, "they work")

    actor, saves = actor_of(ada), []
    for seconds in range(100, 110):
        own.refresh_from_db()
        change = propose(own, {"rtp_timeout": Put(seconds)}, actor=actor, origin="staff")
        began = time.monotonic()
        assert deliver(submit(change, actor=actor)).state == "applied"
        saves.append(time.monotonic() - began)
    assert not all_settled(), "the others still wait"

    eventually(all_settled, "all are sent")
    crowd.stop()
    assert Change.objects.filter(state="applied").count() == WAITING + len(saves)
    times = [request["time"] for request in sandbox.requests]
    middle = [t for t in times if times[0] + 5 <= t <= times[-1] - 3]
    used = (len(middle) - 1) / (middle[-1] - middle[0])
    said = f"{kind}: busiest second {busiest_second(times)}, {used:.1f}/s, saves {sorted(saves)}"
    assert busiest_second(times) <= RATE * 1.1, said
    assert used >= RATE * 0.9, said
    assert sorted(saves)[len(saves) // 2] <= 2.0, said  # two requests; behind them it is a minute
    print(said)
