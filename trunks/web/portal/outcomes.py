"""What a member is told after a change was sent, and where they go."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from trunks.access import actor_of
from trunks.models import Change
from trunks.services.delivering import deliver
from trunks.services.submitting import submit
from trunks.templatetags._words import span_in_words
from trunks.web.diff_lines import unit_label
from trunks.web.error_words import is_act, is_gone
from trunks.web.portal.state_words import told

NOTHING_SENT = " It was so already."


def send(request: HttpRequest, change: Change, reason: str | None = None) -> HttpResponse:
    """Submit, try once now, and answer. Raises `Denied`, `NotPlanned`, `NeedsApproval`."""
    return answer(request, deliver(submit(change, actor=actor_of(request.user), reason=reason)))


def answer(request: HttpRequest, change: Change) -> HttpResponse:
    say = {
        Change.State.APPLIED: _applied,
        Change.State.REFUSED: _refused,
        Change.State.PENDING: _pending,
    }.get(Change.State(change.state), _otherwise)
    return say(request, change)


def _applied(request: HttpRequest, change: Change) -> HttpResponse:
    at = timezone.localtime(change.settled_at)
    nothing = "" if change.sends or change.kind != Change.Kind.UPDATE else NOTHING_SENT
    messages.success(request, f"Done at {at:%H:%M}.{nothing}")
    if more := [unit_label(line["field"]) for line in change.consequences]:
        messages.warning(request, f"This moved more than was asked for: {', '.join(more)}.")
    return home_of(change)


def _pending(request: HttpRequest, change: Change) -> HttpResponse:
    words = "Saved. Waiting to be sent"
    if change.next_attempt_at and not change.account.is_paused:
        seconds = max((change.next_attempt_at - timezone.now()).total_seconds(), 1)
        words += f", next try in {span_in_words(seconds)}"
    messages.warning(request, f"{words}.")
    return home_of(change)


def _refused(request: HttpRequest, change: Change) -> HttpResponse:
    """Back to the form the change came from, where each complaint stands beside its field."""
    from_form = change.kind in (Change.Kind.UPDATE, Change.Kind.CREATE) and not is_act(change)
    if from_form and not is_gone(change):
        return redirect(form_url(change))
    return _otherwise(request, change)


def _otherwise(request: HttpRequest, change: Change) -> HttpResponse:
    title, text = told(change)
    messages.warning(request, f"{title} {text}".strip())
    return redirect("portal:change-detail", change.pk)


def home_of(change: Change) -> HttpResponse:
    if change.trunk_id is None:
        return redirect("portal:change-detail", change.pk)
    return redirect("portal:trunk-detail", change.trunk_id)


def form_url(change: Change) -> str:
    """The form a change came from, filled from it."""
    if change.kind == Change.Kind.CREATE:
        return f"{reverse('portal:trunk-new')}?change={change.pk}"
    return f"{reverse('portal:trunk-edit', args=[change.trunk_id])}?change={change.pk}"
