"""What a person is told after a change was sent, and where they go: the form's column of the
outcome table in architecture.md."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from trunks.access import actor_of
from trunks.models import Change
from trunks.services.deciding import AlreadyDecided, submit_decided
from trunks.services.delivering import deliver
from trunks.services.submitting import discard
from trunks.templatetags._words import span_in_words
from trunks.web.decision_words import told
from trunks.web.diff_lines import unit_label
from trunks.web.error_words import is_act, is_gone

NOTHING_SENT = " It was so already: nothing had to be sent."


def send(request: HttpRequest, change: Change, reason: str | None = None) -> HttpResponse:
    """Submit, try once now, and answer. Raises `Denied`, `NotPlanned`."""
    actor = actor_of(request.user)
    try:
        submit_decided(change, actor=actor, reason=reason)
    except AlreadyDecided as error:
        discard(change, actor=actor)
        messages.info(request, told(error.decision))
        return redirect("staff:change-detail", error.decision.change_id)
    return answer(request, deliver(change))


def answer(request: HttpRequest, change: Change) -> HttpResponse:
    say = {
        Change.State.APPLIED: _applied,
        Change.State.REFUSED: _refused,
        Change.State.CONFLICTED: _conflicted,
        Change.State.PENDING: _pending,
        Change.State.DELIVERING: _sent,
    }.get(Change.State(change.state), _otherwise)
    return say(request, change)


def _applied(request: HttpRequest, change: Change) -> HttpResponse:
    at = timezone.localtime(change.settled_at)
    what = "Deleted" if change.kind == Change.Kind.DELETE else "Applied"
    nothing = "" if change.sends or change.kind != Change.Kind.UPDATE else NOTHING_SENT
    messages.success(request, f"{what} upstream {at:%H:%M}.{nothing}")
    if change.credentials_changed:
        messages.info(request, "DIDWW made a new username and password.")
    if more := [unit_label(line["field"]) for line in change.consequences]:
        messages.warning(request, f"Upstream changed more than was asked: {', '.join(more)}.")
    return redirect("staff:trunk-list") if change.kind == Change.Kind.DELETE else _home(change)


def _pending(request: HttpRequest, change: Change) -> HttpResponse:
    words = "Saved. Waiting for upstream"
    if change.next_attempt_at and not change.account.is_paused:
        seconds = max((change.next_attempt_at - timezone.now()).total_seconds(), 1)
        words += f", next try in {span_in_words(seconds)}"
    because = f" ({change.account}: {change.waiting_reason})" if change.waiting_reason else ""
    messages.warning(request, f"{words}.{because}")
    return _home(change)


def _sent(request: HttpRequest, change: Change) -> HttpResponse:
    messages.warning(request, "Sent. Checking what became of it.")
    return _home(change)


def _conflicted(request: HttpRequest, change: Change) -> HttpResponse:
    messages.warning(request, "Someone changed the same setting upstream. Nothing was overwritten.")
    may_decide = actor_of(request.user).may("decide_change")
    return redirect("staff:change-conflict" if may_decide else "staff:change-detail", change.pk)


def _refused(request: HttpRequest, change: Change) -> HttpResponse:
    """Back to the form the change came from; an act without one says upstream's words."""
    if is_gone(change):
        return _gone(request, change)
    if change.kind in (Change.Kind.UPDATE, Change.Kind.CREATE) and not is_act(change):
        return redirect(form_url(change))
    words = "; ".join(str(e.get("detail") or e.get("title")) for e in change.errors)
    messages.error(request, f"Upstream refused: {words}")
    return _home(change)


def _gone(request: HttpRequest, change: Change) -> HttpResponse:
    messages.error(request, f"“{change.trunk_label}” no longer exists upstream.")
    if change.kind != Change.Kind.UPDATE or is_act(change):
        return _home(change)
    return redirect(f"{reverse('staff:trunk-new')}?change={change.pk}")


def _otherwise(request: HttpRequest, change: Change) -> HttpResponse:
    messages.warning(request, f"{change.get_state_display()}. {change.waiting_reason}".strip())
    return redirect("staff:change-detail", change.pk)


def _home(change: Change) -> HttpResponse:
    if change.trunk_id is None:
        return redirect("staff:change-detail", change.pk)
    return redirect("staff:trunk-detail", change.trunk_id)


def form_url(change: Change) -> str:
    """The form a change came from, filled from it."""
    if change.kind == Change.Kind.CREATE:
        return f"{reverse('staff:trunk-new')}?change={change.pk}"
    return f"{reverse('staff:trunk-edit', args=[change.trunk_id])}?change={change.pk}"
