"""Acts on one drift: put it back after a review, or leave its fields to upstream from now on."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trunks import access
from trunks.models import Change, IgnoredField
from trunks.services.deciding import AlreadyDecided, decision_on, plan_revert
from trunks.services.errors import Denied, Invalid
from trunks.services.ignoring import ignorable, ignore, stop_ignoring
from trunks.web.decision_words import told
from trunks.web.diff_lines import rows_of, trunk_name, unit_label
from trunks.web.forms.acts import Reason
from trunks.web.listing import page_of
from trunks.web.staff.conflicts import refused
from trunks.web.staff.inbox import tabs
from trunks.web.words import and_more


@access.staff_required("decide_change")
@require_POST
def change_revert(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Plans the way back; nothing is sent before it is reviewed."""
    change = access.change_for(request.user, pk)
    try:
        plan = plan_revert(change, actor=access.actor_of(request.user))
    except Invalid as error:
        said = " ".join(problem_in_words(problem) for problem in error.problems)
        messages.error(request, f"{said} Put it back by editing the trunk, or acknowledge it.")
        return redirect(f"{reverse('staff:inbox')}?trunk={change.trunk_id}")
    except (AlreadyDecided, Denied) as error:
        return refused(request, change, error)
    return redirect("staff:change-review", plan.pk)


def problem_in_words(problem: object) -> str:
    unit, message = getattr(problem, "unit", ""), getattr(problem, "message", "")
    return f"{unit_label(unit)} {message}." if unit else f"It {message}."


class IgnoreForm(forms.Form):
    units = forms.MultipleChoiceField(
        label="Leave to upstream",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one field."},
    )
    reason = Reason(required=False)

    def __init__(self, *args: object, change: Change, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        units = ignorable(change)
        self.fields["units"].choices = [(u, unit_label(u)) for u in units]  # type: ignore[attr-defined]
        self.fields["units"].initial = units if len(units) == 1 else []


@access.staff_required("decide_change")
@require_http_methods(["GET", "POST"])
def change_ignore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which fields of the drift may move from now on without anybody being asked."""
    change = access.change_for(request.user, pk)
    if not _asks(request, change):
        return redirect("staff:change-detail", change.pk)
    form = IgnoreForm(request.POST if request.method == "POST" else None, change=change)
    if form.is_valid():
        return _ignore(request, change, form.cleaned_data)
    context = {"change": change, "name": trunk_name(change), "form": form, "rows": rows_of(change)}
    return render(request, "staff/inbox/ignore.html", context)


def _asks(request: HttpRequest, change: Change) -> bool:
    """Whether it is a drift that still asks; a word where it is not."""
    decision = decision_on(change)
    if decision:
        messages.info(request, told(decision))
    elif not change.is_drift or not ignorable(change):
        messages.info(request, "There is no field of it that could be left to upstream.")
    else:
        return True
    return False


def _ignore(request: HttpRequest, change: Change, data: dict[str, object]) -> HttpResponse:
    units, actor = list(data["units"]), access.actor_of(request.user)  # type: ignore[call-overload]
    try:
        ignore(change, units, actor=actor, reason=str(data["reason"]))
    except AlreadyDecided as error:
        return refused(request, change, error)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    fields = and_more([unit_label(unit) for unit in units])
    messages.success(
        request, f"{fields} of “{trunk_name(change)}” is left to upstream from now on."
    )
    return redirect("staff:inbox")


# --- What is ignored ------------------------------------------------------------------------------


@access.staff_required("view_change")
@require_safe
def inbox_ignored(request: HttpRequest) -> HttpResponse:
    """Every field that may move without being reported, since when, and by whose word."""
    fields = IgnoredField.objects.filter(trunk__in=access.trunks_for(request.user))
    fields = fields.select_related("trunk", "trunk__customer", "decision")
    page = page_of(request, fields.order_by("trunk__name", "trunk", "unit"))
    rows = [{"field": field, "label": unit_label(field.unit)} for field in page]
    context = {"page": page, "rows": rows, "tabs": tabs(request, "inbox-ignored")}
    return render(request, "staff/inbox/ignored.html", context)


@access.staff_required("decide_change")
@require_POST
def field_watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Be asked again from now on."""
    fields = IgnoredField.objects.filter(trunk__in=access.trunks_for(request.user))
    field = get_object_or_404(fields.select_related("trunk"), pk=pk)
    stop_ignoring(field, actor=access.actor_of(request.user))
    messages.success(request, f"{unit_label(field.unit)} of “{field.trunk}” is reported again.")
    return redirect("staff:inbox-ignored")
