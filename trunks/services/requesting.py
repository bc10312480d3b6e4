"""Requests: what a customer's side asks for beyond their guard rails, and what staff decide.

    planned → awaiting approval → pending (approved) | refused | cancelled (withdrawn) | expired

An approved change is sent under the name of who asked for it, who must still have the right to it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Change, Decision
from trunks.models.clock import database_now
from trunks.services.errors import NotPlanned, NotWaiting
from trunks.services.rights import require_own, rights_of, still_may
from trunks.services.submitting import decide, supersede

OPEN_FOR = timedelta(days=7)
NOBODY_DECIDED = "nobody decided on it within 7 days"
RIGHT_LOST = "the right to this was withdrawn"
TIME_OVER = "its time was over before it was sent"
LONGEST_REASON = 2000
State = Change.State


def request(
    change: Change, *, actor: Actor, reason: str | None = None, reverse_at: datetime | None = None
) -> Change:
    """planned → awaiting approval. `reverse_at`: until when it is wanted.

    Raises `Denied`, `NotPlanned`, and `Invalid` for what needs no approval or a time that cannot
    be.
    """
    require_own(change, actor)
    if not rights_of(change) <= actor.rights:
        raise Denied(f"{actor.label} may not request this")
    if actor.customer_id is None or not change.breaches:
        raise Invalid([Problem("", "needs no approval")])
    now = database_now()
    _check_reversal(change, reverse_at, now)
    asked: dict[str, Any] = {} if reason is None else {"reason": _word(reason, "reason")}
    planned = Change.objects.filter(pk=change.pk, state=State.PLANNED, is_railed=True)
    requested = planned.update(
        state=State.AWAITING_APPROVAL,
        expires_at=now + OPEN_FOR,
        reverse_at=reverse_at,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        **asked,
    )
    change.refresh_from_db()
    if not requested:
        raise NotPlanned(change.get_state_display())
    return change


def withdraw(change: Change, *, actor: Actor) -> Change:
    """awaiting approval → cancelled, by the side that asked. Raises `Denied`, `NotWaiting`."""
    require_own(change, actor)
    if not rights_of(change) <= actor.rights:
        raise Denied(f"{actor.label} may not withdraw this")
    _end(change, State.CANCELLED, f"withdrawn by {actor.label}")
    return change


def approve(
    change: Change, *, actor: Actor, word: str = "", reverse_at: datetime | None = None
) -> Change:
    """awaiting approval → pending: it may be sent. `reverse_at`: until then only, instead of what
    was asked for.

    Raises `Denied`, `Invalid`, and `NotWaiting` for what somebody decided, what ran out and what
    who asked may no longer do.
    """
    _require(actor)
    word, now = _word(word, "word"), database_now()
    _check_reversal(change, reverse_at, now)
    with transaction.atomic():
        lost = _why_lost(_locked(change), now)
        if not lost:
            _approve(change, reverse_at or change.reverse_at, now)
            decide(change, Decision.Kind.APPROVED, actor=actor, reason=word)
            supersede(change)
    change.refresh_from_db()
    if lost:
        raise NotWaiting(change.get_state_display())
    return change


def deny(change: Change, *, actor: Actor, word: str) -> Change:
    """awaiting approval → refused, with a word that the customer reads. Raises `Denied`,
    `Invalid` without a word, `NotWaiting`."""
    _require(actor)
    word = _word(word, "word")
    if not word:
        raise Invalid([Problem("word", "can't be blank")])
    with transaction.atomic():
        _locked(change)
        decide(change, Decision.Kind.DENIED, actor=actor, reason=word)
        _end(change, State.REFUSED, "", errors=[_denied(word)])
    return change


def expire_requests() -> int:
    """What nobody decided in time has come to nothing. How many."""
    now = database_now()
    late = Change.objects.requests().filter(expires_at__lte=now)
    return late.update(state=State.EXPIRED, settled_at=now, waiting_reason=NOBODY_DECIDED)


def _require(actor: Actor) -> None:
    if actor.customer_id is not None or not actor.may("approve_change"):
        raise Denied(f"{actor.label} may not decide on requests")


def _locked(change: Change) -> Change:
    """Locks the row for the rest of the transaction. Raises `NotWaiting`."""
    Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    change.refresh_from_db()
    if change.state != State.AWAITING_APPROVAL:
        raise NotWaiting(change.get_state_display())
    return change


def _why_lost(change: Change, now: datetime) -> str:
    """Why it cannot be approved any more, which also ends it; "" if it can."""
    if change.expires_at and change.expires_at <= now:
        _end(change, State.EXPIRED, NOBODY_DECIDED)
        return NOBODY_DECIDED
    if not still_may(change):
        _end(change, State.CANCELLED, RIGHT_LOST)
        return RIGHT_LOST
    if change.reverse_at and change.reverse_at <= now:
        _end(change, State.CANCELLED, TIME_OVER)
        return TIME_OVER
    return ""


def _approve(change: Change, reverse_at: datetime | None, now: datetime) -> None:
    change.state, change.reverse_at = State.PENDING, reverse_at
    change.submitted_at = change.next_attempt_at = now
    change.save(update_fields=["state", "reverse_at", "submitted_at", "next_attempt_at"])


def _end(change: Change, state: State, why: str, **fields: Any) -> None:
    open_ = Change.objects.requests().filter(pk=change.pk)
    ended = open_.update(state=state, settled_at=database_now(), waiting_reason=why, **fields)
    change.refresh_from_db()
    if not ended:
        raise NotWaiting(change.get_state_display())


def _check_reversal(change: Change, reverse_at: datetime | None, now: datetime) -> None:
    if reverse_at is None:
        return
    if change.kind != Change.Kind.UPDATE:
        raise Invalid([Problem("reverse_at", "is only for changes of a trunk that is there")])
    if reverse_at <= now:
        raise Invalid([Problem("reverse_at", "must lie ahead")])


def _word(text: str, unit: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_REASON:
        raise Invalid([Problem(unit, f"is too long (maximum is {LONGEST_REASON} characters)")])
    return text


def _denied(word: str) -> dict[str, Any]:
    return {"title": "Refused by staff", "detail": word, "code": "request_denied", "status": "403"}
