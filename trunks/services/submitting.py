"""Submit: a plan becomes a promise. From here on nothing is lost; what was not sent can be taken
back."""

from typing import Any

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.patch import Edit, Patch
from trunks.domain.units import METHOD, TYPE
from trunks.models import Change, Decision
from trunks.models.clock import database_now
from trunks.services.errors import NeedsApproval, NotPlanned, NotWaiting
from trunks.services.rights import require_own, rights_of

# A unit that makes no sense without the other: gone with it.
GOES_WITH = {"default_did": "on_cli_mismatch_action"}
State = Change.State


def submit(
    change: Change,
    *,
    actor: Actor,
    reason: str | None = None,
    supersedes: bool = True,
    **fields: Any,
) -> Change:
    """planned → pending. Raises `Denied`, `NotPlanned`, and `NeedsApproval` for a customer's plan
    beyond their guard rails: that is requested (`services.requesting`). A row of a batch waits
    for its batch.

    Who submits it is who did it: a plan that another person made goes on under their name. What
    the same kind of actor asked for before in the same units, and was not sent, is superseded,
    unless whoever submits waits for the answer and may take it all back (`supersedes=False`).
    `fields` are written along.
    """
    require_own(change, actor)
    if not rights_of(change) <= actor.rights:
        raise Denied(f"{actor.label} may not submit this")
    if actor.customer_id is not None and change.breaches:
        raise NeedsApproval
    now = database_now()
    if reason is not None:
        fields["reason"] = reason
    with transaction.atomic():
        submitted = Change.objects.filter(pk=change.pk, state=State.PLANNED, batch=None).update(
            state=State.PENDING,
            submitted_at=now,
            next_attempt_at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            is_railed=actor.customer_id is not None,
            **fields,
        )
        change.refresh_from_db()
        if not submitted:
            raise NotPlanned(change.get_state_display())
        if supersedes:
            supersede(change)
    return change


def supersede(change: Change) -> None:
    """Take over what earlier edits of the trunk, unsent and by the same kind of actor, ask for in
    the same units. Lists edited element by element are left: both edits end upstream."""
    if change.kind != Change.Kind.UPDATE:
        return
    earlier = Change.objects.select_for_update(of=("self",)).filter(
        trunk=change.trunk_id,
        kind=Change.Kind.UPDATE,
        state=State.PENDING,
        actor_kind=change.actor_kind,
        is_railed=change.is_railed,
        submitted_at__lt=change.submitted_at,
    )
    ops = change.ops()
    for other in earlier.exclude(pk=change.pk):
        if taken := _taken(other.ops(), ops):
            _take(other, taken, change)


def _taken(theirs: Patch, ours: Patch) -> set[str]:
    taken = {unit for unit, op in ours.items() if unit in theirs and not isinstance(op, Edit)}
    if TYPE in taken:
        taken |= {unit for unit in theirs if unit.startswith(METHOD)}
    return taken | {unit for unit, other in GOES_WITH.items() if unit in theirs and other in taken}


def _take(other: Change, taken: set[str], by: Change) -> None:
    """Under the row's lock: a delivery claims it before or after, never in between."""
    other.superseded_units = sorted({*other.superseded_units, *taken})
    other.superseded_by = by
    if not other.ops():
        other.state, other.settled_at = State.SUPERSEDED, database_now()
    other.save(update_fields=["superseded_units", "superseded_by", "state", "settled_at"])


def discard(change: Change, *, actor: Actor) -> Change:
    """planned → cancelled: a plan that nobody wants any more. Raises `Denied`, and `NotPlanned`,
    also for a row of a batch: that is thrown away as a whole."""
    require_own(change, actor)
    why = f"discarded by {actor.label}"
    if change.batch_id or not _cancel(change, State.PLANNED, why):
        raise NotPlanned(change.get_state_display())
    return change


def take_back(change: Change, *, actor: Actor) -> Change:
    """pending → cancelled: what was not sent and will not be. Raises `Denied`, `NotWaiting`."""
    require_own(change, actor)
    if change.kind == Change.Kind.OBSERVED:  # upstream did it: nobody's to take back
        raise NotWaiting(change.get_state_display())
    if not rights_of(change) <= actor.rights:
        raise Denied(f"{actor.label} may not take this back")
    if not _cancel(change, State.PENDING, f"taken back by {actor.label}"):
        raise NotWaiting(change.get_state_display())
    return change


def _cancel(change: Change, state: State, why: str) -> bool:
    """Unless somebody has begun to send it; what left once is never called unsent."""
    cancelled = Change.objects.filter(pk=change.pk, state=state, sends=0).update(
        state=State.CANCELLED, settled_at=database_now(), waiting_reason=why
    )
    change.refresh_from_db()
    return bool(cancelled)


def release(change: Change, *, actor: Actor) -> Change:
    """Let a change that is held back go on: sent, or looked for. Raises `Denied`, `NotWaiting`."""
    require_decision(actor)
    with transaction.atomic():
        held = Change.objects.unsettled().filter(pk=change.pk, held_at__isnull=False)
        if not held.update(held_at=None, hold_reason="", next_attempt_at=database_now()):
            raise NotWaiting(change.get_state_display())
        decide(change, Decision.Kind.RELEASED, actor=actor)
    change.refresh_from_db()
    return change


def require_decision(actor: Actor) -> None:
    if not actor.may("decide_change"):
        raise Denied(f"{actor.label} may not decide this")


def decide(
    change: Change,
    kind: Decision.Kind,
    *,
    actor: Actor,
    reason: str = "",
    by: Change | None = None,
) -> Decision:
    """Write down who decided what about a change."""
    return Decision.objects.create(
        change=change,
        kind=kind,
        by=by,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        reason=reason,
        at=database_now(),
    )
