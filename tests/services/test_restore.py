"""After a restore nothing of yesterday's outbox acts today, and nothing of it is lost."""

import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError
from django.db.models import Model

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM, Denied
from trunks.domain.patch import Put
from trunks.models import (
    Account,
    AuditEntry,
    Batch,
    Change,
    Decision,
    Heartbeat,
    Notice,
    SyncRun,
    Trunk,
)
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services import crew, on_call, restoring
from trunks.services.batches import resume_batch
from trunks.services.crew import Crew
from trunks.services.delivering import deliver, drain
from trunks.services.notice_mails import mail_notices
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.restoring import hold_after_long_silence, hold_unsettled, release_all
from trunks.services.starting import begin_work
from trunks.services.submitting import release, submit

YESTERDAY = timedelta(hours=26)


@pytest.fixture
def outbox(pulled, ada, sandbox, settings) -> dict[str, Change]:
    """A change that waits, one that was claimed and never sent, one whose outcome is unknown."""
    settings.UPSTREAM_SETTLE_SECONDS = 0
    actor = actor_of(ada)
    trunks = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:3]

    def ask(trunk: Trunk) -> Change:
        change = propose(trunk, {"rtp_timeout": Put(71)}, actor=actor, origin="staff")
        return submit(change, actor=actor)

    waiting, claimed, unknown = (ask(trunk) for trunk in trunks)
    sandbox.fault("drop_before", method="PATCH")
    deliver(unknown)
    sandbox.clear_faults()
    past = database_now() - timedelta(minutes=5)
    Change.objects.filter(pk=claimed.pk).update(state="delivering", lease_until=past)
    assert unknown.outcome_unknown
    sandbox.clear_requests()
    return {"waiting": waiting, "claimed": claimed, "unknown": unknown}


def writes(sandbox: Sandbox) -> list[str]:
    return [r["path"] for r in sandbox.requests if r["method"] != "GET"]


def grow_old(by: timedelta) -> None:
    """Everything in the database happened so much earlier, as in a back-up that is restored."""
    more: list[tuple[type[Model], str]] = [(Change, "submitted_at"), (Change, "sent_at")]
    for model, field in [*restoring.SIGNS, *more]:
        for row in model._default_manager.all():
            at = getattr(row, field)
            if at is not None:
                model._default_manager.filter(pk=row.pk).update(**{field: at - by})


def test_what_was_unsettled_waits_for_a_person_and_no_worker_touches_it(outbox, sandbox):
    grow_old(YESTERDAY)
    hold_unsettled(actor=SYSTEM)
    drain()
    pull(Account.objects.get())
    drain()
    assert writes(sandbox) == []
    for change in Change.objects.filter(pk__in=[c.pk for c in outbox.values()]):
        assert change.is_unsettled, change.state
        assert change.held_at is not None
        assert change.hold_reason.startswith("restored from a back-up of 20")


def test_doing_it_twice_changes_nothing(outbox):
    first = hold_unsettled(actor=SYSTEM)
    times = set(Change.objects.values_list("pk", "held_at"))
    second = hold_unsettled(actor=SYSTEM)
    assert (first.now, first.before) == ({"Production": 3}, {})
    assert (second.now, second.before) == ({}, {"Production": 3})
    assert set(Change.objects.values_list("pk", "held_at")) == times
    assert AuditEntry.objects.filter(act="changes_held").count() == 1


def test_settled_and_planned_changes_are_left_alone(pulled, ada, ask):
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    ask(trunk, {"rtp_timeout": Put(72)})
    propose(trunk, {"rtp_timeout": Put(73)}, actor=actor_of(ada), origin="staff")
    assert hold_unsettled(actor=SYSTEM).now == {}
    assert not Change.objects.exclude(held_at=None).exists()


def test_a_running_batch_pauses_and_says_why(pulled):
    batch = Batch.objects.create(kind="edit", state="running", created_at=database_now())
    done = Batch.objects.create(kind="edit", state="finished", created_at=database_now())
    assert hold_unsettled(actor=SYSTEM).batches == 1
    batch.refresh_from_db()
    done.refresh_from_db()
    assert (batch.state, done.state) == ("paused", "finished")
    assert "restored" in batch.pause_reason


def test_who_lets_a_paused_batch_go_on_lets_its_changes_go_on(outbox, sandbox, ada):
    now = database_now()
    batch = Batch.objects.create(kind="edit", state="running", created_at=now, started_at=now)
    Change.objects.filter(pk=outbox["waiting"].pk).update(batch=batch)
    grow_old(YESTERDAY)
    hold_unsettled(actor=SYSTEM)
    drain()
    assert writes(sandbox) == []
    resume_batch(Batch.objects.get(), actor=actor_of(ada))
    drain()
    assert Change.objects.get(pk=outbox["waiting"].pk).state == "applied"
    assert Change.objects.held().count() == 2, "those that do not belong to it still wait"


def test_what_a_person_releases_is_sent_even_a_day_later(outbox, sandbox, ada):
    grow_old(YESTERDAY)
    hold_unsettled(actor=SYSTEM)
    drain()
    release(outbox["waiting"], actor=actor_of(ada))
    drain()
    assert Change.objects.get(pk=outbox["waiting"].pk).state == "applied"
    assert writes(sandbox) == [f"/v3/voice_out_trunks/{outbox['waiting'].trunk_id}"]


def test_many_are_released_at_once_each_with_its_decision(outbox, sandbox, ada, vera):
    hold_unsettled(actor=SYSTEM)
    with pytest.raises(Denied):
        release_all(Change.objects.all(), actor=actor_of(vera))
    assert release_all(Change.objects.all(), actor=actor_of(ada)) == 3
    assert Decision.objects.filter(kind="released", actor_label=str(ada)).count() == 3
    assert release_all(Change.objects.all(), actor=actor_of(ada)) == 0
    drain()
    assert Change.objects.get(pk=outbox["waiting"].pk).state == "applied"


def test_what_nobody_held_back_expires_after_a_day_as_ever(outbox):
    Change.objects.update(submitted_at=database_now() - YESTERDAY)
    drain()
    assert Change.objects.get(pk=outbox["waiting"].pk).state == "expired"


def test_a_worker_that_wakes_in_a_restored_database_holds_by_itself(outbox, sandbox):
    grow_old(timedelta(hours=7))
    begin_work()
    drain()
    for change in Change.objects.filter(pk__in=[c.pk for c in outbox.values()]):
        assert change.held_at is not None
        assert "no worker lived here since" in change.hold_reason
    assert writes(sandbox) == []
    begin_work()  # the next one
    assert Change.objects.held().count() == 3


def test_what_was_asked_for_today_is_not_held_with_yesterdays(outbox, sandbox, ada):
    """The web server was started before the worker."""
    grow_old(timedelta(hours=7))
    today = database_now() - timedelta(minutes=5)
    Change.objects.filter(pk=outbox["waiting"].pk).update(submitted_at=today, created_at=today)
    begin_work()
    assert {c.pk for c in Change.objects.held()} == {outbox[n].pk for n in ("claimed", "unknown")}


def test_a_worker_that_was_away_for_a_while_goes_on(outbox, sandbox):
    grow_old(timedelta(hours=5))
    begin_work()
    drain()
    assert Change.objects.get(pk=outbox["waiting"].pk).state == "applied"
    assert not Change.objects.held().exists()


@pytest.mark.parametrize("sign", ["heartbeat", "sync"])
def test_a_worker_that_lives_tells_a_database_in_use(outbox, pulled, sign):
    grow_old(timedelta(hours=7))
    if sign == "heartbeat":
        Heartbeat.objects.create(name="another", at=database_now())
    else:
        SyncRun.objects.create(account=pulled, started_at=database_now())
    assert hold_after_long_silence() is None
    assert not Change.objects.held().exists()


def embedded() -> None:
    with Crew(threading.Event()):
        pass


@pytest.mark.parametrize("kind", [embedded, on_call.look_around], ids=["embedded", "on call"])
def test_both_kinds_of_worker_look_at_the_outbox_before_they_begin(outbox, monkeypatch, kind):
    monkeypatch.setattr(on_call, "_has_begun", False)
    grow_old(timedelta(hours=7))
    kind()
    assert Change.objects.held().count() == 3


@pytest.mark.parametrize("kind", ["embedded", "on call"])
def test_while_that_fails_nothing_is_begun(outbox, sandbox, monkeypatch, kind):
    def fail() -> None:
        raise DatabaseError("starting up")

    monkeypatch.setattr(crew, "begin_work", fail)
    monkeypatch.setattr(on_call, "begin_work", fail)
    monkeypatch.setattr(on_call, "_has_begun", False)
    if kind == "embedded":
        with Crew(threading.Event()) as worker, pytest.raises(DatabaseError):
            worker.tick()
    else:
        for do in (on_call.drain, on_call.pull):
            with pytest.raises(DatabaseError):
                do(outbox["waiting"].account_id)
        with pytest.raises(DatabaseError):
            on_call.look_around()
    assert sandbox.requests == []


def test_a_new_database_is_not_a_restored_one(db):
    assert hold_after_long_silence() is None


def run(*options: str) -> str:
    out = StringIO()
    call_command("restore_check", *options, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_holds(outbox):
    said = run()
    assert "last sign of life in this database: 20" in said
    assert "Production: 3 held\n" in said
    assert "/staff/inbox/?kind=held" in said
    assert "Production: 0 held, 3 before" in run()


def test_the_command_speaks_json(outbox):
    said = json.loads(run("--json"))
    assert said["held"] == 3
    assert said["accounts"] == {"Production": {"held": 3, "held_before": 0}}
    assert (said["batches_paused"], said["mails_dropped"]) == (0, 0)
    assert said["sealed_with_other_keys"] == []
    assert said["last_sign_of_life"].startswith("20")


def test_mails_of_yesterday_are_not_sent_today(pulled):
    now = database_now()
    Notice.objects.create(kind="blocked", title="Blocked", at=now, next_mail_at=now)
    assert hold_unsettled(actor=SYSTEM).mails == 1
    assert mail_notices() == 0
    assert mail.outbox == []
    assert Notice.objects.count() == 1
    assert hold_unsettled(actor=SYSTEM).mails == 0


def test_the_command_says_which_accounts_were_sealed_with_other_keys(pulled, settings, capsys):
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("restore_check", stdout=out)
    assert ended.value.code == 1
    assert "Production: no key in SEALING_KEYS opens its API key" in out.getvalue()


def test_the_command_on_a_quiet_database_has_nothing_to_hold(pulled):
    assert "nothing to hold" in run()
