"""The worker: what is due is done at its next tick, and it says that it lives."""

import threading
from datetime import timedelta

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Change, Heartbeat, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.services import working
from trunks.services.delivering import drain, sweep
from trunks.services.leases import take_pull_lease
from trunks.services.proposing import propose, submit
from trunks.services.pulling import pull, pull_if_free, request_pull
from trunks.services.working import due_accounts, tick, work


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def test_a_tick_pulls_an_account_that_was_never_pulled(account, stop):
    tick(stop)
    assert Trunk.objects.count() == 40
    assert not due_accounts().exists()


def test_a_tick_sends_what_waits(pulled, ada, sandbox, stop):
    trunk = Trunk.objects.all()[0]
    actor = actor_of(ada)
    change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="api")
    submit(change, actor=actor)
    tick(stop)
    change.refresh_from_db()
    assert change.state == "applied"
    assert sandbox.trunk(str(trunk.pk))["attributes"]["rtp_timeout"] == 99


def test_a_pull_that_was_asked_for_comes_before_its_interval(pulled, sam):
    assert not due_accounts().exists()
    request_pull(pulled, actor=actor_of(sam))
    assert [a.pk for a in due_accounts()] == [pulled.pk]


def test_an_account_with_an_open_question_is_not_pulled_by_the_clock(pulled, settings):
    settings.PULL_SECONDS = 0
    assert due_accounts().exists()
    Account.objects.update(pause="question", pause_reason="?", paused_at=database_now())
    assert not due_accounts().exists()


def test_two_pulls_of_one_account_never_run_at_once(pulled):
    lease = take_pull_lease(pulled.pk)
    assert lease is not None
    assert pull_if_free(pulled) is None
    lease.release()
    assert pull(pulled).state == "done"


def test_a_pull_whose_process_died_is_said_to_have_stopped(pulled):
    SyncRun.objects.create(account=pulled, started_at=database_now())
    pull(pulled)
    states = SyncRun.objects.order_by("pk").values_list("state", flat=True)
    assert list(states)[-2:] == ["stopped", "done"]


def test_a_claim_that_was_never_sent_is_pending_again(pulled, ada):
    actor = actor_of(ada)
    change = propose(Trunk.objects.all()[0], {"rtp_timeout": Put(99)}, actor=actor, origin="api")
    submit(change, actor=actor)
    past = database_now() - timedelta(seconds=1)
    Change.objects.update(state="delivering", lease_until=past, lease_owner="a dead process")
    sweep()
    change.refresh_from_db()
    assert change.state == "pending"
    Change.objects.update(state="delivering", lease_until=past, sent_at=past)
    sweep()
    change.refresh_from_db()
    assert change.outcome_unknown, "what was sent is never sent again by itself"


def test_what_waits_unsent_for_a_day_expires(pulled, ada):
    actor = actor_of(ada)
    change = propose(Trunk.objects.all()[0], {"rtp_timeout": Put(99)}, actor=actor, origin="api")
    submit(change, actor=actor)
    Change.objects.update(submitted_at=database_now() - timedelta(hours=25))
    sweep()
    change.refresh_from_db()
    assert change.state == "expired"


def test_a_worker_beats_while_it_works_and_leaves_no_trace(pulled):
    stop = threading.Event()
    stop.set()
    work(stop)
    assert not Heartbeat.objects.exists()
    tick(threading.Event())
    assert Heartbeat.objects.get().at <= database_now()


def test_an_account_is_due_by_its_latest_pull_alone(pulled, settings):
    assert list(due_accounts()) == []
    old = database_now() - timedelta(seconds=settings.PULL_SECONDS + 1)
    SyncRun.objects.create(account=pulled, state="failed", started_at=old)
    assert list(due_accounts()) == []
    SyncRun.objects.update(started_at=old)
    assert list(due_accounts()) == [pulled]


def test_an_error_in_one_tick_does_not_end_the_worker(pulled, monkeypatch, caplog):
    stop, ticks = threading.Event(), []

    def fails_at_first(stop: threading.Event) -> None:
        ticks.append(1)
        if len(ticks) == 1:
            raise ZeroDivisionError
        stop.set()

    monkeypatch.setattr(working, "tick", fails_at_first)
    monkeypatch.setattr(working, "close_old_connections", lambda: None)  # it is the test's own
    monkeypatch.setattr(working, "TICK_SECONDS", 0.01)
    work(stop)
    assert len(ticks) == 2
    assert "ZeroDivisionError" in caplog.text


def test_a_worker_that_is_told_to_stop_begins_no_other_change(pulled, ada, sandbox):
    actor = actor_of(ada)
    for trunk in Trunk.objects.filter(auth_type="twilio")[:2]:
        submit(propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="api"), actor=actor)
    goes_on = iter([True, False])
    assert drain(goes_on=lambda: next(goes_on)) == {"applied": 1}
