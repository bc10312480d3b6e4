"""The worker: what is due is found and done at its next tick, and it says that it lives."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, CallbackEvent, Change, Heartbeat, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.services import crew, duties
from trunks.services.claims import claim
from trunks.services.crew import Crew, work
from trunks.services.delivering import drain, sweep
from trunks.services.duties import Duty
from trunks.services.leases import OWNER, take_pull_lease
from trunks.services.proposing import propose
from trunks.services.pulling import pull, pull_if_free, request_pull
from trunks.services.submitting import submit
from trunks.services.waking import Work
from trunks.services.working import find_work, take_turn, to_drain, to_pull


def goes_on() -> bool:
    return True


def tick() -> None:
    """What the threads of a worker do, one after the other."""
    for what, account_id in find_work():
        take_turn(what, account_id, goes_on)


def are_due() -> list[Account]:
    return list(to_pull(database_now()))


def are_drained() -> list[Account]:
    return list(to_drain(database_now()))


@pytest.fixture
def ask(ada):
    """Ada asks for something; nobody has sent it yet."""

    def asked(trunk: Trunk | None = None, **fields: Any) -> Change:
        actor = actor_of(ada)
        trunk = trunk or Trunk.objects.all()[0]
        change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="api")
        submit(change, actor=actor)
        Change.objects.filter(pk=change.pk).update(**fields or {"reason": ""})
        return change

    return asked


def test_a_tick_pulls_an_account_that_was_never_pulled(account):
    tick()
    assert Trunk.objects.count() == 40
    assert not are_due()


def test_a_tick_sends_what_waits(pulled, ask, sandbox):
    change = ask()
    assert are_drained() == [pulled]
    tick()
    change.refresh_from_db()
    assert change.state == "applied"
    assert sandbox.trunk(str(change.trunk_id))["attributes"]["rtp_timeout"] == 99
    assert are_drained() == []


def test_a_tick_leaves_alone_what_has_time_or_waits_for_a_person(pulled, ask):
    later = database_now() + timedelta(seconds=60)
    ask(next_attempt_at=later)
    ask(Trunk.objects.all()[1], held_at=database_now())
    assert find_work() == []


def test_a_tick_looks_for_what_was_sent_and_not_answered(pulled, ask):
    change = ask(state="delivering", sent_at=database_now(), lease_until=None)
    assert are_drained() == [pulled]
    Change.objects.filter(pk=change.pk).update(quarantined_at=database_now())
    assert are_drained() == [], "a person decides"


def test_a_tick_frees_what_a_dead_process_held(pulled, ask):
    past = database_now() - timedelta(seconds=1)
    ask(state="delivering", lease_until=past, lease_owner="a dead process")
    assert find_work() == [(Work.DRAIN, pulled.pk)]


def test_a_tick_reads_what_a_callback_told_of(pulled):
    event = CallbackEvent.objects.create(
        account=pulled,
        trunk_id=Trunk.objects.all()[0].pk,
        created_at="2026-01-01T00:00:00.000Z",
        received_at=database_now(),
    )
    assert are_drained() == [pulled]
    event.next_try_at = database_now() + timedelta(seconds=60)
    event.save()
    assert are_drained() == []


def test_an_account_in_trouble_is_asked_when_its_time_has_come(pulled, ask):
    ask()
    now = database_now()
    trouble = {"pause": "trouble", "pause_reason": "silent", "paused_at": now}
    Account.objects.update(**trouble, probe_at=now + timedelta(seconds=60))
    assert find_work() == []
    Account.objects.update(probe_at=now)
    assert find_work() == [(Work.DRAIN, pulled.pk)]


def test_an_account_in_trouble_is_not_pulled_by_the_clock(pulled, settings, sam):
    settings.PULL_SECONDS = 0
    assert are_due()
    Account.objects.update(pause="trouble", pause_reason="silent", paused_at=database_now())
    assert not are_due()
    request_pull(pulled, actor=actor_of(sam))
    assert are_due(), "whoever asks for it gets it"


def test_an_account_with_an_open_question_is_not_pulled_by_the_clock(pulled, settings, ask):
    settings.PULL_SECONDS = 0
    ask()
    assert are_due()
    Account.objects.update(pause="question", pause_reason="?", paused_at=database_now())
    assert find_work() == []


def test_a_pull_that_was_asked_for_comes_before_its_interval(pulled, sam):
    assert not are_due()
    request_pull(pulled, actor=actor_of(sam))
    assert are_due() == [pulled]


def test_two_pulls_of_one_account_never_run_at_once(pulled):
    Account.objects.update(pull_requested_at=database_now())
    lease = take_pull_lease(pulled.pk)
    assert lease is not None
    assert pull_if_free(pulled) is None
    assert not are_due(), "the running one is not asked to make way"
    lease.release()
    assert are_due() == [pulled]
    assert pull(pulled).state == "done"


def test_a_pull_whose_process_died_is_said_to_have_stopped_and_done_again(pulled):
    SyncRun.objects.create(account=pulled, started_at=database_now())
    assert are_due() == [pulled], "before its interval"
    tick()
    states = SyncRun.objects.order_by("pk").values_list("state", flat=True)
    assert list(states)[-2:] == ["stopped", "done"]


def test_a_pull_that_is_told_to_stop_leaves_the_rest_to_another(pulled, sandbox, sam):
    request_pull(pulled, actor=actor_of(sam))
    SyncRun.objects.all().delete()
    pages = iter([True, False])  # the trunks, the first page of DIDs
    take_turn(Work.PULL, pulled.pk, lambda: next(pages))
    stopped = SyncRun.objects.get()
    assert (stopped.state, stopped.missing) == ("stopped", 0)
    assert "told to stop" in stopped.error
    assert len(sandbox.requests) == 2
    assert are_due() == [pulled]
    tick()
    assert SyncRun.objects.latest("pk").state == "done"
    assert not are_due()


def test_a_claim_that_was_never_sent_is_pending_again(pulled, ask):
    past = database_now() - timedelta(seconds=1)
    change = ask(state="delivering", lease_until=past, lease_owner="a dead process")
    sweep()
    change.refresh_from_db()
    assert change.state == "pending"
    Change.objects.update(state="delivering", lease_until=past, sent_at=past)
    sweep()
    change.refresh_from_db()
    assert change.outcome_unknown, "what was sent is never sent again by itself"


def test_a_claim_that_another_thread_took_over_before_it_was_seen_is_lost(pulled, ask, monkeypatch):
    change, see = ask(), Change.refresh_from_db

    def see_too_late(self: Change, *args: Any, **options: Any) -> None:
        monkeypatch.setattr(Change, "refresh_from_db", see)
        Change.objects.update(lease_until=database_now() - timedelta(seconds=1))
        sweep()
        assert claim(Change.objects.get())
        see(self, *args, **options)

    monkeypatch.setattr(Change, "refresh_from_db", see_too_late)
    assert not claim(change), "one of the two, though both are of this process"


def test_what_waits_unsent_for_a_day_expires(pulled, ask):
    change = ask(submitted_at=database_now() - timedelta(hours=25))
    sweep()
    change.refresh_from_db()
    assert change.state == "expired"


def test_an_account_is_due_by_its_latest_pull_alone(pulled, settings):
    assert are_due() == []
    old = database_now() - timedelta(seconds=settings.PULL_SECONDS + 1)
    SyncRun.objects.create(account=pulled, state="failed", started_at=old)
    assert are_due() == []
    SyncRun.objects.update(started_at=old)
    assert are_due() == [pulled]


def test_a_worker_that_is_told_to_stop_begins_no_other_change(pulled, ask):
    for trunk in Trunk.objects.filter(auth_type="twilio")[:2]:
        ask(trunk)
    goes_on = iter([True, False])
    assert drain(goes_on=lambda: next(goes_on)) == {"applied": 1}


def test_a_drain_gives_its_place_away_after_its_turn(pulled, ask, monkeypatch):
    for trunk in Trunk.objects.filter(auth_type="twilio")[:2]:
        ask(trunk)
    monkeypatch.setattr("trunks.services.working.TURN_SECONDS", 0.0)
    take_turn(Work.DRAIN, pulled.pk, goes_on)
    assert are_drained() == [pulled]


def test_a_worker_says_that_it_lives_and_leaves_no_trace(pulled):
    with Crew(threading.Event()):
        assert Heartbeat.objects.get().name == OWNER
    stop = threading.Event()
    stop.set()
    work(stop)
    assert not Heartbeat.objects.exists()


def test_an_error_in_one_tick_does_not_end_the_worker(pulled, monkeypatch, caplog):
    stop, ticks = threading.Event(), []

    def fails_at_first(self: Crew) -> None:
        ticks.append(1)
        if len(ticks) == 1:
            raise ZeroDivisionError
        stop.set()

    monkeypatch.setattr(Crew, "tick", fails_at_first)
    monkeypatch.setattr(crew, "close_old_connections", lambda: None)  # it is the test's own
    monkeypatch.setattr(crew, "TICK_SECONDS", 0.01)
    work(stop)
    assert len(ticks) == 2
    assert "ZeroDivisionError" in caplog.text


def test_every_duty_runs_at_its_own_interval_and_one_that_fails_harms_no_other(
    pulled, monkeypatch, caplog
):
    done = []

    def fails() -> None:
        done.append("fails")
        raise ZeroDivisionError

    often = Duty("often", 0.0, lambda: done.append("often"))
    seldom = Duty("seldom", 3600.0, lambda: done.append("seldom"))
    monkeypatch.setattr(crew, "DUTIES", (Duty("fails", 0.0, fails), often, seldom))
    monkeypatch.setattr(crew, "close_old_connections", lambda: None)
    for _ in range(2):
        with Crew(threading.Event()) as worker:
            worker.tick()
            while worker.doing():
                pass
            worker.tick()
            while worker.doing():
                pass
    assert done.count("seldom") == 2, "once in each worker"
    assert done.count("often") == done.count("fails") == 4
    assert "ZeroDivisionError" in caplog.text
    assert all(duty.seconds > 0 for duty in duties.DUTIES)
