"""What people decide about what upstream did by itself, and about conflicts with it.

A decision that changes anything upstream is a `Change` like any other, planned through `propose`
on what its author was shown; a `Decision` row links the two. Of two people who decide at once the
first one to submit has decided, the other is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.domain.patch import Patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.resolving import MINE, THEIRS, Answer, resolve
from trunks.domain.undoing import MOVED, way_back
from trunks.domain.units import Units
from trunks.models import Change, Decision, Trunk
from trunks.services.conflicts import look_at
from trunks.services.errors import NotWaiting
from trunks.services.proposing import propose
from trunks.services.submitting import decide, require_decision, submit

Kind = Decision.Kind


class AlreadyDecided(Exception):
    """Somebody else was first; `decision` tells who, when and what."""

    def __init__(self, decision: Decision):
        self.decision = decision
        super().__init__(f"{decision.actor_label} has decided: {decision.get_kind_display()}")


def decision_on(change: Change) -> Decision | None:
    """The decision that stands, if any."""
    return change.decisions.standing().select_related("by").last()


def require_open(change: Change) -> None:
    """Locks the change for the rest of the transaction. Raises `AlreadyDecided`."""
    Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if decision := decision_on(change):
        raise AlreadyDecided(decision)


def submit_decided(change: Change, *, actor: Actor, reason: str | None = None) -> Change:
    """As `submit`, and what the plan was made to decide is decided by it, by whoever submits.

    Raises as `submit`, and `AlreadyDecided`: then nothing was submitted.
    """
    with transaction.atomic():
        for decision in Decision.objects.filter(by=change).select_related("change"):
            _require_first(decision)
        submit(change, actor=actor, reason=reason)
        Decision.objects.filter(by=change).update(
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            reason=change.reason,
            at=change.submitted_at,
        )
    return change


def _require_first(decision: Decision) -> None:
    """What a conflict was planned to decide along with itself, and somebody has decided since,
    is left at that; anything else that somebody has decided stops the plan."""
    asked = {d.change.state for d in Decision.objects.filter(by=decision.by)}
    along = decision.change.is_drift and Change.State.CONFLICTED in asked
    try:
        require_open(decision.change)
    except AlreadyDecided:
        if not along:
            raise
        decision.delete()


def hand_on(earlier: Change, later: Change, *, actor: Actor) -> None:
    """`later` takes the place of a plan, or of a refused change, that was to decide something."""
    if earlier.state not in (Change.State.PLANNED, Change.State.REFUSED):
        return
    for decision in Decision.objects.filter(by=earlier).select_related("change"):
        decide(decision.change, Kind(decision.kind), actor=actor, by=later)


# --- Conflicts ------------------------------------------------------------------------------------


def resolve_conflict(
    change: Change,
    answers: Mapping[str, Answer],
    *,
    seen: Units,
    actor: Actor,
    rest: bool = True,
    reason: str = "",
) -> Change | None:
    """Plan what the answers ask for; None when that is nothing, and the conflict is closed.

    `answers`: by unit, one for each question of the conflict; `seen`: upstream's settings as
    they were shown: if they have moved again by then, it is a conflict again. `rest`: what nobody
    disputes goes along. Raises `Invalid`, `Denied`, `AlreadyDecided`, `NotWaiting`.
    """
    _require_conflict(change, actor)
    patch = _answered(change, answers, seen, rest)
    kind = _kind_of(answers.values())
    with transaction.atomic():
        require_open(change)
        if not patch:
            decide(change, kind, actor=actor, reason=reason)
            _decide_cause(change, CAUSES[kind], answers, actor=actor)
            return None
        plan = _plan(change, patch, kind, seen, actor, reason)
        _decide_cause(change, CAUSES[kind], answers, actor=actor, by=plan)
        return plan


def _require_conflict(change: Change, actor: Actor) -> None:
    require_decision(actor)
    if change.state != Change.State.CONFLICTED:
        raise NotWaiting(change.get_state_display())


def _answered(change: Change, answers: Mapping[str, Answer], seen: Units, rest: bool) -> Patch:
    questions = look_at(change, seen).questions
    missing = [question.unit for question in questions if question.unit not in answers]
    if missing:
        raise Invalid([Problem(unit, "has to be chosen") for unit in missing])
    return resolve(change.ops(), seen, questions, answers, rest=rest)


def _kind_of(answers: Iterable[Answer]) -> Decision.Kind:
    kinds = {answer.kind for answer in answers}
    return {frozenset({MINE}): Kind.MINE, frozenset({THEIRS}): Kind.THEIRS}.get(
        frozenset(kinds), Kind.EDITED
    )


def _plan(
    change: Change, patch: Patch, kind: Decision.Kind, seen: Units, actor: Actor, reason: str
) -> Change:
    origin = Change.Origin.STAFF
    plan = propose(change.trunk, patch, actor=actor, origin=origin, reason=reason, base=seen)
    decide(change, kind, actor=actor, reason=reason, by=plan)
    return plan


# What an answer to a conflict says of the drift that it came of.
CAUSES = {Kind.THEIRS: Kind.ACKNOWLEDGED, Kind.MINE: Kind.REVERTED, Kind.EDITED: Kind.REVERTED}


def _decide_cause(
    conflict: Change,
    kind: Decision.Kind,
    units: Iterable[str] = (),
    *,
    actor: Actor,
    by: Change | None = None,
) -> None:
    """The drift that the conflict came of is not asked about once more."""
    settled = {line["field"] for line in conflict.conflicts} | set(units)
    for drift in Change.objects.drift().undecided().filter(trunk=conflict.trunk_id):
        if drift.fields and settled.issuperset(drift.fields):
            decide(drift, kind, actor=actor, by=by)


def leave_conflict(change: Change, *, actor: Actor, reason: str = "") -> Decision:
    """Upstream stays as it is, nothing is sent. Raises `Denied`, `AlreadyDecided`, `NotWaiting`."""
    _require_conflict(change, actor)
    with transaction.atomic():
        require_open(change)
        _decide_cause(change, Kind.ACKNOWLEDGED, actor=actor)
        return decide(change, Kind.THEIRS, actor=actor, reason=reason)


def ask_again(conflict: Change, plan: Change, *, actor: Actor) -> None:
    """A deletion or new credentials, reviewed again on the present settings, decide the conflict
    that the first try ran into. Raises as `leave_conflict`."""
    _require_conflict(conflict, actor)
    with transaction.atomic():
        require_open(conflict)
        decide(conflict, Kind.MINE, actor=actor, by=plan)
        _decide_cause(conflict, Kind.ACKNOWLEDGED, actor=actor, by=plan)


# --- Drift ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`done`: how many; `before`: the decisions of others that were there first."""

    done: int
    before: list[Decision] = field(default_factory=list)


def acknowledge(ids: Iterable[UUID | str], *, actor: Actor, reason: str = "") -> Acknowledged:
    """Drift was seen and stays as it is. What somebody has decided already is left at that."""
    require_decision(actor)
    with transaction.atomic():
        drift = Change.objects.drift().filter(pk__in=list(ids))
        found = list(drift.select_for_update(of=("self",)).order_by("pk"))
        before = list(Decision.objects.standing().filter(change__in=found).order_by("at"))
        decided = {decision.change_id for decision in before}
        left = [change for change in found if change.pk not in decided]
        for change in left:
            decide(change, Kind.ACKNOWLEDGED, actor=actor, reason=reason)
    return Acknowledged(len(left), before)


def plan_revert(change: Change, *, actor: Actor) -> Change:
    """Plan to put back what the drift took away, on the present settings; it is reviewed.

    Raises `Invalid` where nothing can be put back, `Denied`, `AlreadyDecided`.
    """
    require_decision(actor)
    present = change.trunk.units() if change.trunk else {}
    patch, problems = way_back(change.diff, present, orders={})
    if problems := [problem for problem in problems if problem.message != MOVED]:
        raise Invalid(problems)
    if not patch:
        raise Invalid([Problem("", "has nothing that could be put back")])
    with transaction.atomic():
        require_open(change)
        return _plan(change, patch, Kind.REVERTED, present, actor, "")


def is_gone(change: Change) -> bool:
    """Whether a drift tells that upstream no longer has the trunk."""
    return any(line["field"] == "presence" and line.get("new") == "gone" for line in change.diff)


def decide_gone(trunk: Trunk, plan: Change, *, actor: Actor) -> None:
    """A new trunk in its place answers the drift that told of its end."""
    for change in trunk.changes.drift().undecided():
        if is_gone(change):
            decide(change, Kind.REVERTED, actor=actor, by=plan)
