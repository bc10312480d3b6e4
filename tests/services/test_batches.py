"""Ada plans one patch for many trunks, applies it, sees what became of it, and takes it back."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.access import actor_of
from trunks.domain.actor import STAFF_ROLES, Actor
from trunks.domain.patch import Edit, Patch, Put, Whole
from trunks.domain.units import METHOD, SIP_IPS
from trunks.models import Batch, Change, Did, Trunk
from trunks.sandbox import Sandbox
from trunks.services.batches import (
    MovedOn,
    apply_batch,
    cancel_batch,
    discard_old_plans,
    discard_plan,
    pause_batch,
    resume_batch,
)
from trunks.services.bulk_edits import plan_edit
from trunks.services.delivering import deliver, drain
from trunks.services.errors import Denied, NotPlanned
from trunks.services.progress import finish_batches
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import discard, submit
from trunks.services.undoing import plan_undo

pytestmark = pytest.mark.django_db
NETWORK = "203.0.113.77/32"


@pytest.fixture
def actor(ada) -> Actor:
    return actor_of(ada)


def a_dozen() -> list[Any]:
    """Some of every method, of those with numbers of their own and of those without."""
    rows = Trunk.objects.present().order_by("pk")
    found: list[Any] = []
    for type_ in ("credentials_and_ip", "twilio", "ip_only"):
        found += rows.filter(auth_type=type_).values_list("pk", flat=True)[:3]
    for flag in ("allow_any_did_as_cli", "emergency_enable_all"):
        found += rows.filter(**{flag: True}).values_list("pk", flat=True)[:2]
    found += rows.filter(dids__isnull=False).values_list("pk", flat=True)[:2]
    return sorted(set(found))


def planned(patch: Patch, actor: Actor, **only: Any) -> Batch:
    trunks = Trunk.objects.with_linkage().filter(**only or {"pk__in": a_dozen()})
    return plan_edit(trunks.order_by("name", "pk"), patch, actor=actor)


def done(batch: Batch, actor: Actor, **options: Any) -> Batch:
    apply_batch(batch, actor=actor, **options)
    drain()
    batch.refresh_from_db()
    return batch


def counts(batch: Batch) -> dict[str, int]:
    found: dict[str, int] = {}
    for action in batch.rows.values_list("action", flat=True):
        found[action] = found.get(action, 0) + 1
    return found


def states(batch: Batch) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in batch.changes.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def writes(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [request for request in sandbox.requests if request["method"] != "GET"]


def upstream(sandbox: Sandbox) -> dict[str, Any]:
    """Everything it holds; numbers have no order."""
    trunks = copy.deepcopy(sandbox.trunks())
    for trunk in trunks:
        for linkage in ("dids", "emergency_dids"):
            trunk[linkage] = set(trunk[linkage] or ())
    return {trunk["id"]: trunk for trunk in trunks}


# --- Planning -------------------------------------------------------------------------------------


def test_a_plan_tells_what_would_change_what_stays_and_what_is_refused(pulled, sandbox, actor):
    Trunk.objects.filter(auth_type="twilio").update(capacity_limit=33)
    batch = planned({"capacity_limit": Put(33), SIP_IPS: Edit(add=(NETWORK,))}, actor)
    rows = {row.trunk_id: row for row in batch.rows.select_related("change")}
    for trunk in Trunk.objects.filter(pk__in=a_dozen()):
        row = rows[trunk.pk]
        if trunk.auth_type == "credentials_and_ip":
            assert (row.action, row.problems) == ("update", [])
            assert row.change is not None
            assert SIP_IPS in row.change.fields
        elif trunk.auth_type == "twilio":
            assert (row.action, row.change, row.note) == (
                "unchanged",
                None,
                "Twilio has no networks.",
            )
        else:
            assert row.action == "error"
            assert row.problems[0]["message"].startswith("is set by DIDWW")
    assert sandbox.requests == []
    assert batch.state == "planned"


def test_a_plan_names_the_risks_of_each_row(pulled, actor):
    limited = Trunk.objects.filter(pk__in=a_dozen(), threshold_amount__isnull=False).count()
    batch = planned({"threshold_amount": Put("999999.0"), "name": Put("One for all")}, actor)
    assert batch.rows.filter(risks__contains=" higher_limit ").count() == limited
    assert planned({"status": Put("blocked")}, actor).rows.exclude(risks="").count() == 0


def test_who_may_not_edit_gets_a_plan_in_which_everything_is_refused(pulled, vera):
    batch = planned({"rtp_timeout": Put(44)}, actor_of(vera))
    assert counts(batch) == {"error": len(a_dozen())}
    assert not batch.changes.exists()


def test_what_upstream_has_by_then_is_what_the_plan_builds_on(pulled, actor):
    trunk = Trunk.objects.with_linkage().order_by("name")[0]
    waiting = propose(trunk, {"rtp_timeout": Put(45)}, actor=actor, origin="staff")
    submit(waiting, actor=actor)
    row = planned({"rtp_timeout": Put(45)}, actor, pk=trunk.pk).rows.get()
    assert row.action == "unchanged"


# --- Applying -------------------------------------------------------------------------------------


def test_all_that_is_planned_is_done_and_the_batch_ends(pulled, sandbox, actor):
    batch = done(planned({"rtp_timeout": Put(44)}, actor), actor, reason="Ticket 8841")
    assert (batch.state, states(batch)) == ("finished", {"applied": len(a_dozen())})
    changed = [t["id"] for t in sandbox.trunks() if t["attributes"]["rtp_timeout"] == 44]
    assert {str(pk) for pk in a_dozen()} <= set(changed)
    assert set(batch.changes.values_list("reason", "actor_label", "origin")) == {
        ("Ticket 8841", "Ada Lind", "bulk")
    }
    assert batch.finished_at is not None


def test_a_plan_is_applied_once(pulled, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    with pytest.raises(MovedOn):
        apply_batch(batch, actor=actor)
    with pytest.raises(MovedOn):
        discard_plan(batch)


def test_who_lacks_a_right_that_one_of_the_changes_needs_applies_none(pulled, actor, sam):
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    sid = METHOD + "twilio_account_sid"
    switch: Patch = {METHOD + "type": Put("twilio"), sid: Put("AC" + "0" * 32)}
    batch = planned(switch, actor, pk=trunk.pk)
    rights = STAFF_ROLES["agent"] - {"switch_method"}
    with pytest.raises(Denied):
        apply_batch(batch, actor=Actor("staff", str(sam.pk), "Sam", rights))
    assert states(batch) == {"planned": 1}


def test_a_row_that_somebody_moved_meanwhile_conflicts_and_the_others_go_on(pulled, sandbox, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    theirs = Trunk.objects.get(pk=a_dozen()[3])
    sandbox.change_trunk(str(theirs.pk), rtp_timeout=599)
    done(batch, actor)
    assert states(batch) == {"applied": len(a_dozen()) - 1, "conflicted": 1}
    assert sandbox.trunk(str(theirs.pk))["attributes"]["rtp_timeout"] == 599


def test_it_stops_after_so_many_refusals_and_goes_on_when_told(pulled, sandbox, actor):
    names = list(Trunk.objects.order_by("name").values_list("pk", flat=True)[:10])
    batch = planned({"name": Put("The same for all")}, actor, pk__in=names)
    done(batch, actor, stop_after=3)
    assert (batch.state, batch.pause_reason) == ("paused", "3 of its changes were refused")
    assert states(batch) == {"applied": 1, "refused": 3, "pending": 6}
    resume_batch(batch, actor=actor)
    drain()
    batch.refresh_from_db()
    assert (batch.state, states(batch)["refused"]) == ("paused", 6)
    resume_batch(batch, actor=actor)
    drain()
    assert states(batch) == {"applied": 1, "refused": 9}
    batch.refresh_from_db()
    assert batch.state == "finished"


def test_while_it_is_paused_nothing_of_it_is_sent_and_others_are_not_held_up(
    pulled, sandbox, actor
):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    pause_batch(batch, actor=actor)
    drain()
    assert writes(sandbox) == []
    trunk = Trunk.objects.with_linkage()[0]
    single = propose(trunk, {"rtp_ping": Put(not trunk.rtp_ping)}, actor=actor, origin="staff")
    assert deliver(submit(single, actor=actor)).state == "applied"
    resume_batch(batch, actor=actor)
    drain()
    assert states(batch) == {"applied": len(a_dozen())}


def test_what_was_not_sent_when_it_was_cancelled_never_is(pulled, sandbox, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    first = batch.changes.first()
    assert first is not None
    deliver(first)
    cancel_batch(batch, actor=actor)
    drain()
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert states(batch) == {"applied": 1, "cancelled": len(a_dozen()) - 1}
    assert len(writes(sandbox)) == 1
    for act in (pause_batch, resume_batch, cancel_batch):
        with pytest.raises(MovedOn):
            act(batch, actor=actor)


def test_who_only_looks_moves_nothing(pulled, actor, vera):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    for act in (pause_batch, resume_batch, cancel_batch):
        with pytest.raises(Denied):
            act(batch, actor=actor_of(vera))


def test_a_plan_thrown_away_leaves_nothing_behind(pulled, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    discard_plan(batch)
    assert not Batch.objects.exists()
    assert not Change.objects.exists()


def test_a_plan_that_nobody_applied_for_a_week_is_thrown_away(pulled, actor):
    old, young = planned({"rtp_timeout": Put(44)}, actor), planned({"rtp_timeout": Put(45)}, actor)
    Batch.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=8))
    assert discard_old_plans() == 1
    assert list(Batch.objects.all()) == [young]


def test_a_single_edit_goes_before_a_waiting_batch(pulled, sandbox, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    trunk = Trunk.objects.with_linkage().get(pk=a_dozen()[-1])
    single = submit(
        propose(trunk, {"name": Put("First of all")}, actor=actor, origin="staff"), actor=actor
    )
    left = iter([True, True, False])
    drain(goes_on=lambda: next(left, False))
    assert Change.objects.filter(state="applied").exists()
    assert deliver(single).state == "applied"
    assert states(batch).get("pending", 0) > 0


def test_an_earlier_edit_of_the_same_field_that_was_not_sent_gives_way(pulled, sandbox, actor):
    trunk = Trunk.objects.with_linkage()[0]
    earlier = propose(trunk, {"rtp_timeout": Put(55)}, actor=actor, origin="staff")
    submit(earlier, actor=actor)
    batch = done(planned({"rtp_timeout": Put(44)}, actor, pk=trunk.pk), actor)
    earlier.refresh_from_db()
    assert (earlier.state, states(batch)) == ("superseded", {"applied": 1})
    assert sandbox.trunk(str(trunk.pk))["attributes"]["rtp_timeout"] == 44


def test_a_batch_whose_changes_ended_otherwise_is_found_to_be_over(pulled, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    apply_batch(batch, actor=actor)
    assert finish_batches() == 0
    for change in batch.changes.all():
        change.state, change.settled_at = "expired", change.created_at
        change.save(update_fields=["state", "settled_at"])
    assert finish_batches() == 1
    batch.refresh_from_db()
    assert batch.state == "finished"


# --- Undoing --------------------------------------------------------------------------------------


def a_few_numbers() -> tuple[str, ...]:
    return tuple(str(did.pk) for did in Did.objects.can_call_out().order_by("number")[:2])


PATCHES: dict[str, Any] = {
    "scalars": lambda: {
        "rtp_timeout": Put(44),
        "capacity_limit": Put(None),
        "threshold_amount": Put("77.0"),
        "callback_url": Put("https://hooks.example/x"),
        "external_reference_id": Put("all-of-them"),
        "media_encryption_mode": Put("zrtp"),
    },
    "a block": lambda: {"status": Put("blocked")},
    "a network more": lambda: {SIP_IPS: Edit(add=(NETWORK,))},
    "other networks": lambda: {SIP_IPS: Whole((NETWORK, "198.51.100.0/24"))},
    "other prefixes": lambda: {
        "dst_prefixes": Whole(("47", "46")),
        "default_dst_action": Put("reject_all"),
    },
    "media from one place": lambda: {"allowed_rtp_ips": Whole((NETWORK,))},
    "a tech prefix": lambda: {METHOD + "tech_prefix": Put("99#")},
    "numbers more": lambda: {"dids": Edit(add=a_few_numbers())},
    "other numbers": lambda: {"dids": Whole(a_few_numbers())},
    "no numbers": lambda: {"dids": Whole(())},
    "any number": lambda: {"allow_any_did_as_cli": Put(True)},
    "numbers one by one": lambda: {"allow_any_did_as_cli": Put(False)},
    "emergency for all": lambda: {"emergency_enable_all": Put(True)},
}


@pytest.mark.parametrize("what", PATCHES)
def test_undo_restores_exactly(pulled, sandbox, actor, what):
    before = upstream(sandbox)
    batch = done(planned(PATCHES[what](), actor), actor)
    assert states(batch).keys() == {"applied"}
    assert upstream(sandbox) != before
    undo = plan_undo(batch, actor=actor)
    assert undo.undo_of == batch
    done(undo, actor)
    assert states(undo) == states(batch)
    assert upstream(sandbox) == before


def test_the_default_number_is_restored_where_it_is_known(pulled, sandbox, actor):
    first, second = a_few_numbers()
    before = upstream(sandbox)
    knew_none = [i for i, t in before.items() if t["default_did"] is None]
    patch: Patch = {"on_cli_mismatch_action": Put("replace_cli"), "default_did": Put(first)}
    chosen = {"pk__in": [*knew_none[:3], *[i for i, t in before.items() if t["default_did"]][:2]]}
    batch = done(planned(patch, actor, **chosen), actor)
    again = done(planned({"default_did": Put(second)}, actor, **chosen), actor)
    done(plan_undo(again, actor=actor), actor)
    assert {upstream(sandbox)[str(i)]["default_did"] for i in chosen["pk__in"]} == {first}
    undo = done(plan_undo(batch, actor=actor), actor)
    assert [row.problems[0]["unit"] for row in undo.rows.filter(action="error")] == [
        "default_did",
        "default_did",
    ]
    now = upstream(sandbox)
    assert [now[i]["default_did"] for i in knew_none[:3]] == [None, None, None]


def test_undo_leaves_what_was_changed_again_since_and_says_so(pulled, sandbox, actor):
    batch = done(planned({"rtp_timeout": Put(44), "rtp_ping": Put(True)}, actor), actor)
    trunk = Trunk.objects.with_linkage().get(pk=a_dozen()[0])
    mine = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="staff")
    deliver(submit(mine, actor=actor))
    undo = plan_undo(batch, actor=actor)
    row = undo.rows.get(trunk=trunk)
    assert row.action == "error"
    assert row.problems == [{"unit": "rtp_timeout", "message": "has been changed again since"}]
    done(undo, actor)
    assert sandbox.trunk(str(trunk.pk))["attributes"]["rtp_timeout"] == 99


def test_undo_keeps_what_others_put_into_the_same_list(pulled, sandbox, actor):
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    before = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    held = before["allowed_sip_ips"]
    batch = done(planned({SIP_IPS: Edit(add=(NETWORK,))}, actor, pk=trunk.pk), actor)
    method = {**before, "allowed_sip_ips": [*held, NETWORK, "192.0.2.99/32"]}
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={"type": "credentials_and_ip", "attributes": method},
    )
    done(plan_undo(batch, actor=actor), actor)
    now = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    assert now["allowed_sip_ips"] == [*held, "192.0.2.99/32"]


def test_only_what_is_over_is_undone(pulled, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    with pytest.raises(MovedOn):
        plan_undo(batch, actor=actor)
    apply_batch(batch, actor=actor)
    with pytest.raises(MovedOn):
        plan_undo(batch, actor=actor)


def test_undoing_what_was_undone_changes_nothing(pulled, actor):
    batch = done(planned({"rtp_timeout": Put(44)}, actor), actor)
    done(plan_undo(batch, actor=actor), actor)
    again = plan_undo(batch, actor=actor)
    assert counts(again) == {"unchanged": len(a_dozen())}


# --- Many -----------------------------------------------------------------------------------------


def test_the_queries_of_a_plan_do_not_grow_within_a_hundred(account, sandbox, actor):
    sandbox.reset(trunks=200, dids=300)
    assert pull(account).state == "done"
    patch: Patch = {"rtp_timeout": Put(44), SIP_IPS: Edit(add=(NETWORK,))}

    def reads(count: int) -> int:
        trunks = Trunk.objects.with_linkage()[:count]
        with CaptureQueriesContext(connection) as context:
            plan_edit(trunks, patch, actor=actor)
        return sum(1 for query in context if query["sql"].startswith("SELECT"))

    assert reads(10) == reads(100)
    assert reads(200) - reads(100) <= 3


def test_a_row_of_a_plan_is_sent_with_the_plan_and_never_by_itself(pulled, sandbox, actor):
    batch = planned({"rtp_timeout": Put(44)}, actor)
    row = batch.changes.all()[0]
    with pytest.raises(NotPlanned):
        submit(row, actor=actor)
    with pytest.raises(NotPlanned):
        discard(row, actor=actor)
    drain()
    assert states(batch) == {"planned": batch.changes.count()}
    discard_plan(batch)
    assert not Batch.objects.exists()
