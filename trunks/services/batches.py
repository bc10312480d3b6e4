"""The life of a batch: applied, paused, resumed, cancelled, or thrown away while it is a plan.

Its changes are sent by the same drain as all others; while the batch does not run, none is.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from trunks.domain.actor import Actor, Denied
from trunks.models import Batch, Change
from trunks.models.change import ChangeQuerySet
from trunks.models.clock import database_now
from trunks.services.progress import refusals_of
from trunks.services.restoring import release_all
from trunks.services.rights import rights_of
from trunks.services.submitting import supersede
from trunks.services.waking import wake

PLANS_ARE_KEPT = timedelta(days=7)
State = Batch.State


class MovedOn(Exception):
    """The batch stands otherwise by now: nothing was done."""


def apply_batch(
    batch: Batch, *, actor: Actor, reason: str = "", stop_after: int | None = None
) -> Batch:
    """All that is planned becomes pending, at once: from here on nothing of it is lost.

    `stop_after`: so many refusals or conflicts, then it pauses. Raises `Denied`, `MovedOn`.
    """
    planned = batch.changes.filter(state=Change.State.PLANNED)
    _require_rights(planned, actor)
    now = database_now()
    who = {"actor_kind": actor.kind, "actor_id": actor.id, "actor_label": actor.label}
    with transaction.atomic():
        if not planned.exists():
            raise MovedOn(batch.get_state_display())
        _move(
            batch,
            [State.PLANNED],
            State.RUNNING,
            started_at=now,
            reason=reason,
            stop_after=stop_after,
            **who,
        )
        planned.update(
            state=Change.State.PENDING,
            submitted_at=now,
            next_attempt_at=now,
            reason=reason,
            **who,
        )
        for change in _taking_over(batch):
            supersede(change)
        _wake(batch)
    return batch


def _require_rights(changes: ChangeQuerySet, actor: Actor) -> None:
    for change in changes.only("kind", "patch", "base").iterator():
        if not rights_of(change) <= actor.rights:
            raise Denied(f"{actor.label} may not apply this")


def _taking_over(batch: Batch) -> ChangeQuerySet:
    """The changes that meet an earlier one, unsent, of the same trunk."""
    earlier = Change.objects.filter(
        trunk=OuterRef("trunk"),
        kind=Change.Kind.UPDATE,
        state=Change.State.PENDING,
        submitted_at__lt=OuterRef("submitted_at"),
    )
    return Change.objects.filter(Exists(earlier), batch=batch, kind=Change.Kind.UPDATE)


def pause_batch(batch: Batch, *, actor: Actor) -> Batch:
    """Nothing more of it is sent until somebody goes on. Raises `Denied`, `MovedOn`."""
    _require_agent(actor)
    return _move(batch, [State.RUNNING], State.PAUSED, pause_reason=f"paused by {actor.label}")


def resume_batch(batch: Batch, *, actor: Actor) -> Batch:
    """It goes on; the refusals so far are accepted, and what was held back with it after a restore
    goes on too. Raises `Denied`, `MovedOn`."""
    _require_agent(actor)
    accepted = refusals_of(batch)
    with transaction.atomic():
        _move(batch, [State.PAUSED], State.RUNNING, pause_reason="", refusals_accepted=accepted)
        release_all(batch.changes.all(), actor=actor)
    _wake(batch)
    return batch


def _wake(batch: Batch) -> None:
    waiting = batch.changes.filter(state=Change.State.PENDING)
    for account_id in waiting.order_by().values_list("account", flat=True).distinct():
        wake(account_id)


def cancel_batch(batch: Batch, *, actor: Actor) -> Batch:
    """What was not sent never will be; what was sent stays. Raises `Denied`, `MovedOn`."""
    _require_agent(actor)
    now = database_now()
    with transaction.atomic():
        under_way = [State.RUNNING, State.PAUSED]
        _move(batch, under_way, State.CANCELLED, finished_at=now, pause_reason="")
        batch.changes.filter(state=Change.State.PENDING, sends=0).update(
            state=Change.State.CANCELLED,
            settled_at=now,
            waiting_reason=f"cancelled with its batch by {actor.label}",
        )
    return batch


def discard_plan(batch: Batch) -> None:
    """A plan that nobody wants any more leaves nothing behind. Raises `MovedOn`."""
    with transaction.atomic():
        held = Batch.objects.select_for_update().filter(pk=batch.pk, state=State.PLANNED)
        if not held.exists():
            raise MovedOn(batch.get_state_display())
        batch.rows.all().delete()
        batch.changes.filter(state=Change.State.PLANNED).delete()
        held.delete()


def discard_old_plans() -> int:
    """Plans that nobody applied: what they were based on is long past. How many there were."""
    old = database_now() - PLANS_ARE_KEPT
    plans = list(Batch.objects.planned().filter(created_at__lt=old))
    for plan in plans:
        with suppress(MovedOn):  # applied, or thrown away by somebody else, just now
            discard_plan(plan)
    return len(plans)


def _require_agent(actor: Actor) -> None:
    if not actor.may("change_trunk"):
        raise Denied(f"{actor.label} may not do this")


def _move(batch: Batch, origin: Sequence[str], state: str, **fields: Any) -> Batch:
    moved = Batch.objects.filter(pk=batch.pk, state__in=origin).update(state=state, **fields)
    batch.refresh_from_db()
    if not moved:
        raise MovedOn(batch.get_state_display())
    return batch
