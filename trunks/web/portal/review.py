"""A plan looked at before it is sent; what goes beyond the guard rails is requested from here."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.models import Change
from trunks.services import requesting
from trunks.services.errors import Denied, Invalid, NotPlanned
from trunks.web.diff_lines import rows_of, trunk_name, unit_label
from trunks.web.error_words import is_act
from trunks.web.forms.acts import Reason, ReviewForm
from trunks.web.portal.outcomes import form_url, send
from trunks.web.portal.trunk_edit import crumbs_of
from trunks.web.risk_words import risks_in_words
from trunks.web.words import counted, sentence


class RequestForm(forms.Form):
    """Why, and perhaps until when. `may_end`: it can be put back when its time is over."""

    reason = Reason(error_messages={"required": "Say why: staff decide by it."})
    until = forms.DateField(
        label="Only until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: for good. Else it is put back by itself at the end of that day.",
        error_messages={"invalid": "Must be a day, like 2027-05-31."},
    )

    def __init__(self, *args: Any, may_end: bool, **options: Any):
        super().__init__(*args, **options)
        self.fields["reason"].help_text = "Staff read it when they decide."
        if not may_end:
            del self.fields["until"]

    @property
    def ends_at(self) -> datetime | None:
        day = self.cleaned_data.get("until")
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None


@access.member_required("operator")
@require_http_methods(["GET", "POST"])
def change_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    change = access.change_for(request.user, pk)
    if change.state != Change.State.PLANNED:
        return _too_late(request, change)
    form = _form(request, change)
    if form.is_valid():
        try:
            return _go_on(request, change, form)
        except NotPlanned:
            change.refresh_from_db()
            return _too_late(request, change)
        except Invalid as error:
            for problem in error.problems:
                field = "until" if problem.unit == "reverse_at" else None
                form.add_error(field if field in form.fields else None, problem.sentence)
        except Denied as error:
            raise PermissionDenied(str(error)) from error
    return render(request, "portal/changes/review.html", _context(change, form))


def _form(request: HttpRequest, change: Change) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if change.needs_approval:
        may_end = change.kind == Change.Kind.UPDATE
        return RequestForm(data, may_end=may_end, initial={"reason": change.reason})
    return ReviewForm(data, initial={"reason": change.reason})


def _go_on(request: HttpRequest, change: Change, form: forms.Form) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    if not isinstance(form, RequestForm):
        return send(request, change, reason)
    actor = access.actor_of(request.user)
    requesting.request(change, actor=actor, reason=reason, reverse_at=form.ends_at)
    messages.success(request, "Requested. Staff decide within 7 days; you can follow it here.")
    return redirect("portal:change-detail", change.pk)


def _too_late(request: HttpRequest, change: Change) -> HttpResponse:
    messages.info(request, "This is no longer a plan. Nothing was sent twice.")
    return redirect("portal:change-detail", change.pk)


def _context(change: Change, form: forms.Form) -> dict[str, Any]:
    rows = rows_of(change)
    number = counted(len(rows), "change")
    what = "Create the trunk" if change.kind == Change.Kind.CREATE else f"Apply {number}"
    back_url = form_url(change)
    if is_act(change):
        back_url = reverse("portal:trunk-detail", args=[change.trunk_id])
    asks = change.needs_approval
    return {
        "change": change,
        "form": form,
        "rows": rows,
        "asks": asks,
        "beyond": beyond_rails(change),
        "risks": risks_in_words(change.risks),
        "heading": f"Ask staff for {number}" if asks else f"Review {number}",
        "name": trunk_name(change),
        "button": "Request" if asks else what,
        "back_url": back_url,
        "crumbs": crumbs_of(change.trunk),
    }


def beyond_rails(change: Change) -> list[dict[str, str]]:
    """What of it staff have to approve, and what would be allowed without."""
    return [
        {"label": unit_label(line["unit"]) or "Trunk", "allowed": sentence(line["allowed"])}
        for line in change.breaches
    ]
