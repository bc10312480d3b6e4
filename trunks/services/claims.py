"""The hold on a change while it is delivered: claimed, renewed, marked as sent, settled or let go.

Every write checks the lease's epoch: who lost it writes nothing more.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from trunks.models import Change
from trunks.models.clock import database_now
from trunks.services.errors import LeaseLost
from trunks.services.leases import lease_length, new_owner
from trunks.services.progress import note_settled
from trunks.services.waits import back_off

log = logging.getLogger("trunks.deliver")
State = Change.State


def claim(change: Change) -> bool:
    """One delivering change per trunk (per account and name for creates): the database decides."""
    try:
        with transaction.atomic():
            # No join in here: PostgreSQL would look at the state once, before it waits for the row.
            pending = Change.objects.filter(pk=change.pk, state=State.PENDING, held_at=None)
            claimed = pending.update(
                state=State.DELIVERING,
                lease_owner=(owner := new_owner()),
                lease_until=database_now() + lease_length(),
                lease_epoch=F("lease_epoch") + 1,
                attempts=F("attempts") + 1,
                waiting_reason="",
            )
    except IntegrityError:
        return False
    change.refresh_from_db()
    return bool(claimed) and change.lease_owner == owner


def claim_look(change: Change) -> bool:
    """Take it upon this process to look what became of a change of unknown outcome. No lease: a
    read that shows it done may settle it, whoever reads."""
    now = database_now()
    due = Change.objects.filter(pk=change.pk, lease_epoch=change.lease_epoch).to_look_for(now)
    taken = due.update(next_attempt_at=now + lease_length(), lease_owner="", lease_until=None)
    change.refresh_from_db()
    return bool(taken)


def write(change: Change, **fields: object) -> None:
    """Write under the lease; raises `LeaseLost` when the row is no longer ours."""
    held = Change.objects.filter(
        pk=change.pk, state=State.DELIVERING, lease_epoch=change.lease_epoch
    )
    if not held.update(**fields):
        raise LeaseLost(str(change.pk))


def renew(change: Change) -> None:
    write(change, lease_until=database_now() + lease_length())


def mark_sent(change: Change) -> Callable[..., datetime]:
    """Called right before a write leaves: from here on the outcome may be unknown."""

    def mark(**fields: object) -> datetime:
        now = database_now()
        change.sends += 1
        write(change, sent_at=now, sends=change.sends, absent_at=None, **fields)
        change.sent_at = now
        return now

    return mark


def settle(change: Change, state: State, **fields: object) -> Change:
    settled = {"waiting_reason": "", **fields}
    write(
        change,
        state=state,
        settled_at=database_now(),
        lease_owner="",
        lease_until=None,
        **settled,
    )
    change.refresh_from_db()
    note_settled(change, state)
    log.info("change %s of %s: %s", change.pk, change.trunk_id, state)
    return change


def release(change: Change, reason: str, retry_after: float | None = None) -> Change:
    """Not sent, or sent without any effect: back to pending, and when to try again."""
    wait = max(retry_after or 0.0, back_off(change.attempts))
    left_in_vain = 1 if change.sent_at else 0
    write(
        change,
        state=State.PENDING,
        sent_at=None,
        sends=change.sends - left_in_vain,
        absent_at=None,
        lease_owner="",
        lease_until=None,
        waiting_reason=reason,
        next_attempt_at=database_now() + timedelta(seconds=wait),
    )
    change.refresh_from_db()
    return change


def leave_unknown(change: Change, reason: str, *, look_in: float, **fields: object) -> Change:
    """Sent, and no answer tells what became of it: when to look for it next."""
    write(
        change,
        waiting_reason=reason,
        lease_owner="",
        lease_until=None,
        next_attempt_at=database_now() + timedelta(seconds=look_in),
        **fields,
    )
    change.refresh_from_db()
    return change


def release_to_send_again(change: Change, reason: str, **fields: object) -> Change:
    """Known not to have been done: pending again, due at once."""
    write(
        change,
        state=State.PENDING,
        sent_at=None,
        absent_at=None,
        lease_owner="",
        lease_until=None,
        waiting_reason=reason,
        next_attempt_at=database_now(),
        **fields,
    )
    change.refresh_from_db()
    return change


def note(change: Change, reason: str) -> None:
    Change.objects.filter(pk=change.pk, state=State.PENDING).update(waiting_reason=reason)
