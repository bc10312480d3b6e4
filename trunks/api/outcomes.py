"""A write on its way: planned, submitted, carried out, and what came of it as an answer."""

from collections.abc import Callable
from math import ceil

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from trunks.api import errors
from trunks.api.documents import answer, one
from trunks.api.errors import ErrorObject, Refusal, error, passed_on
from trunks.api.idempotency import marks
from trunks.api.problems import pointer_of
from trunks.api.renderers import resource_of
from trunks.api.serializers import ChangeSerializer
from trunks.domain.actor import Actor
from trunks.models import Change
from trunks.services.delivering import Outcome, carry_out, wait_for
from trunks.services.submitting import submit
from trunks.services.waking import wake


def prefers_async(request: Request) -> bool:
    preferences = request.headers.get("Prefer", "").split(",")
    return any(p.partition(";")[0].strip().lower() == "respond-async" for p in preferences)


def change_url(base: str, change: Change) -> str:
    return f"{base}/changes/{change.pk}"


def settle(
    change: Change,
    request: Request,
    *,
    actor: Actor,
    base: str,
    applied: Callable[[Change], Response],
) -> Response:
    """Submit a planned change; answer by what became of it, or with it when that is preferred."""
    waits = not prefers_async(request)
    change = submit(change, actor=actor, supersedes=not waits, **marks(request))
    if not waits:
        wake(change.account_id)
        return _accepted(change, request, base)
    outcome = carry_out(change, seconds=settings.API_WRITE_SECONDS)
    return _answer(outcome, change, base, applied)


def answer_again(
    change: Change, request: Request, *, base: str, applied: Callable[[Change], Response]
) -> Response:
    """The answer to a request that is repeated, from the present state of what it made."""
    if prefers_async(request) and not change.is_settled:
        return _accepted(change, request, base)
    outcome = wait_for(change, seconds=settings.API_WRITE_SECONDS)
    return _answer(outcome, change, base, applied)


def _accepted(change: Change, request: Request, base: str) -> Response:
    shown = ChangeSerializer(change, context={"request": request})
    headers = {"Location": change_url(base, change), "Preference_Applied": "respond-async"}
    return answer(one(resource_of(shown)), 202, **headers)


def _answer(
    outcome: Outcome, change: Change, base: str, applied: Callable[[Change], Response]
) -> Response:
    if outcome is Outcome.APPLIED:
        return applied(change)
    raise _refusal(outcome, change, base)


def _refusal(outcome: Outcome, change: Change, base: str) -> Refusal:
    match outcome:
        case Outcome.REFUSED:
            return _refused(change)
        case Outcome.CONFLICTED:
            return Refusal(409, _conflicts(change, base))
        case Outcome.UNKNOWN:
            return _unknown(change_url(base, change))
        case Outcome.IN_PROGRESS:
            return errors.in_progress()
    return _unavailable(change)


def _refused(change: Change) -> Refusal:
    """Upstream's status and errors; a member it left out (its 429 has no title) is filled in."""
    found = [passed_on(given) for given in change.errors]
    if not found:
        found = [error(422, "100", "was refused", "Upstream refused this and did not say why.")]
    if found[0]["status"] == "404":
        return errors.not_found(change.trunk_id)
    return Refusal(int(found[0]["status"]), found)


def _conflicts(change: Change, base: str) -> list[ErrorObject]:
    """One error a field: what this change was based on, what it wanted, what upstream has."""
    url = change_url(base, change)
    return [
        error(
            409,
            "conflict",
            "was changed upstream meanwhile",
            f"{conflict['field']} - was changed upstream meanwhile; nothing was sent",
            pointer=pointer_of(conflict["field"]),
            meta={"change": url, **{n: v for n, v in conflict.items() if n != "field"}},
        )
        for conflict in change.conflicts
    ] or [
        error(
            409,
            "conflict",
            "Conflict",
            "The trunk was changed upstream meanwhile; nothing was sent.",
            meta={"change": url},
        )
    ]


def _unknown(url: str) -> Refusal:
    found = errors.refusal(
        504,
        "upstream_outcome_unknown",
        "Outcome unknown",
        "The change was sent and upstream did not answer; meta.change tells what became of it.",
        meta={"change": url},
    )
    found.headers["Location"] = url
    return found


def _unavailable(change: Change) -> Refusal:
    why = change.waiting_reason or "upstream could not be reached"
    found = errors.refusal(
        503,
        "upstream_unavailable",
        "Upstream unavailable",
        f"Nothing was sent and nothing is left behind: {why}.",
    )
    found.headers["Retry-After"] = str(max(1, ceil(settings.DELIVERY_RETRY_SECONDS)))
    return found
