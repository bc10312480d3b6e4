"""What people decide about conflicts and drift is a change like any other, and done once."""

from typing import Any

import pytest

from tests.services.conftest import of_type
from trunks.access import actor_of
from trunks.domain.actor import Denied
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.problems import Invalid
from trunks.domain.resolving import EDITED, MINE, THEIRS, Answer
from trunks.domain.units import SIP_IPS, TYPE
from trunks.models import AuditEntry, Change, Customer, IgnoredField, Trunk
from trunks.services.conflicts import look_at
from trunks.services.deciding import (
    AlreadyDecided,
    acknowledge,
    ask_again,
    leave_conflict,
    plan_revert,
    resolve_conflict,
    submit_decided,
)
from trunks.services.delivering import deliver
from trunks.services.errors import NotWaiting
from trunks.services.ignoring import ignore, stop_ignoring
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.recreating import plan_again
from trunks.services.submitting import discard


@pytest.fixture
def adas(ada):
    return actor_of(ada)


@pytest.fixture
def sams(sam):
    return actor_of(sam)


@pytest.fixture
def collide(trunk, sandbox, ask):
    """Ada asks for something after somebody upstream has moved the same: a conflict."""

    def collided(patch: Patch, **moved: Any) -> Change:
        seen = Trunk.objects.get(pk=trunk.pk)
        sandbox.change_trunk(str(trunk.pk), **moved)
        change = ask(seen, patch)
        assert change.state == "conflicted"
        sandbox.clear_requests()
        return change

    return collided


@pytest.fixture
def capacity(trunk, collide):
    """20 was seen, 30 asked for, 125 found."""
    return collide({"capacity_limit": Put(30)}, capacity_limit=125)


def decided(change: Change, actor: Any, answer: Answer | str, **options: Any) -> Change:
    """One answer to all questions, applied at once."""
    plan: Change = planned(change, actor, answer, **options)
    return deliver(submit_decided(plan, actor=actor))


def planned(change: Change, actor: Any, answer: Answer | str, **options: Any) -> Change:
    answer = Answer(answer) if isinstance(answer, str) else answer
    standing = look_at(Change.objects.get(pk=change.pk))
    answers = {question.unit: answer for question in standing.questions}
    seen = options.pop("seen", standing.theirs)
    plan = resolve_conflict(change, answers, seen=seen, actor=actor, **options)
    assert plan is not None
    return plan


def upstreams(sandbox, trunk: Trunk) -> dict[str, Any]:
    return sandbox.trunk(str(trunk.pk))["attributes"]


def writes(sandbox) -> list[str]:
    return [r["method"] for r in sandbox.requests if r["method"] != "GET"]


# --- Conflicts ------------------------------------------------------------------------------------


def test_a_conflict_shows_all_three_and_who_moved_it(trunk, capacity, sandbox):
    [question] = look_at(capacity).questions
    ways = look_at(capacity).ways[question.unit]
    assert (ways.base, ways.ours, ways.theirs) == (trunk.capacity_limit, 30, 125)
    assert ways.origin is not None
    assert ways.origin.state == "observed"
    assert not ways.moved_again


def test_mine_is_kept_by_overwriting_what_was_shown(trunk, capacity, sandbox, sams):
    change = decided(capacity, sams, MINE)
    assert change.state == "applied"
    assert upstreams(sandbox, trunk)["capacity_limit"] == 30
    decision = capacity.decisions.get()
    assert (decision.kind, decision.by, decision.actor_label) == ("mine", change, "Sam Okafor")


def test_theirs_is_taken_by_a_change_that_sends_nothing(trunk, capacity, sandbox, sams):
    change = decided(capacity, sams, THEIRS)
    assert change.state == "applied"
    assert writes(sandbox) == []
    assert upstreams(sandbox, trunk)["capacity_limit"] == 125
    assert capacity.decisions.get().kind == "theirs"
    assert not Change.objects.undecided().filter(state="conflicted").exists()


def test_the_drift_a_conflict_came_of_is_decided_along_with_it(trunk, capacity, sams, adas):
    [drift] = Change.objects.drift()
    plan = planned(capacity, sams, MINE)
    assert drift in Change.objects.undecided()
    submit_decided(plan, actor=sams)
    assert drift not in Change.objects.undecided()
    assert drift.decisions.get().by == plan


def test_drift_that_somebody_acknowledged_meanwhile_stops_no_conflict(capacity, sams, adas):
    [drift] = Change.objects.drift()
    plan = planned(capacity, sams, MINE)
    acknowledge([drift.pk], actor=adas)
    assert deliver(submit_decided(plan, actor=sams)).state == "applied"
    assert [decision.actor_label for decision in drift.decisions.all()] == ["Ada Lind"]


def test_an_edited_value_is_sent_instead_of_both(trunk, capacity, sandbox, sams):
    decided(capacity, sams, Answer(EDITED, Put(60)))
    assert upstreams(sandbox, trunk)["capacity_limit"] == 60
    assert capacity.decisions.get().kind == "edited"


def test_what_an_edited_value_must_not_be_is_refused_before_anything_is_sent(capacity, sams):
    with pytest.raises(Invalid):
        decided(capacity, sams, Answer(EDITED, Put(-4)))
    assert not capacity.decisions.exists()


def test_what_nobody_disputes_goes_along_with_the_decision(trunk, collide, sandbox, sams):
    patch = {"capacity_limit": Put(30), "rtp_timeout": Put(99)}
    conflict = collide(patch, capacity_limit=125)
    decided(conflict, sams, THEIRS)
    assert upstreams(sandbox, trunk)["rtp_timeout"] == 99
    assert upstreams(sandbox, trunk)["capacity_limit"] == 125


def test_it_can_be_left_behind_too(trunk, collide, sandbox, sams):
    patch = {"capacity_limit": Put(30), "rtp_timeout": Put(99)}
    decided(collide(patch, capacity_limit=125), sams, THEIRS, rest=False)
    assert upstreams(sandbox, trunk)["rtp_timeout"] == trunk.rtp_timeout


def test_a_list_is_kept_without_taking_out_what_others_put_in(trunk, sandbox, ask, sams):
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["44", "45"])
    pull(trunk.account)
    seen = Trunk.objects.get(pk=trunk.pk)
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["45", "46"])
    conflict = ask(seen, {"dst_prefixes": Edit(add=("44", "47"))})
    assert conflict.state == "conflicted"
    decided(conflict, sams, MINE)
    assert set(upstreams(sandbox, trunk)["dst_prefixes"]) == {"44", "45", "46", "47"}


def test_upstream_moving_again_is_a_conflict_again_and_asked_once(trunk, capacity, sandbox, sams):
    plan = planned(capacity, sams, MINE)
    sandbox.change_trunk(str(trunk.pk), capacity_limit=126)
    change = deliver(submit_decided(plan, actor=sams))
    assert change.state == "conflicted"
    assert upstreams(sandbox, trunk)["capacity_limit"] == 126
    assert list(Change.objects.undecided().filter(state="conflicted")) == [change]
    assert decided(change, sams, MINE).state == "applied"
    assert not Change.objects.undecided().filter(state="conflicted").exists()


def test_what_was_shown_counts_not_what_is_mirrored_meanwhile(trunk, capacity, sandbox, sams):
    shown = look_at(capacity).theirs
    sandbox.change_trunk(str(trunk.pk), capacity_limit=126)
    pull(trunk.account)
    capacity = Change.objects.get(pk=capacity.pk)
    assert look_at(capacity).ways["capacity_limit"].moved_again
    assert decided(capacity, sams, MINE, seen=shown).state == "conflicted"
    assert upstreams(sandbox, trunk)["capacity_limit"] == 126


def test_the_second_of_two_who_decide_is_told_who_was_first(capacity, sandbox, sams, adas):
    plan_of_sam, plan_of_ada = planned(capacity, sams, MINE), planned(capacity, adas, THEIRS)
    submit_decided(plan_of_ada, actor=adas)
    with pytest.raises(AlreadyDecided) as told:
        submit_decided(plan_of_sam, actor=sams)
    assert told.value.decision.actor_label == "Ada Lind"
    plan_of_sam.refresh_from_db()
    assert plan_of_sam.state == "planned"
    with pytest.raises(AlreadyDecided):
        planned(capacity, sams, MINE)


def test_a_plan_that_nobody_applies_decides_nothing(capacity, sams, adas):
    plan = planned(capacity, sams, MINE)
    assert capacity in Change.objects.undecided()
    discard(plan, actor=sams)
    assert decided(capacity, adas, THEIRS).state == "applied"


def test_whoever_applies_the_plan_of_another_has_decided(capacity, sams, adas):
    submit_decided(planned(capacity, sams, MINE), actor=adas, reason="Ticket 8841")
    decision = capacity.decisions.get()
    assert (decision.actor_label, decision.reason) == ("Ada Lind", "Ticket 8841")


def test_a_decision_that_upstream_refuses_decides_nothing(capacity, sandbox, sams):
    plan = planned(capacity, sams, Answer(EDITED, Put(60)))
    sandbox.fault("status", status=422, method="PATCH")
    assert deliver(submit_decided(plan, actor=sams)).state == "refused"
    assert capacity in Change.objects.undecided()


def test_nobody_decides_without_the_right(capacity, vera):
    nobody = actor_of(vera)
    with pytest.raises(Denied):
        planned(capacity, nobody, MINE)
    with pytest.raises(Denied):
        leave_conflict(capacity, actor=nobody)
    with pytest.raises(Denied):
        acknowledge([capacity.pk], actor=nobody)


def test_what_ran_into_no_conflict_cannot_be_resolved(trunk, ask, sams):
    applied = ask(trunk, {"rtp_timeout": Put(77)})
    with pytest.raises(NotWaiting):
        leave_conflict(applied, actor=sams)


@pytest.fixture
def deletion(trunk, sandbox, ask) -> Change:
    """Ada wanted to delete what has moved since she looked."""
    seen = Trunk.objects.get(pk=trunk.pk)
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=99)
    conflict: Change = ask(seen, {}, kind="delete")
    assert conflict.state == "conflicted"
    return conflict


def test_a_deletion_that_met_other_settings_is_left_by_saying_so(trunk, deletion, sandbox, adas):
    assert trunk in Trunk.objects.failing()
    leave_conflict(deletion, actor=adas)
    assert not Change.objects.undecided().filter(trunk=trunk).exists(), "nor its cause"
    assert trunk not in Trunk.objects.failing()
    assert sandbox.trunk(str(trunk.pk)) is not None


def test_it_is_decided_by_a_new_review_once_that_is_applied(trunk, deletion, adas):
    fresh = Trunk.objects.get(pk=trunk.pk)
    again = propose(fresh, {}, kind="delete", actor=adas, origin="staff")
    ask_again(deletion, again, actor=adas)
    assert deletion in Change.objects.undecided()
    assert deliver(submit_decided(again, actor=adas)).state == "applied"
    assert deletion not in Change.objects.undecided()


# --- Drift ----------------------------------------------------------------------------------------


@pytest.fixture
def drifted(trunk, sandbox):
    """Somebody upstream moved something, and a pull saw it."""

    def moved(**attributes: Any) -> Change:
        sandbox.change_trunk(str(trunk.pk), **attributes)
        pull(trunk.account)
        sandbox.clear_requests()
        drift = Change.objects.drift().filter(trunk=trunk).recent_first().first()
        assert drift is not None
        return drift

    return moved


def test_acknowledged_drift_is_history_and_asks_no_more(trunk, drifted, sams):
    drift = drifted(capacity_limit=125)
    assert trunk in Trunk.objects.drifted()
    done = acknowledge([drift.pk], actor=sams, reason="As agreed")
    assert (done.done, done.before) == (1, [])
    assert trunk not in Trunk.objects.drifted()
    assert drift.decisions.get().reason == "As agreed"


def test_acknowledging_twice_tells_who_was_first(drifted, sams, adas):
    drift = drifted(capacity_limit=125)
    acknowledge([drift.pk], actor=sams)
    again = acknowledge([drift.pk], actor=adas)
    assert again.done == 0
    assert [decision.actor_label for decision in again.before] == ["Sam Okafor"]
    assert drift.decisions.count() == 1


def test_drift_is_reverted_by_a_reviewed_change(trunk, drifted, sandbox, sams):
    drift = drifted(capacity_limit=125, dst_prefixes=["47"])
    plan = plan_revert(drift, actor=sams)
    assert plan.state == "planned"
    assert drift in Change.objects.undecided()
    change = deliver(submit_decided(plan, actor=sams))
    assert change.state == "applied"
    assert upstreams(sandbox, trunk)["capacity_limit"] == trunk.capacity_limit
    assert set(upstreams(sandbox, trunk)["dst_prefixes"]) == set(trunk.dst_prefixes)
    assert drift.decisions.get().kind == "reverted"
    assert drift not in Change.objects.undecided()


def test_a_revert_overwrites_nothing_that_moved_after_its_review(trunk, drifted, sandbox, sams):
    plan = plan_revert(drifted(capacity_limit=125), actor=sams)
    sandbox.change_trunk(str(trunk.pk), capacity_limit=126)
    assert deliver(submit_decided(plan, actor=sams)).state == "conflicted"
    assert upstreams(sandbox, trunk)["capacity_limit"] == 126


def test_a_switched_method_is_put_back_whole(drifted, trunk, sandbox, sams):
    sid = {"type": "twilio", "attributes": {"twilio_account_sid": "AC" + "0" * 32}}
    before = upstreams(sandbox, trunk)["authentication_method"]["attributes"]
    drift = drifted(authentication_method=sid)
    change = deliver(submit_decided(plan_revert(drift, actor=sams), actor=sams))
    assert change.state == "applied"
    method = upstreams(sandbox, trunk)["authentication_method"]
    assert method["type"] == "credentials_and_ip"
    assert method["attributes"]["allowed_sip_ips"] == before["allowed_sip_ips"]
    assert {TYPE, SIP_IPS} <= set(plan_fields(change))


def plan_fields(change: Change) -> list[str]:
    return [line["field"] for line in change.diff]


def test_dids_that_a_flag_took_away_come_back(pulled, sandbox, sams):
    trunk = next(t for t in Trunk.objects.filter(allow_any_did_as_cli=False) if t.dids.exists())
    had = {str(did.pk) for did in trunk.dids.all()}
    sandbox.change_trunk(str(trunk.pk), allow_any_did_as_cli=True, dids=[])
    pull(pulled)
    drift = Change.objects.drift().get(trunk=trunk)
    deliver(submit_decided(plan_revert(drift, actor=sams), actor=sams))
    held = sandbox.trunk(str(trunk.pk))
    assert held["attributes"]["allow_any_did_as_cli"] is False
    assert set(held["dids"]) == had


def test_credentials_and_lost_trunks_cannot_be_put_back(trunk, pulled, sandbox, sams):
    sandbox.regenerate(str(trunk.pk))
    pull(pulled)
    with pytest.raises(Invalid):
        plan_revert(Change.objects.drift().get(trunk=trunk), actor=sams)
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    with pytest.raises(Invalid):
        plan_revert(Change.objects.drift().recent_first()[0], actor=sams)


def test_an_ignored_field_asks_no_more_and_can_be_watched_again(trunk, drifted, sams):
    first, second = drifted(capacity_limit=125), drifted(capacity_limit=126)
    ignore(second, ["capacity_limit"], actor=sams)
    assert not Change.objects.undecided().filter(pk__in=[first.pk, second.pk]).exists()
    assert drifted(capacity_limit=127) == second, "nothing newer is drift"
    stop_ignoring(IgnoredField.objects.get(), actor=sams)
    assert drifted(capacity_limit=128) != second
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    assert {"drift_ignored", "drift_watched"} <= acts


def test_ignoring_one_field_leaves_drift_of_others_open(drifted, sams):
    both = drifted(capacity_limit=125, rtp_timeout=99)
    last = drifted(capacity_limit=126)
    ignore(last, ["capacity_limit"], actor=sams)
    assert both in Change.objects.undecided()


def test_lost_credentials_are_never_ignored(trunk, pulled, sandbox, sams):
    sandbox.regenerate(str(trunk.pk))
    pull(pulled)
    with pytest.raises(Invalid):
        ignore(Change.objects.drift().get(trunk=trunk), ["credentials"], actor=sams)


# --- Tombstones -----------------------------------------------------------------------------------


@pytest.fixture
def gone(trunk, pulled, sandbox) -> Trunk:
    trunk.customer = Customer.objects.create(name="Halden Clinics")
    trunk.save()
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    return Trunk.objects.get(pk=trunk.pk)


def test_a_trunk_that_is_gone_is_created_again_as_a_new_one(gone, sandbox, sams):
    plan = plan_again(gone, actor=sams)
    codes = {risk["code"] for risk in plan.risks}
    assert {"new_id", "new_credentials", "lost"} <= codes
    assert str(gone.pk) in plan.risks[0]["detail"]
    drift = Change.objects.drift().get(trunk=gone)
    assert drift in Change.objects.undecided()
    change = deliver(submit_decided(plan, actor=sams))
    assert change.state == "applied"
    assert drift not in Change.objects.undecided()
    assert change.trunk_id
    new = Trunk.objects.get(pk=change.trunk_id)
    assert new.pk != gone.pk
    assert new.name == gone.name
    assert new.customer == gone.customer
    assert new.auth_attributes["allowed_sip_ips"] == gone.auth_attributes["allowed_sip_ips"]
    assert set(new.dids.all()) == set(gone.dids.all())


def test_what_cannot_be_made_from_here_is_said_instead(pulled, sandbox, sams):
    trunk = of_type("ip_only")
    with pytest.raises(Invalid, match="still there"):
        plan_again(trunk, actor=sams)
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    with pytest.raises(Invalid, match="IP only cannot be set from here"):
        plan_again(Trunk.objects.get(pk=trunk.pk), actor=sams)
