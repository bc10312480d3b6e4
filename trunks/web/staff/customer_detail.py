from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Change, Customer
from trunks.models.clock import database_now
from trunks.services.rails import rails_of
from trunks.templatetags._words import amount_in_words
from trunks.web.forms.customers import InviteForm
from trunks.web.rail_words import rails_in_words
from trunks.web.staff.approval_rows import request_rows
from trunks.web.staff.customer_rows import counted_customers, rails_label
from trunks.web.staff.rows import trunk_rows
from trunks.web.words import counted

TRUNKS_SHOWN = 10
DECIDED_SHOWN = 5
PAGE = "staff/customers/detail.html"


@access.staff_required("view_customer")
@require_safe
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return customer_page(request, access.customer_for(request.user, pk))


def customer_page(
    request: HttpRequest, customer: Customer, form: InviteForm | None = None
) -> HttpResponse:
    """Its members, trunks, guard rails, requests and spend; `form`: an invitation gone wrong."""
    whole = counted_customers(access.customers_for(request.user)).get(pk=customer.pk)
    context = {
        "customer": customer,
        "tiles": _tiles(whole),
        "form": form or InviteForm(),
        "members": access.members_for(request.user)
        .filter(customer=customer)
        .select_related("user")
        .order_by("user__email"),
        "invitations": access.invitations_for(request.user)
        .filter(customer=customer)
        .open(database_now()),
        "rails": rails_in_words(rails_of(customer)),
        "rails_label": rails_label(customer),
        **_trunks(request, customer),
        **_requests(request, customer),
    }
    return render(request, PAGE, context)


def _tiles(customer: Any) -> list[dict[str, Any]]:
    waiting = customer.request_count
    return [
        {"label": "Members", "value": f"{customer.member_count:,}", "url": "#members"},
        {"label": "Trunks", "value": f"{customer.trunk_count:,}", "url": "#trunks"},
        {
            "label": "Requests waiting",
            "value": f"{waiting:,}",
            "url": "#requests",
            "tone": "attention" if waiting else "",
        },
        {"label": "Spent, 24 h", "value": f"{amount_in_words(customer.spent)} USD"},
    ]


def _trunks(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Those that spend most come first."""
    trunks = access.trunks_for(request.user).present().filter(customer=customer)
    count = trunks.count()
    dearest = trunks.select_related("account", "customer").order_by("-spent_value", "name", "pk")
    more = count - TRUNKS_SHOWN
    return {
        "trunks": trunk_rows(dearest[:TRUNKS_SHOWN]),
        "more_trunks": counted(more, "more trunk") if more > 0 else "",
        "did_count": access.dids_for(request.user).filter(customer=customer).count(),
    }


def _requests(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What waits for staff, and what was lately decided."""
    actor = access.actor_of(request.user)
    theirs = access.changes_for(request.user).filter(customer_id=str(customer.pk))
    theirs = theirs.select_related("trunk")
    decided = theirs.filter(decisions__kind__in=("approved", "denied")).distinct()
    states = Change.State.AWAITING_APPROVAL
    return {
        "waiting": request_rows(theirs.filter(state=states).order_by("expires_at"), actor),
        "decided": request_rows(decided.recent_first()[:DECIDED_SHOWN], actor),
    }
