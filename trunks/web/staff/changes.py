from collections.abc import Iterable
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
from trunks.services.errors import Denied, NotWaiting
from trunks.services.submitting import take_back
from trunks.templatetags import ui
from trunks.web import asked
from trunks.web.diff_lines import summary_parts, trunk_name
from trunks.web.listing import clear_url, kept, live, page_of, respond
from trunks.web.staff import change_filters
from trunks.web.staff.change_detail import detail_of
from trunks.web.staff.request_rows import requests_of
from trunks.web.words import counted

COLUMNS = (
    "id",
    "kind",
    "state",
    "origin",
    "trunk_id",
    "trunk_label",
    "trunk__name",
    "actor_label",
    "customer_label",
    "reason",
    "diff",
    "did_numbers",
    "credentials_changed",
    "is_drift",
    "created_at",
    "sent_at",
    "held_at",
    "quarantined_at",
)


@access.staff_required("view_change")
@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """Everything that happened or is about to, newest first; filters live in the URL."""
    found = change_filters.found(request)
    tabs = change_filters.tabs(request, found)
    condition = change_filters.state_condition(asked.text(request, "state"))
    rows = found.filter(condition).recent_first().select_related("trunk").only(*COLUMNS)
    page = page_of(request, rows, next((tab["rows"] for tab in tabs if tab["current"]), None))
    context = {
        "page": page,
        "rows": change_rows(page),
        "tabs": tabs,
        "filters": change_filters.pills(request),
        "clear_url": clear_url(request, change_filters.PARAMS),
        "announce": counted(page.paginator.count, "change"),
        "kept": kept(request.GET, "q"),
    }
    return respond(request, "staff/changes/list.html", context)


def change_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    trunks = reverse("staff:trunk-list")
    return [
        {
            "url": reverse("staff:change-detail", args=[change.pk]),
            "parts": summary_parts(change),
            "reason": change.reason,
            "trunk": trunk_name(change),
            "trunk_url": f"{trunks}{change.trunk_id}/" if change.trunk_id else "",
            "state": ui.change_state(change),
            "who": change.actor_label or "Upstream",
            "origin": "" if change.kind == "observed" else change.get_origin_display(),
            "at": ui.when(change.created_at),
        }
        for change in changes
    ]


@access.staff_required("change_trunk")
@require_POST
def change_take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What waits for upstream and was not sent will not be."""
    change = access.change_for(request.user, pk)
    try:
        take_back(change, actor=access.actor_of(request.user))
    except NotWaiting as error:
        messages.error(request, f"Too late to take it back: {error}.")
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    else:
        messages.success(request, "Taken back. Nothing was sent.")
    return redirect("staff:change-detail", pk)


@access.staff_required("view_change")
@require_safe
def change_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One change whole: what, why, who, when, and what became of it."""
    change = access.change_for(request.user, pk)
    context = detail_of(change) | requests_of(change)
    return live(
        request,
        "staff/changes/detail.html",
        context,
        part="change-status",
        unsettled=change.is_unsettled,
    )
