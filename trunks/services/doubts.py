"""What a person decides where looking could not tell what became of a write."""

from typing import Any
from uuid import UUID

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.models import Change, Decision, Trunk
from trunks.models.clock import database_now
from trunks.services.errors import NotWaiting
from trunks.services.settling import customer_of
from trunks.services.submitting import decide, require_decision

GIVEN_UP = {"title": "Given up", "code": "given_up"}
State = Change.State


def adopt(change: Change, trunk_id: UUID | str, *, actor: Actor) -> Change:
    """A create in doubt: this trunk is what it made. Raises `Denied`, `NotWaiting`."""
    require_decision(actor)
    if str(trunk_id) not in change.candidates:
        raise NotWaiting("that trunk is not one of those found")
    with transaction.atomic():
        _end(change, Decision.Kind.ADOPTED, actor, state=State.APPLIED, trunk_id=trunk_id)
        if customer := customer_of(change):
            Trunk.objects.filter(pk=trunk_id, customer=None).update(customer=customer)
    return change


def send_again(change: Change, *, actor: Actor) -> Change:
    """It certainly was not done: what was found is somebody else's. Raises as `adopt`."""
    require_decision(actor)
    known = sorted({*(change.known_ids or []), *change.candidates})
    with transaction.atomic():
        taken = _doubtful(change).update(
            state=State.PENDING,
            sent_at=None,
            absent_at=None,
            quarantined_at=None,
            candidates=[],
            known_ids=known,
            waiting_reason="",
            next_attempt_at=database_now(),
        )
        _written(change, taken, Decision.Kind.SENT_AGAIN, actor)
    return change


def give_up(change: Change, *, actor: Actor) -> Change:
    """In doubt or held back: nothing more is done. Raises as `adopt`."""
    require_decision(actor)
    words = f"{actor.label} gave it up"
    with transaction.atomic():
        if change.sends:
            error = {**GIVEN_UP, "detail": f"{words}: whether it was done is not known."}
            _end(change, Decision.Kind.GIVEN_UP, actor, state=State.REFUSED, errors=[error])
        else:
            fields = {"state": State.CANCELLED, "waiting_reason": words}
            _end(change, Decision.Kind.GIVEN_UP, actor, **fields)
    return change


def _end(change: Change, kind: Decision.Kind, actor: Actor, **fields: Any) -> None:
    settled = {"settled_at": database_now(), "quarantined_at": None, "held_at": None}
    taken = _doubtful(change).update(lease_owner="", lease_until=None, **settled, **fields)
    _written(change, taken, kind, actor)


def _doubtful(change: Change) -> Any:
    """Unsettled, and waiting for a person: in doubt or held back."""
    unsettled = Change.objects.unsettled().filter(pk=change.pk)
    return unsettled.exclude(quarantined_at=None, held_at=None)


def _written(change: Change, taken: int, kind: Decision.Kind, actor: Actor) -> None:
    if not taken:
        raise NotWaiting(change.get_state_display())
    decide(change, kind, actor=actor)
    change.refresh_from_db()
