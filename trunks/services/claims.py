"""The hold on a change while it is delivered: claimed, renewed, marked as sent, settled or let go.

Every write checks the lease's epoch: who lost it writes nothing more.
"""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from trunks.models import Change
from trunks.models.clock import database_now
from trunks.services.errors import LeaseLost
from trunks.services.leases import OWNER, lease_length

log = logging.getLogger("trunks.deliver")
State = Change.State
MAX_RETRY_SECONDS = 15 * 60


def claim(change: Change) -> bool:
    """One delivering change per trunk (per account and name for creates): the database decides."""
    try:
        with transaction.atomic():
            claimed = Change.objects.filter(pk=change.pk, state=State.PENDING).update(
                state=State.DELIVERING,
                lease_owner=OWNER,
                lease_until=database_now() + lease_length(),
                lease_epoch=F("lease_epoch") + 1,
                attempts=F("attempts") + 1,
                waiting_reason="",
            )
    except IntegrityError:
        return False
    change.refresh_from_db()
    return bool(claimed) and change.lease_owner == OWNER


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
        write(change, sent_at=now, **fields)
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
    log.info("change %s of %s: %s", change.pk, change.trunk_id, state)
    return change


def release(change: Change, reason: str, retry_after: float | None = None) -> Change:
    """Not sent: back to pending, and when to try again."""
    wait = max(retry_after or 0.0, _backoff(change.attempts))
    write(
        change,
        state=State.PENDING,
        sent_at=None,
        lease_owner="",
        lease_until=None,
        waiting_reason=reason,
        next_attempt_at=database_now() + timedelta(seconds=wait),
    )
    change.refresh_from_db()
    return change


def _backoff(attempts: int) -> float:
    """15 s, 30 s, 60 s … up to 15 minutes, each with up to a fifth of jitter."""
    base = settings.DELIVERY_RETRY_SECONDS * 2.0 ** min(max(attempts - 1, 0), 16)
    return float(min(base, MAX_RETRY_SECONDS)) * random.uniform(1.0, 1.2)  # noqa: S311


def note(change: Change, reason: str) -> None:
    Change.objects.filter(pk=change.pk, state=State.PENDING).update(waiting_reason=reason)
