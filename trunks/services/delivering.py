"""Deliver: us → upstream. Read before write, send once, say truthfully what became of it.

The outcome table is in architecture.md, "The way of a write". No database transaction is open
across HTTP; every write to a change under delivery checks its lease's epoch.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from trunks.models import Account, Change
from trunks.models.clock import database_now
from trunks.services import accounts
from trunks.services.attempts import ATTEMPTS, Attempt, InDoubt, Settled
from trunks.services.callback_reads import refresh_waiting
from trunks.services.claims import claim, leave_unknown, mark_sent, note, release, renew, settle
from trunks.services.errors import ForeignTrunk, Invalid, LeaseLost, Unreadable
from trunks.services.looking import first_look, look
from trunks.services.pace import Lane
from trunks.services.recording import about_change
from trunks.services.rights import still_may
from trunks.services.settling import is_in_hand
from trunks.upstream import Deadline, Refused, Unauthorized
from trunks.upstream.errors import NotSent, Unavailable

log = logging.getLogger("trunks.deliver")

NEVER = Deadline(None)
EXPIRES_AFTER = timedelta(hours=24)  # pending, never sent
NEVER_SENT = "not sent within 24 hours, given up"
NEVER_DONE = "sent, found not to have been done, and not sent again within 24 hours: given up"
WORKERS_AT_ONCE = 8  # from so many of the first each picks one
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


OUTCOMES = {
    State.APPLIED: Outcome.APPLIED,
    State.REFUSED: Outcome.REFUSED,
    State.CONFLICTED: Outcome.CONFLICTED,
    State.SUPERSEDED: Outcome.CONFLICTED,
    State.CANCELLED: Outcome.UNAVAILABLE,
    State.EXPIRED: Outcome.UNAVAILABLE,
}


def deliver(
    change: Change, *, deadline: Deadline | None = None, lane: Lane = Lane.PERSON
) -> Change:
    """Try once, now, after what waits before it on the same trunk; the change as it then stands.

    A page's budget is 25 s: what is not sent by then stays pending for the worker.
    """
    deadline = deadline or Deadline(FOREGROUND_SECONDS)
    if not _goes_on(change):
        return change
    for other in Change.objects.in_the_way_of(change):
        if not _attempt_if_due(other, deadline, lane).is_settled:
            note(change, "an earlier change of this trunk is not settled yet")
            change.refresh_from_db()
            return change
    return _wait_while_in_hand(_attempt(change, deadline, lane), deadline)


def _wait_while_in_hand(change: Change, deadline: Deadline) -> Change:
    """A worker may have been quicker to take it: what it is doing right now is waited for."""
    while is_in_hand(change) and deadline.remaining(POLL_SECONDS) == POLL_SECONDS:
        time.sleep(POLL_SECONDS)
        change.refresh_from_db()
    return change


def _goes_on(change: Change) -> bool:
    """Whether its account takes changes now; one in trouble is asked when its time has come."""
    account = Account.objects.get(pk=change.account_id)
    if not account.is_paused:
        return True
    if account.pause == Account.Pause.TROUBLE and accounts.probe(account):
        return True
    account.refresh_from_db()
    note(change, f"the account is paused: {account.pause_reason}")
    change.refresh_from_db()
    return False


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
    deliver(change, deadline=deadline, lane=Lane.API)
    while _waits_its_turn(change) and deadline.remaining(POLL_SECONDS) == POLL_SECONDS:
        time.sleep(POLL_SECONDS)
        deliver(change, deadline=deadline, lane=Lane.API)
    return _outcome(change)


def wait_for(change: Change, *, seconds: float) -> Outcome:
    """What became of a change that was submitted before, waiting for it so long; it is not taken
    back, whatever becomes of it: unsettled is unknown."""
    deadline = Deadline(seconds)
    while not change.is_settled and deadline.remaining(POLL_SECONDS) == POLL_SECONDS:
        _attempt_if_due(change, deadline, Lane.API)
        change.refresh_from_db()
        if not change.is_settled:
            time.sleep(POLL_SECONDS)
    return OUTCOMES.get(State(change.state), Outcome.UNKNOWN)


def _waits_its_turn(change: Change) -> bool:
    """Never claimed yet: unsent because of another change, not because of upstream."""
    return change.state == State.PENDING and not change.attempts


def _outcome(change: Change) -> Outcome:
    if change.state == State.PENDING:
        waited = _waits_its_turn(change)
        _cancel(change)
        if change.state == State.CANCELLED:
            return Outcome.IN_PROGRESS if waited else Outcome.UNAVAILABLE
    return OUTCOMES.get(State(change.state), Outcome.UNKNOWN)


def _cancel(change: Change) -> None:
    """Take back what was not sent, unless somebody has begun to send it."""
    Change.objects.filter(pk=change.pk, state=State.PENDING, sends=0).update(
        state=State.CANCELLED, settled_at=database_now()
    )
    change.refresh_from_db()


def drain(
    account: Account | None = None,
    *,
    goes_on: Callable[[], bool] = lambda: True,
    at_once: bool = False,
) -> dict[str, int]:
    """Sweep what lost its sender, look for what has no answer, try every change that is due, once;
    counts by state. Any number of drains may run at once.

    `goes_on` is asked before each: whether to try another. `at_once` asks an account in trouble
    whether it answers again without waiting for the back-off.
    """
    sweep()
    counts: Counter[str] = Counter()
    for each in [account] if account else Account.objects.order_by("pk"):
        counts += _drain(each, goes_on, at_once)
    return dict(counts)


def _drain(account: Account, goes_on: Callable[[], bool], at_once: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    if not _is_open(account, at_once):
        return counts
    unknown = Change.objects.filter(account=account).to_look_for(database_now())
    for change in unknown.order_by("sent_at"):
        if not goes_on():
            return counts
        counts[look(change).state] += 1
    refresh_waiting(account, goes_on=goes_on)
    lost: list[Change] = []  # claims that somebody else won
    while goes_on() and (found := _next(account, lost)):
        before = found.attempts
        state = _attempt(found, NEVER, Lane.WORKER).state
        if found.attempts == before:
            lost.append(found)
        else:
            counts[state] += 1
        account.refresh_from_db()
        if account.is_paused or accounts.is_slowed_down(account):
            break
    return counts


def _is_open(account: Account, at_once: bool) -> bool:
    """Whether the account takes changes; one in trouble is asked at the back-off's pace."""
    account.refresh_from_db()
    if account.pause == Account.Pause.TROUBLE:
        return accounts.probe(account, at_once=at_once)
    return not account.is_paused and not accounts.is_slowed_down(account)


def _next(account: Account, lost: list[Change]) -> Change | None:
    """One of the first that may be sent: several workers must not all reach for the same."""
    ready = Change.objects.filter(account=account).exclude(pk__in=[c.pk for c in lost[-50:]])
    first = list(ready.ready(database_now())[:WORKERS_AT_ONCE])
    return random.choice(first) if first else None  # noqa: S311


def sweep() -> None:
    """What was claimed but never sent is pending again; what waited unsent for a day expires: since
    it was submitted, or since a person let it go on. What is held back does not wait by itself."""
    now = database_now()
    Change.objects.filter(state=State.DELIVERING, sent_at__isnull=True, lease_until__lt=now).update(
        state=State.PENDING, lease_owner="", lease_until=None, next_attempt_at=now
    )
    day_ago = now - EXPIRES_AFTER
    old = Change.objects.filter(state=State.PENDING, submitted_at__lt=day_ago, held_at=None)
    old = old.exclude(decisions__at__gt=day_ago)
    old.filter(sends=0).update(state=State.EXPIRED, settled_at=now, waiting_reason=NEVER_SENT)
    old.filter(sends__gt=0).update(state=State.EXPIRED, settled_at=now, waiting_reason=NEVER_DONE)


def _attempt_if_due(change: Change, deadline: Deadline, lane: Lane) -> Change:
    if change.outcome_unknown:
        return look(change)
    due = change.next_attempt_at is None or change.next_attempt_at <= database_now()
    return _attempt(change, deadline, lane) if due else change


@about_change
def _attempt(change: Change, deadline: Deadline, lane: Lane) -> Change:
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
            _send(change, account, deadline, lane)
    except LeaseLost:
        log.warning("change %s was taken over by another process", change.pk)
    change.refresh_from_db()
    return change


def _send(change: Change, account: Account, deadline: Deadline, lane: Lane) -> None:
    try:
        client = accounts.client_for(account, lane=lane, before_send=lambda: renew(change))
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
        accounts.note_trouble(account, error)
        release(change, str(error))
    except InDoubt as error:
        leave_unknown(change, str(error), look_in=0, sent_at=database_now())
    except NotSent as error:
        accounts.note_trouble(account, error)
        release(change, str(error), error.retry_after)
    except Unavailable as error:  # before the send, or of unknown outcome
        accounts.note_trouble(account, error)
        _not_settled(change, str(error))
    except ForeignTrunk as error:
        _not_settled(change, str(error))
    except Exception as error:
        log.exception("change %s ran into an error of trunkadmin's own", change.pk)
        _not_settled(change, f"{OWN_ERROR} ({type(error).__name__})")
    finally:
        client.close()


def _not_settled(change: Change, reason: str) -> None:
    """What went wrong before the send did nothing; after it, nothing is known."""
    if change.sent_at is None:
        release(change, reason)
    else:
        log.warning("change %s: outcome unknown: %s", change.pk, reason)
        leave_unknown(change, reason, look_in=first_look())


def _finish(change: Change, settled: Settled) -> None:
    """Mirrors and settles, both or neither."""
    with transaction.atomic():
        settle(change, settled.state, **settled.fields, **settled.mirror())
