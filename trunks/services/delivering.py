"""Deliver: us → upstream. Read before write, send once, say truthfully what became of it.

The outcome table is in architecture.md, "The way of a write". No database transaction is open
across HTTP; every write to a change under delivery checks its lease's epoch.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from trunks.models import Account, Change
from trunks.models.change import ChangeQuerySet
from trunks.models.clock import database_now
from trunks.services import accounts
from trunks.services.attempts import ATTEMPTS, Attempt, Settled
from trunks.services.claims import claim, mark_sent, note, release, renew, settle, write
from trunks.services.errors import ForeignTrunk, Invalid, LeaseLost, Unreadable
from trunks.services.rights import still_may
from trunks.upstream import Deadline, Refused, Unauthorized
from trunks.upstream.errors import NotSent, OutcomeUnknown, Unavailable

log = logging.getLogger("trunks.deliver")

NEVER = Deadline(None)
EXPIRES_AFTER = timedelta(hours=24)  # pending, never sent
POLL_SECONDS = 0.25
OWN_ERROR = "an error of trunkadmin's own: its log has the details"
FOREGROUND_SECONDS = 25.0
State = Change.State


class Outcome(StrEnum):
    """What a synchronous request is told; architecture.md's table, one name a row."""

    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICTED = "conflicted"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    IN_PROGRESS = "in_progress"


def deliver(change: Change, *, deadline: Deadline | None = None) -> Change:
    """Try once, now, after what waits before it on the same trunk; the change as it then stands.

    A page's budget is 25 s: what is not sent by then stays pending for the worker.
    """
    deadline = deadline or Deadline(FOREGROUND_SECONDS)
    for other in _in_the_way(change):
        if not _attempt_if_due(other, deadline).is_settled:
            note(change, "an earlier change of this trunk is not settled yet")
            change.refresh_from_db()
            return change
    return _attempt(change, deadline)


def carry_out(change: Change, *, seconds: float | None = None) -> Outcome:
    """Deliver a submitted change within a synchronous request's budget.

    Waits its turn behind an earlier change; what was not sent by then is cancelled, so that
    nothing is left behind. `change` is refreshed; `errors` tell why it was refused.
    """
    deadline = Deadline(settings.API_WRITE_SECONDS if seconds is None else seconds)
    if account := Account.objects.paused().filter(pk=change.account_id).first():
        note(change, f"the account is paused: {account.pause_reason}")
        _cancel(change)
    if change.state == State.CANCELLED:
        return Outcome.UNAVAILABLE
    deliver(change, deadline=deadline)
    while _waits_its_turn(change) and deadline.remaining(POLL_SECONDS) == POLL_SECONDS:
        time.sleep(POLL_SECONDS)
        deliver(change, deadline=deadline)
    return _outcome(change)


def _waits_its_turn(change: Change) -> bool:
    """Never claimed yet: unsent because of another change, not because of upstream."""
    return change.state == State.PENDING and not change.attempts


def _outcome(change: Change) -> Outcome:
    if change.state == State.PENDING:
        waited = _waits_its_turn(change)
        _cancel(change)
        if change.state == State.CANCELLED:
            return Outcome.IN_PROGRESS if waited else Outcome.UNAVAILABLE
    return {
        State.APPLIED: Outcome.APPLIED,
        State.REFUSED: Outcome.REFUSED,
        State.CONFLICTED: Outcome.CONFLICTED,
        State.CANCELLED: Outcome.UNAVAILABLE,
    }.get(State(change.state), Outcome.UNKNOWN)


def _cancel(change: Change) -> None:
    """Take back what was not sent, unless somebody has begun to send it."""
    Change.objects.filter(pk=change.pk, state=State.PENDING).update(
        state=State.CANCELLED, settled_at=database_now()
    )
    change.refresh_from_db()


def drain(
    account: Account | None = None, *, goes_on: Callable[[], bool] = lambda: True
) -> dict[str, int]:
    """Sweep what lost its sender and try every change that is due, once; counts by state.

    `goes_on` is asked before each: whether to try another.
    """
    sweep()
    due = Change.objects.filter(state=State.PENDING, next_attempt_at__lte=database_now())
    if account is not None:
        due = due.filter(account=account)
    counts: Counter[str] = Counter()
    for change in due.order_by("submitted_at", "created_at"):
        if not goes_on():
            break
        if not _in_the_way(change).exists():
            counts[_attempt(change, NEVER).state] += 1
    return dict(counts)


def sweep() -> None:
    """What was claimed but never sent is pending again; what waited unsent for a day expires."""
    now = database_now()
    Change.objects.filter(state=State.DELIVERING, sent_at__isnull=True, lease_until__lt=now).update(
        state=State.PENDING, lease_owner="", lease_until=None, next_attempt_at=now
    )
    Change.objects.filter(
        state=State.PENDING, sent_at__isnull=True, submitted_at__lt=now - EXPIRES_AFTER
    ).update(
        state=State.EXPIRED, settled_at=now, waiting_reason="not sent within 24 hours, given up"
    )


def _in_the_way(change: Change) -> ChangeQuerySet:
    """What must be settled before this one may be sent: what was submitted before it, and what
    is being sent now; of a create, only its namesake."""
    others = Change.objects.unsettled().exclude(pk=change.pk).order_by("submitted_at")
    being_sent = Q(state=State.DELIVERING)
    if change.trunk_id is None:
        namesakes = {"account": change.account_id, "trunk_label": change.trunk_label}
        return others.filter(being_sent, kind=Change.Kind.CREATE, **namesakes)
    return others.filter(
        being_sent | Q(submitted_at__lt=change.submitted_at), trunk=change.trunk_id
    )


def _attempt_if_due(change: Change, deadline: Deadline) -> Change:
    due = change.next_attempt_at is None or change.next_attempt_at <= database_now()
    return _attempt(change, deadline) if due else change


def _attempt(change: Change, deadline: Deadline) -> Change:
    """Claim, send, settle; whatever happens, the row says it."""
    account = Account.objects.get(pk=change.account_id)
    if change.state != State.PENDING or not claim(change):
        change.refresh_from_db()
        return change
    try:
        if account.pause == Account.Pause.QUESTION:
            release(change, f"the account is paused: {account.pause_reason}")
        elif not still_may(change):
            settle(change, State.CANCELLED, waiting_reason="the right to this was withdrawn")
        else:
            _send(change, account, deadline)
    except LeaseLost:
        log.warning("change %s was taken over by another process", change.pk)
    change.refresh_from_db()
    return change


def _send(change: Change, account: Account, deadline: Deadline) -> None:
    try:
        client = accounts.client_for(account, before_send=lambda: renew(change))
    except (Invalid, Unreadable) as error:
        release(change, f"the account cannot be used: {error}")
        return
    try:
        attempt = Attempt(change, account, client, deadline, mark_sent(change))
        _finish(change, ATTEMPTS[Change.Kind(change.kind)](attempt))
    except LeaseLost:
        raise
    except Refused as error:
        settle(change, State.REFUSED, errors=error.errors, request_id=error.request_id)
    except Unauthorized as error:
        accounts.pause_for_trouble(account, str(error))
        release(change, str(error))
    except OutcomeUnknown as error:
        _leave_unknown(change, account, error)
    except NotSent as error:
        release(change, str(error), error.retry_after)
    except (Unavailable, ForeignTrunk) as error:
        _not_settled(change, account, error)
    except Exception as error:
        log.exception("change %s ran into an error of trunkadmin's own", change.pk)
        _not_settled(change, account, Unavailable(f"{OWN_ERROR} ({type(error).__name__})"))
    finally:
        client.close()


def _not_settled(change: Change, account: Account, error: Exception) -> None:
    """What went wrong before the send did nothing; after it, nothing is known."""
    if isinstance(error, Unavailable) and error.is_trouble:
        accounts.pause_for_trouble(account, str(error))
    if change.sent_at is None:
        release(change, str(error))
    else:
        _leave_unknown(change, account, error)


def _leave_unknown(change: Change, account: Account, error: Exception) -> None:
    if isinstance(error, Unavailable) and error.is_trouble:
        accounts.pause_for_trouble(account, str(error))
    log.warning("change %s: outcome unknown: %s", change.pk, error)
    write(change, waiting_reason=str(error), lease_until=None, lease_owner="")


def _finish(change: Change, settled: Settled) -> None:
    """Mirrors and settles, both or neither."""
    with transaction.atomic():
        settle(change, settled.state, **settled.fields, **settled.mirror())
