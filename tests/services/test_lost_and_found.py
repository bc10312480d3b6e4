"""What was sent is never lost from sight, whatever dies, fails or reads at the wrong moment."""

from datetime import timedelta
from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.merge import merge
from trunks.domain.patch import Put
from trunks.models import Change, Trunk, User
from trunks.models.clock import database_now
from trunks.services import attempts, delivering, settling
from trunks.services.accounts import client_for
from trunks.services.delivering import Outcome, carry_out, deliver, drain
from trunks.services.mirroring import fingerprint_key
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit

TYPE = "authentication_method.type"
SID = "authentication_method.twilio_account_sid"
PREFIX = "authentication_method.tech_prefix"
NEW = {
    "name": Put("Acme lost"),
    "on_cli_mismatch_action": Put("reject_call"),
    TYPE: Put("twilio"),
    SID: Put("AC" + "0123456789abcdef" * 2),
}


class Died(BaseException):
    """A process ends: nothing catches it."""


def die(*args: object, **options: object) -> None:
    raise Died


def lose_the_lease(change: Change) -> None:
    """Its process is dead and its lease has run out."""
    past = database_now() - timedelta(seconds=1)
    Change.objects.filter(pk=change.pk).update(lease_until=past)


@pytest.fixture
def planned(ada: User):
    def plan(trunk: Trunk | None, patch: Any, **options: Any) -> Change:
        return propose(trunk, patch, actor=actor_of(ada), origin="staff", **options)

    return plan


@pytest.fixture
def submitted(ada: User, planned):
    def ask(trunk: Trunk | None, patch: Any, **options: Any) -> Change:
        return submit(planned(trunk, patch, **options), actor=actor_of(ada))

    return ask


# --- Processes that die ---------------------------------------------------------------------------


@pytest.mark.parametrize("patch", [{"rtp_timeout": Put(333)}, {PREFIX: Put("77")}])
def test_a_process_that_dies_before_it_settles_has_mirrored_nothing(
    trunk, submitted, pulled, monkeypatch, patch
):
    change = submitted(trunk, patch)
    with monkeypatch.context() as dying:
        dying.setattr(delivering, "settle", die)
        with pytest.raises(Died):
            deliver(change)
    change.refresh_from_db()
    assert change.outcome_unknown
    unit, [value] = next(iter(patch)), [op.value for op in patch.values()]
    assert Trunk.objects.get(pk=trunk.pk).units().get(unit) != value
    lose_the_lease(change)
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"
    assert Trunk.objects.get(pk=trunk.pk).units()[unit] == value
    assert not Change.objects.drift().exists()


def test_a_pull_settles_what_the_mirror_already_showed(trunk, submitted, sandbox, pulled):
    """The mirror is as upstream, so the fingerprint alone would pass the trunk over."""
    sandbox.fault("drop_after", method="PATCH", times=1)
    change = deliver(submitted(trunk, {"rtp_timeout": Put(333)}))
    pull(pulled)
    Change.objects.filter(pk=change.pk).update(state="delivering", settled_at=None)
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"


def test_a_pull_settles_a_create_whose_trunk_was_already_mirrored(submitted, sandbox, pulled):
    sandbox.fault("drop_after", method="POST", times=1)
    change = deliver(submitted(None, NEW, kind="create", account=pulled))
    lease = database_now() + timedelta(seconds=60)
    Change.objects.filter(pk=change.pk).update(lease_until=lease)
    pull(pulled)
    change.refresh_from_db()
    assert change.outcome_unknown, "under a live lease it is the delivery's to settle"
    assert Trunk.objects.filter(name="Acme lost").exists()
    lose_the_lease(change)
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"
    assert change.trunk
    assert change.trunk.name == "Acme lost"


# --- Trunks that vanish ---------------------------------------------------------------------------


@pytest.mark.parametrize("read", ["pull", "refresh"])
@pytest.mark.parametrize("kind", ["update", "regenerate"])
def test_a_lost_answer_about_a_trunk_that_vanished_is_refused(
    trunk, submitted, sandbox, pulled, kind, read
):
    sandbox.fault("drop_after", method="PATCH" if kind == "update" else "POST", times=1)
    patch = {"rtp_timeout": Put(333)} if kind == "update" else {}
    change = deliver(submitted(trunk, patch, kind=kind))
    assert change.outcome_unknown
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled) if read == "pull" else refresh(trunk)
    change.refresh_from_db()
    assert change.state == "refused"
    assert change.errors[0]["status"] == "404"
    trunk.refresh_from_db()
    assert trunk.is_gone


# --- Reads at the wrong moment --------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["rtp_timeout", PREFIX])
def test_a_read_begun_while_a_write_was_on_its_way_brings_nothing_back(
    trunk, submitted, pulled, unit
):
    client = client_for(pulled)
    old, included = client.trunk_with_included(str(trunk.pk))
    change = deliver(submitted(trunk, {unit: Put("77" if unit == PREFIX else 333)}))
    assert change.state == "applied"
    assert change.sent_at
    settling.mirror_and_settle(
        pulled,
        [old],
        read_at=change.sent_at + timedelta(milliseconds=1),
        key=fingerprint_key(pulled),
        included=included,
    )
    assert Trunk.objects.get(pk=trunk.pk).units()[unit] in (333, "77")
    assert not Change.objects.drift().exists()


@pytest.mark.parametrize("theirs", [111, None])
def test_a_lost_answer_explains_its_own_value_and_no_other(
    trunk, submitted, sandbox, pulled, theirs
):
    sandbox.fault("drop_after", method="PATCH", times=1)
    change = deliver(submitted(trunk, {"rtp_timeout": Put(333)}))
    if theirs:
        sandbox.change_trunk(str(trunk.pk), rtp_timeout=theirs)
    pull(pulled)
    change.refresh_from_db()
    drift = [line for c in Change.objects.drift() for line in c.diff]
    if theirs:
        assert change.outcome_unknown
        assert drift == [{"field": "rtp_timeout", "old": trunk.rtp_timeout, "new": 111}]
    else:
        assert (change.state, drift) == ("applied", [])


# --- Errors of our own ----------------------------------------------------------------------------


def test_an_error_of_our_own_before_the_send_leaves_the_change_waiting(
    trunk, submitted, sandbox, monkeypatch
):
    monkeypatch.setattr(attempts, "merge", lambda *_: 1 / 0)
    change = deliver(submitted(trunk, {"rtp_timeout": Put(333)}))
    assert change.state == "pending"
    assert "trunkadmin's own" in change.waiting_reason
    assert change.next_attempt_at
    assert change.next_attempt_at > database_now()


def test_an_error_of_our_own_after_the_send_is_an_unknown_outcome(
    trunk, submitted, pulled, monkeypatch
):
    with monkeypatch.context() as broken:
        broken.setattr(attempts, "after_update", lambda *_: 1 / 0)
        change = deliver(submitted(trunk, {"rtp_timeout": Put(333)}))
    assert change.outcome_unknown
    assert change.lease_until is None
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"


def test_one_change_that_cannot_be_tried_holds_up_no_other(pulled, submitted, monkeypatch):
    first, second = Trunk.objects.filter(auth_type="credentials_and_ip")[:2]
    bad, good = (submitted(t, {"rtp_timeout": Put(333)}) for t in (first, second))

    def fails_once(base: Any, patch: Any, theirs: Any) -> Any:
        monkeypatch.setattr(attempts, "merge", merge)
        raise ZeroDivisionError

    monkeypatch.setattr(attempts, "merge", fails_once)
    assert drain() == {"pending": 1, "applied": 1}
    assert {bad.pk, good.pk} == set(Change.objects.values_list("pk", flat=True))


def test_a_namesake_that_makes_no_sense_stops_no_create(submitted, sandbox, pulled):
    sandbox.create_trunk(name="Acme lost", capacity_limit="many")
    change = deliver(submitted(None, NEW, kind="create", account=pulled))
    assert change.state == "refused", "upstream has the last word on the name"
    assert len(change.known_ids or []) == 1


# --- One after the other --------------------------------------------------------------------------


def test_a_plan_submitted_late_waits_behind_what_was_submitted_before(
    trunk, planned, submitted, ada, sandbox
):
    plan = planned(trunk, {"capacity_limit": Put(50)})
    sandbox.fault("status", status=503, method="GET", times=3)
    first = deliver(submitted(trunk, {"rtp_timeout": Put(333)}))
    assert first.state == "pending"
    late = deliver(submit(plan, actor=actor_of(ada)))
    assert (late.state, late.attempts) == ("pending", 0)
    assert "earlier change" in late.waiting_reason


def test_what_was_only_a_plan_when_one_looked_is_somebody_elses_move(trunk, planned, ada):
    plan = planned(trunk, {"capacity_limit": Put(50)})
    change = planned(trunk, {"capacity_limit": Put(60)})
    assert deliver(submit(plan, actor=actor_of(ada))).state == "applied"
    assert deliver(submit(change, actor=actor_of(ada))).state == "conflicted"


def test_a_delete_reviewed_behind_our_own_edit_is_no_conflict(trunk, submitted, sandbox):
    edit = submitted(trunk, {"rtp_timeout": Put(333)})
    delete = deliver(submitted(trunk, {}, kind="delete"))
    edit.refresh_from_db()
    assert (edit.state, delete.state) == ("applied", "applied")
    assert sandbox.trunk(str(trunk.pk)) is None


def test_a_synchronous_request_waits_for_whatever_is_being_sent(trunk, submitted):
    """Also for what was submitted after it and claimed before it."""
    ours = submitted(trunk, {"capacity_limit": Put(50)})
    theirs = submitted(trunk, {"rtp_timeout": Put(333)})
    Change.objects.filter(pk=theirs.pk).update(
        state="delivering", lease_until=database_now() + timedelta(seconds=60)
    )
    assert carry_out(ours, seconds=0.6) == Outcome.IN_PROGRESS
