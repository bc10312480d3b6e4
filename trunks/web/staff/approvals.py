"""What members ask for beyond their guard rails: the queue, and one request decided."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from trunks import access
from trunks.domain.problems import Invalid
from trunks.models import Change
from trunks.services.delivering import deliver
from trunks.services.errors import NotWaiting
from trunks.services.requesting import approve, deny
from trunks.web import asked
from trunks.web.diff_lines import rows_of, trunk_name
from trunks.web.forms.approvals import DecisionForm
from trunks.web.forms.complaints import complain
from trunks.web.listing import clear_url, page_of, pill, respond
from trunks.web.risk_words import risks_in_words
from trunks.web.staff.approval_rows import breach_rows, customer_url, request_rows
from trunks.web.words import counted

APPROVE, REFUSE = "approve", "refuse"
UNSAID = "Say whether it is approved or refused."
PARAMS = ("customer",)


@access.staff_required("view_change")
@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision; what ends soonest comes first."""
    found = access.changes_for(request.user).requests()
    customers = found.order_by("customer_label").values_list("customer_id", "customer_label")
    if customer := asked.text(request, "customer"):
        found = found.filter(customer_id=customer)
    rows = found.select_related("trunk").order_by("expires_at", "created_at")
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": request_rows(page, access.actor_of(request.user)),
        "filters": [pill(request.GET, "customer", "Customer", customers.distinct())],
        "clear_url": clear_url(request, PARAMS),
        "announce": counted(page.paginator.count, "request"),
    }
    return respond(request, "staff/approvals/list.html", context)


@access.staff_required("approve_change")
@require_http_methods(["GET", "HEAD", "POST"])
def approval_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approved with a word or without, refused with one. Who may not decide reads the change."""
    change = access.change_for(request.user, pk)
    if change.state != Change.State.AWAITING_APPROVAL:
        return _too_late(request, change)
    has_end = change.kind == Change.Kind.UPDATE
    form = DecisionForm(request.POST if request.method == "POST" else None, has_end=has_end)
    verdict = request.POST.get("verdict")
    if form.is_valid() and verdict not in (APPROVE, REFUSE):
        form.add_error(None, UNSAID)
    if form.is_valid():
        try:
            return _decided(request, change, form)
        except Invalid as error:
            complain(form, error)
        except NotWaiting:
            change.refresh_from_db()
            return _too_late(request, change)
    return _page(request, change, form)


def _decided(request: HttpRequest, change: Change, form: DecisionForm) -> HttpResponse:
    actor, word = access.actor_of(request.user), form.cleaned_data["word"]
    if request.POST["verdict"] == REFUSE:
        deny(change, actor=actor, word=word)
        messages.success(request, "Refused. They are told why.")
        return redirect("staff:approval-list")
    until = form.cleaned_data.get("reverse_at")
    approve(change, actor=actor, word=word, reverse_at=until)
    sent = deliver(change)
    said = "Approved and applied upstream." if sent.state == Change.State.APPLIED else "Approved."
    messages.success(request, said)
    return redirect("staff:change-detail", change.pk)


def _too_late(request: HttpRequest, change: Change) -> HttpResponse:
    state = change.get_state_display().lower()
    messages.info(request, f"This does not wait for a decision: {state}.")
    return redirect("staff:change-detail", change.pk)


def _page(request: HttpRequest, change: Change, form: DecisionForm) -> HttpResponse:
    context = {
        "change": change,
        "form": form,
        "trunk": trunk_name(change),
        "rows": rows_of(change),
        "breaches": breach_rows(change),
        "risks": risks_in_words(change.risks),
        "customer_url": customer_url(change),
        "crumbs": [{"label": "Requests", "url": reverse("staff:approval-list")}],
    }
    return render(request, "staff/approvals/decide.html", context)
