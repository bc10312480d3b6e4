from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.models import Change
from trunks.models.change import ChangeQuerySet
from trunks.services.errors import Denied, NotWaiting
from trunks.services.requesting import withdraw
from trunks.services.submitting import take_back
from trunks.templatetags import ui
from trunks.web.diff_lines import summary_parts, trunk_name
from trunks.web.listing import link, live, page_of, respond
from trunks.web.portal.change_detail import detail_of
from trunks.web.portal.state_words import mark_of
from trunks.web.portal.timeline import who_did
from trunks.web.words import counted

TABS: Mapping[str, tuple[str, Callable[[ChangeQuerySet], ChangeQuerySet]]] = {
    "": ("All", lambda rows: rows.exclude(state=Change.State.PLANNED)),
    "requests": ("Waiting for approval", lambda rows: rows.requests()),
    "waiting": ("On their way", lambda rows: rows.unsettled()),
    "failed": ("Not done", lambda rows: rows.filter(state__in=("refused", "conflicted"))),
}


@access.member_required()
@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """What happened to the customer's trunks while it had them, and what it asks for."""
    found = access.changes_for(request.user)
    tabs = _tabs(request, found)
    current = next(tab for tab in tabs if tab["current"])
    page = page_of(request, current["of"].recent_first().select_related("trunk"), current["rows"])
    context = {
        "page": page,
        "rows": [_row(request, change) for change in page],
        "tabs": tabs,
        "is_filtered": bool(request.GET.get("tab")),
        "announce": counted(page.paginator.count, "change"),
    }
    return respond(request, "portal/changes/list.html", context)


def _tabs(request: HttpRequest, found: ChangeQuerySet) -> list[dict[str, Any]]:
    wanted = request.GET.get("tab", "")
    tabs = []
    for name, (label, narrowed) in TABS.items():
        of = narrowed(found)
        count = of.count()
        is_current = name == (wanted if wanted in TABS else "")
        url = link(request.GET, tab=name or None)
        tab = {"label": label, "count": f"{count:,}", "rows": count, "of": of, "url": url}
        tabs.append({**tab, "current": is_current})
    return tabs


def _row(request: HttpRequest, change: Change) -> dict[str, Any]:
    return {
        "url": reverse("portal:change-detail", args=[change.pk]),
        "parts": summary_parts(change),
        "reason": change.reason,
        "trunk": trunk_name(change),
        "state": mark_of(change),
        "who": who_did(change),
        "at": ui.when(change.created_at),
    }


@access.member_required()
@require_safe
def change_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One change whole: what, why, who, when, and what became of it."""
    change = access.change_for(request.user, pk)
    return live(
        request,
        "portal/changes/detail.html",
        detail_of(request.user, change),
        part="change-status",
        unsettled=change.is_unsettled,
    )


@access.member_required("operator")
@require_POST
def change_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _end(request, access.change_for(request.user, pk), withdraw, "Withdrawn.")


@access.member_required("operator")
@require_POST
def change_take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What waits and was not sent will not be."""
    return _end(request, access.change_for(request.user, pk), take_back, "Taken back.")


def _end(
    request: HttpRequest, change: Change, verb: Callable[..., Change], said: str
) -> HttpResponse:
    try:
        verb(change, actor=access.actor_of(request.user))
    except NotWaiting:
        messages.error(request, "Too late: it was decided or sent meanwhile.")
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    else:
        messages.success(request, f"{said} Nothing was sent.")
    return redirect("portal:change-detail", change.pk)
