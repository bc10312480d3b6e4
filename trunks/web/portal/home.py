"""A customer's home: their trunks, with how each of them stands."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Trunk
from trunks.templatetags import ui
from trunks.web.marks import status_mark
from trunks.web.words import capacity_in_words, destinations_in_words

A_PAGE = 50


@access.member_required()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    trunks = access.trunks_for(request.user).order_by("name", "pk")
    page = Paginator(trunks, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/home.html", {"page": page, "rows": [_row(t) for t in page]})


def _row(trunk: Trunk) -> dict[str, Any]:
    return {
        "name": str(trunk),
        "status": status_mark(trunk),
        "spend": ui.spend(trunk.spent_amount, trunk.threshold_amount),
        "capacity": capacity_in_words(trunk.capacity_limit),
        "destinations": destinations_in_words(trunk.default_dst_action, trunk.dst_prefixes),
    }
