from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Trunk
from trunks.templatetags._words import amount_in_words
from trunks.web.listing import is_fragment, vary
from trunks.web.staff.account_rows import account_rows
from trunks.web.staff.needs import needs
from trunks.web.staff.timeline import entry_of

LATEST = 6


@access.staff_required()
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """How things stand, what needs a person, and what happened last."""
    accounts = account_rows(access.accounts_for(request.user).order_by("name"))
    context = {"accounts": accounts, "is_pulling": any(row["pull"] for row in accounts)}
    if is_fragment(request):
        return vary(render(request, "staff/overview.html#accounts", context))
    changes = access.changes_for(request.user).exclude(state="planned")
    changes = changes.select_related("trunk").recent_first()
    latest = [entry_of(change, with_rows=False, of_trunk=True) for change in changes[:LATEST]]
    context |= {"tiles": tiles(request), "needs": needs(request), "latest": latest}
    return vary(render(request, "staff/overview.html", context))


def tiles(request: HttpRequest) -> list[dict[str, Any]]:
    trunks = reverse("staff:trunk-list")
    sums = (
        access.trunks_for(request.user)
        .present()
        .order_by()
        .aggregate(
            all=Count("pk"),
            active=Count("pk", filter=Q(status="active")),
            spent=Sum("spent_value"),
            near=Count("pk", filter=Q(pk__in=Trunk.objects.near_limit().values("pk"))),
        )
    )
    waiting = access.changes_for(request.user).unsettled().count()
    return [
        {
            "label": "Trunks active",
            "value": f"{sums['active']:,}",
            "note": f"of {sums['all']:,}",
            "url": f"{trunks}?status=active",
        },
        {
            "label": "Spent, as upstream reports",
            "value": f"{amount_in_words(sums['spent'] or 0)}",
            "note": "USD",
            "url": f"{trunks}?sort=-spent",
        },
        {
            "label": "Near or over limit",
            "value": f"{sums['near']:,}",
            "tone": "attention" if sums["near"] else "",
            "url": f"{trunks}?tab=near",
        },
        {
            "label": "Waiting for upstream",
            "value": f"{waiting:,}",
            "tone": "waiting" if waiting else "",
            "url": f"{trunks}?tab=waiting",
        },
    ]
