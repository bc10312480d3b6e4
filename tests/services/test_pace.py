"""The pace of an account: evenly spaced, people first, and nobody starves."""

import time
from itertools import pairwise

import pytest

from trunks.models import Account
from trunks.services import pace
from trunks.services.errors import NotSent
from trunks.services.pace import MOST_WAIT, PATIENCE, Lane, book, gap, reach, wait_for_turn


@pytest.fixture
def ten_a_second(account, settings) -> Account:
    settings.UPSTREAM_REQUESTS_PER_SECOND = 10
    return account


def far(account: Account, seconds: float) -> None:
    """As if others had booked all slots for so long."""
    Account.objects.filter(pk=account.pk).update(next_request_at=time.time() + seconds)


def test_slots_are_evenly_spaced_and_a_little_slower_than_allowed(ten_a_second):
    began = time.monotonic()
    waits = [wait_for_turn(ten_a_second.pk, Lane.PERSON) for _ in range(6)]
    took = time.monotonic() - began
    assert waits[0] == 0.0
    for first, then in pairwise(waits):
        assert then - first == pytest.approx(gap(), abs=took + 0.01)
    assert 0.1 < gap() < 0.1 / 0.95


def test_a_slot_that_nobody_took_is_gone(ten_a_second):
    far(ten_a_second, -3600)
    assert book(ten_a_second.pk, 0.0) == 0.0
    assert (book(ten_a_second.pk, MOST_WAIT) or 0) > 0.05, "no burst makes up for a quiet hour"


def test_people_reach_further_than_programs_than_the_worker_than_pulls(ten_a_second):
    reaches = [reach(lane, 0.0) for lane in Lane]
    assert reaches == sorted(reaches, reverse=True)
    assert len(set(reaches)) == len(Lane)
    assert reaches[0] == MOST_WAIT


@pytest.mark.parametrize("lane", [Lane.API, Lane.WORKER, Lane.PULL])
def test_only_people_book_far_ahead(ten_a_second, lane):
    far(ten_a_second, 2.0)
    assert book(ten_a_second.pk, reach(lane, 0.0)) is None
    assert book(ten_a_second.pk, reach(Lane.PERSON, 0.0)) == pytest.approx(2.0, abs=1.0)


def test_a_person_waits_a_few_gaps_however_many_workers_wait(ten_a_second):
    """The background never books further than its reach and one gap: so much is in the way."""
    far(ten_a_second, 0.0)
    while book(ten_a_second.pk, reach(Lane.WORKER, 0.0)) is not None:
        pass
    assert wait_for_turn(ten_a_second.pk, Lane.PERSON) <= 2.1 * gap()


def test_a_pull_lets_the_worker_go_first(ten_a_second):
    far(ten_a_second, gap() / 2)
    assert book(ten_a_second.pk, reach(Lane.PULL, 0.0)) is None
    assert book(ten_a_second.pk, reach(Lane.WORKER, 0.0)) is not None


@pytest.mark.parametrize("lane", Lane)
def test_whoever_waited_long_enough_reaches_as_far_as_a_person(ten_a_second, lane):
    assert reach(lane, PATIENCE) == MOST_WAIT - PATIENCE
    reaches = [reach(lane, waited) for waited in (0.0, 1.0, 2.0)]
    assert lane is Lane.PERSON or reaches == sorted(reaches)


def test_a_worker_waits_until_the_slot_is_nearly_due(ten_a_second):
    far(ten_a_second, 0.5)
    began = time.monotonic()
    left = wait_for_turn(ten_a_second.pk, Lane.WORKER)
    assert left <= reach(Lane.WORKER, 1.0)
    assert time.monotonic() - began + left >= 0.45


@pytest.mark.parametrize("lane", Lane)
def test_a_turn_too_far_away_is_not_waited_for(ten_a_second, monkeypatch, lane):
    monkeypatch.setattr(pace, "PATIENCE", 0.05)
    far(ten_a_second, MOST_WAIT + 0.1)
    with pytest.raises(NotSent) as caught:
        wait_for_turn(ten_a_second.pk, lane)
    assert caught.value.retry_after == pytest.approx(MOST_WAIT, abs=2.0)
    assert not caught.value.is_failure, "upstream was not asked and is not to blame"


def test_at_one_request_in_twenty_seconds_nobody_waits_with_a_lease(account, settings):
    settings.UPSTREAM_REQUESTS_PER_SECOND = 0.05
    assert wait_for_turn(account.pk, Lane.WORKER) == 0.0
    with pytest.raises(NotSent):
        wait_for_turn(account.pk, Lane.PERSON)


def test_a_clock_that_was_set_back_does_not_stop_the_account(ten_a_second):
    far(ten_a_second, 3600)
    assert wait_for_turn(ten_a_second.pk, Lane.PERSON) == 0.0
