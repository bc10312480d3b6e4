"""A customer's home: their trunks, how each of them stands, and what asks for somebody."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models.trunk import TrunkQuerySet
from trunks.web.portal.needs import needs, under_way
from trunks.web.portal.timeline import entry_of
from trunks.web.portal.trunk_rows import trunk_rows

SHOWN = 10


@access.member_required()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    trunks = access.trunks_for(request.user)
    tiles = _tiles(request, trunks)
    context = {
        "tiles": tiles,
        "needs": needs(request.user),
        "under_way": [entry_of(change, of_trunk=True) for change in under_way(request.user)],
        "rows": trunk_rows(request.user, trunks.order_by("name", "pk")[:SHOWN]),
        "total": tiles[0]["count"],
        "has_more": tiles[0]["count"] > SHOWN,
        "customer": access.membership_of(request.user).customer,  # type: ignore[union-attr]
    }
    return render(request, "portal/home.html", context)


def _tiles(request: HttpRequest, trunks: TrunkQuerySet) -> list[dict[str, Any]]:
    counts = trunks.order_by().aggregate(
        total=Count("pk"), blocked=Count("pk", filter=Q(status="blocked"))
    )
    waiting = access.changes_for(request.user).requests().count()
    trunk_url = reverse("portal:trunk-list")
    blocked = counts["blocked"]
    tiles = [
        {"label": "Trunks", "count": counts["total"], "url": trunk_url},
        {"label": "Blocked", "count": blocked, "url": f"{trunk_url}?tab=blocked"},
        {
            "label": "Waiting for approval",
            "count": waiting,
            "url": f"{reverse('portal:change-list')}?tab=requests",
        },
    ]
    tones = ("plain", "danger" if blocked else "plain", "attention" if waiting else "plain")
    return [tile | {"tone": tone} for tile, tone in zip(tiles, tones, strict=True)]
