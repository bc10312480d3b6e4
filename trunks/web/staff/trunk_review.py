"""Review before a risky change is sent: what changes, what it could cost, and why."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.units import LINKAGES, difference
from trunks.models import Change, Did
from trunks.services.errors import Denied, NotPlanned
from trunks.web.countries import number_in_words
from trunks.web.diff_lines import elements, row_of, rows_of
from trunks.web.forms.acts import ReviewForm
from trunks.web.risk_words import risks_in_words
from trunks.web.staff.outcomes import form_url, is_act, send
from trunks.web.words import counted

KEPT_AT_MOST = 8


@access.staff_required("change_trunk")
@require_http_methods(["GET", "POST"])
def change_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = access.change_for(request.user, pk)
    if change.state != Change.State.PLANNED:
        return _too_late(request, change)
    if change.batch_id:
        messages.info(request, "It is a row of this plan: it is applied with it.")
        return redirect("staff:batch-detail", change.batch_id)
    initial = {"reason": change.reason}
    form = ReviewForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        return _apply(request, change, form.cleaned_data["reason"])
    return render(request, "staff/trunks/review.html", review_context(change, form))


def _apply(request: HttpRequest, change: Change, reason: str) -> HttpResponse:
    try:
        return send(request, change, reason)
    except NotPlanned:
        change.refresh_from_db()
        return _too_late(request, change)
    except Denied as error:
        raise PermissionDenied(str(error)) from error


def _too_late(request: HttpRequest, change: Change) -> HttpResponse:
    state = change.get_state_display().lower()
    messages.info(request, f"This change is no longer a plan: {state}. Nothing was sent twice.")
    return redirect("staff:change-detail", change.pk)


def review_context(change: Change, form: ReviewForm) -> dict[str, Any]:
    rows = [_row(change, line) for line in change.diff]
    creates = change.kind == Change.Kind.CREATE
    decides = decided_by(change)
    return {
        "change": change,
        "form": form,
        "rows": rows,
        "risks": risks_in_words(change.risks),
        "moved": _moved(change),
        "heading": f"Review {'new trunk' if creates else counted(len(rows), 'change')}",
        "button": "Apply: create the trunk" if creates else f"Apply {counted(len(rows), 'change')}",
        "back_url": _back_url(change, decides),
        "back_label": _back_label(change, decides),
        "purpose": _purpose(change, decides),
        "crumbs": _crumbs(change),
    }


def _back_url(change: Change, decides: Change | None) -> str:
    if decides is not None:
        return decision_url(decides)
    if is_act(change):
        return reverse("staff:trunk-detail", args=[change.trunk_id])
    return form_url(change)


def _purpose(change: Change, decides: Change | None) -> str:
    """What the plan is for, where somebody did not simply ask for it."""
    if decides is None:
        return ""
    if decides.state == Change.State.CONFLICTED:
        return "Decides the conflict, on the settings that upstream was shown to have."
    if change.kind == Change.Kind.CREATE:
        return "Takes the place of the trunk that is gone upstream, with its last settings."
    return "Puts back what was moved upstream, not from here."


def _back_label(change: Change, decides: Change | None) -> str:
    if decides is not None:
        return "Back to the conflict" if decides.state == Change.State.CONFLICTED else "Back"
    return "Back to the trunk" if is_act(change) else "Back to editing"


def decided_by(plan: Change) -> Change | None:
    """The conflict or the drift that the plan is to decide, if any."""
    decision = plan.decides.select_related("change").first()  # what came along is later
    return decision.change if decision else None


def decision_url(change: Change) -> str:
    """Where a conflict or a drift is decided."""
    if change.state == Change.State.CONFLICTED:
        return reverse("staff:change-conflict", args=[change.pk])
    return f"{reverse('staff:inbox')}?trunk={change.trunk_id}"


def _row(change: Change, line: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the diff; of a list, what stays is shown too, or counted when it is long."""
    row = row_of(change, line)
    if line["field"] == "dst_prefixes":
        row["label"] = LISTED_MEANS.get(_rule_after(change) or "", row["label"])
    base = change.base.get(line["field"])
    if "removed" in line and isinstance(base, list):
        kept = [value for value in base if value not in line["removed"]]
        if len(kept) <= KEPT_AT_MOST:
            row["kept"] = _kept(change, line["field"], kept)
        else:
            row["note"] = f"{counted(len(kept), 'other stays', 'others stay')} as before"
    return row


LISTED_MEANS = {"allow_all": "Destinations refused", "reject_all": "Destinations allowed"}


def _rule_after(change: Change) -> str | None:
    """What happens to destinations not listed, once the change is applied."""
    planned = (line.get("new") for line in change.diff if line["field"] == "default_dst_action")
    held = change.trunk.default_dst_action if change.trunk else None
    return next(planned, held)


def _kept(change: Change, unit: str, values: list[str]) -> list[str]:
    if unit not in LINKAGES:
        return elements(change, unit, values)
    dids = Did.objects.filter(pk__in=values).order_by("number")
    return [number_in_words(did.number) for did in dids]


def _moved(change: Change) -> list[dict[str, Any]]:
    """What upstream moved, among the settings of the plan, since its author looked."""
    if change.trunk is None:
        return []
    held = {unit: value for unit, value in change.trunk.units().items() if unit in change.base}
    lines = [
        {"field": unit, "old": old, "new": new}
        for unit, (old, new) in difference(change.base, held).items()
    ]
    return rows_of(change, lines)


def _crumbs(change: Change) -> list[dict[str, str]]:
    crumbs = [{"label": "Trunks", "url": reverse("staff:trunk-list")}]
    if change.trunk:
        url = reverse("staff:trunk-detail", args=[change.trunk_id])
        crumbs.append({"label": str(change.trunk), "url": url})
    return crumbs
