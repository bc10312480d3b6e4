"""A conflict decided: what was seen, what was asked for and what upstream has, side by side."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.domain.units import Units
from trunks.models import Change
from trunks.services.conflicts import Standing, look_at
from trunks.services.deciding import (
    AlreadyDecided,
    decision_on,
    leave_conflict,
    resolve_conflict,
)
from trunks.services.errors import Denied, Invalid, NotWaiting
from trunks.services.rights import rights_of
from trunks.web.decision_words import told
from trunks.web.diff_lines import trunk_name
from trunks.web.forms.resolving import ConflictForm
from trunks.web.forms.seen import Unsigned, open_seen, sign_seen
from trunks.web.staff.conflict_screen import author, cards_of, moved_since, numbers_in, rest_of
from trunks.web.staff.outcomes import send

STALE = (
    "This page was open for too long, or altered on its way, so nothing was decided. Below is what"
    " upstream has now: look it over, then decide."
)


@access.staff_required("view_change")
@require_http_methods(["GET", "POST"])
def change_conflict(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep mine, take theirs, or edit, setting by setting; what is risky is reviewed next.

    Who may not decide reads on the change's own page.
    """
    change = access.change_for(request.user, pk)
    if answer := _closed(request, change):
        return answer
    if change.kind != Change.Kind.UPDATE or (change.trunk and change.trunk.is_gone):
        return render(request, "staff/conflicts/again.html", _again(request, change))
    if request.method != "POST":
        return _page(request, look_at(change))
    try:
        seen = open_seen(request.POST.get("seen", ""), trunk_id=change.pk, user_id=request.user.pk)
    except Unsigned:
        return _page(request, look_at(change), notice=STALE)
    return _decide(request, look_at(change, seen))


def _closed(request: HttpRequest, change: Change) -> HttpResponse | None:
    """Where to go instead when there is nothing to decide, or not for this person."""
    if not access.actor_of(request.user).may("decide_change"):
        if request.method == "POST":
            raise PermissionDenied
    elif change.state != Change.State.CONFLICTED:
        messages.info(request, "This change is in no conflict.")
    elif decision := decision_on(change):
        messages.info(request, told(decision))
    else:
        return None
    return redirect("staff:change-detail", change.pk)


def _decide(request: HttpRequest, standing: Standing) -> HttpResponse:
    form = _form(request, standing)
    if not form.is_valid():
        return _page(request, standing, form)
    try:
        plan = resolve_conflict(
            standing.change,
            form.answers,
            seen=standing.theirs,
            actor=access.actor_of(request.user),
            rest=form.cleaned_data["rest"],
            reason=form.cleaned_data["reason"],
        )
    except Invalid as error:
        form.complain(error.problems)
        return _page(request, standing, form)
    except (AlreadyDecided, NotWaiting, Denied) as error:
        return refused(request, standing.change, error)
    return _carry_out(request, standing.change, plan)


def _carry_out(request: HttpRequest, change: Change, plan: Change | None) -> HttpResponse:
    if plan is None:
        messages.success(request, "Decided: upstream stays as it is.")
        return redirect("staff:trunk-detail", change.trunk_id)
    return redirect("staff:change-review", plan.pk) if plan.risks else send(request, plan)


def refused(request: HttpRequest, change: Change, error: Exception) -> HttpResponse:
    """Why a decision was not taken, told where the change is."""
    if isinstance(error, Denied):
        raise PermissionDenied(str(error)) from error
    said = told(error.decision) if isinstance(error, AlreadyDecided) else f"Too late: {error}."
    messages.info(request, said)
    return redirect("staff:change-detail", change.pk)


@access.staff_required("decide_change")
@require_POST
def change_leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Nothing is sent: upstream stays as it is."""
    change = access.change_for(request.user, pk)
    try:
        leave_conflict(change, actor=access.actor_of(request.user))
    except (AlreadyDecided, NotWaiting, Denied) as error:
        return refused(request, change, error)
    messages.success(request, f"Left. “{trunk_name(change)}” stays as upstream has it.")
    return redirect("staff:inbox")


def _form(request: HttpRequest, standing: Standing) -> ConflictForm:
    data = request.POST if request.method == "POST" else None
    return ConflictForm(data, standing=standing, numbers=numbers_in(standing))


def _page(
    request: HttpRequest, standing: Standing, form: ConflictForm | None = None, notice: str = ""
) -> HttpResponse:
    change = standing.change
    change.did_numbers = numbers_in(standing)
    if form is None:
        form = ConflictForm(None, standing=standing, numbers=change.did_numbers)
    context = {
        **_common(change),
        "form": form,
        "cards": cards_of(request, standing, form),
        "rest": rest_of(standing),
        "seen": _signed(request, change, standing.theirs),
        "notice": notice,
        "author": author(request, change),
    }
    return render(request, "staff/conflicts/decide.html", context)


def _signed(request: HttpRequest, change: Change, theirs: Units) -> str:
    """What the page shows as theirs, good for this conflict and this person."""
    return sign_seen(theirs, trunk_id=change.pk, user_id=request.user.pk)


def _again(request: HttpRequest, change: Change) -> dict[str, Any]:
    again_url = _again_url(change)
    if not rights_of(change) <= access.actor_of(request.user).rights:
        again_url = ""
    return {**_common(change), "moved": moved_since(change), "again_url": again_url}


def _again_url(change: Change) -> str:
    """The review that the first try went through, on the present settings."""
    act = "delete" if change.kind == Change.Kind.DELETE else "regenerate"
    return f"{reverse(f'staff:trunk-{act}', args=[change.trunk_id])}?conflict={change.pk}"


def _common(change: Change) -> dict[str, Any]:
    return {"change": change, "trunk": change.trunk, "name": trunk_name(change)}
