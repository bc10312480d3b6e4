from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.models import Trunk
from trunks.models.clock import database_now
from trunks.services.errors import Denied, Invalid
from trunks.services.history import compare, plan_restoration, restore
from trunks.templatetags._words import exact_instant
from trunks.web import asked
from trunks.web.diff_lines import unit_label
from trunks.web.listing import clear_url
from trunks.web.staff import history_filters
from trunks.web.staff.history_compare import comparison_of
from trunks.web.staff.history_entries import NOW, entries_of, history_page

NOT_A_TIME = "These are not two moments: choose one of each, or type two times."


@access.staff_required("view_change")
@require_safe
def trunk_history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything that happened to a trunk; two of its moments can be chosen and compared."""
    trunk = access.trunk_for(request.user, pk)
    page = history_page(request, trunk)
    context = {
        "trunk": trunk,
        "page": page,
        "entries": entries_of(page, trunk, is_whole=not history_filters.is_set(request)),
        "filters": history_filters.pills(request, trunk),
        "clear_url": clear_url(request, history_filters.PARAMS),
    }
    return render(request, "staff/history/list.html", context)


@access.staff_required("view_change")
@require_safe
def trunk_compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two moments of a trunk: what differs, and the way back to either."""
    trunk = access.trunk_for(request.user, pk)
    one, other = _moment(request, "one"), _moment(request, "other")
    if one is None or other is None:
        messages.error(request, NOT_A_TIME)
        return redirect("staff:trunk-history", trunk.pk)
    until_now = NOW in (request.GET.get("one"), request.GET.get("other", NOW))
    context = comparison_of(trunk, compare(trunk, one, other), request.user, until_now=until_now)
    return render(request, "staff/history/compare.html", {"trunk": trunk, **context})


def _moment(request: HttpRequest, name: str) -> datetime | None:
    """Now, where the URL says so or nothing; no later moment is known."""
    now = database_now()
    if request.GET.get(name, NOW) == NOW:
        return now
    at = asked.instant(request, name)
    return min(at, now) if at else None


@access.staff_required("change_trunk")
@require_POST
def trunk_restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Plans the way back to a moment; nothing is sent before it was reviewed."""
    trunk = access.trunk_for(request.user, pk)
    at = asked.as_instant(request.POST.get("at", ""))
    if at is None:
        messages.error(request, NOT_A_TIME)
        return redirect("staff:trunk-history", trunk.pk)
    actor, reason = access.actor_of(request.user), f"Back to how it was on {exact_instant(at)}"
    try:
        change = restore(trunk, at, actor=actor, reason=reason)
    except Invalid as error:
        messages.info(request, _why_not(trunk, at, error))
        return redirect("staff:trunk-history", trunk.pk)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    return redirect("staff:change-review", change.pk)


def _why_not(trunk: Trunk, at: datetime, error: Invalid) -> str:
    losses = plan_restoration(trunk, at).losses
    if not losses:
        return " ".join(f"{trunk} {problem.message}." for problem in error.problems)
    said = " ".join(f"{unit_label(loss.unit)}: {loss.why}" for loss in losses)
    return f"Nothing of that moment can be restored. {said}"
