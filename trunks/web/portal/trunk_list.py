from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models.trunk import TrunkQuerySet
from trunks.web import asked
from trunks.web.listing import clear_url, kept, link, page_of, respond
from trunks.web.portal.railed import may_create
from trunks.web.portal.trunk_rows import trunk_rows
from trunks.web.words import counted


def _all(rows: TrunkQuerySet) -> TrunkQuerySet:
    return rows


TABS: Mapping[str, tuple[str, Callable[[TrunkQuerySet], TrunkQuerySet]]] = {
    "": ("All", _all),
    "blocked": ("Blocked", lambda rows: rows.blocked()),
    "near": ("Near limit", lambda rows: rows.near_limit()),
    "waiting": ("Waiting", lambda rows: rows.waiting()),
}


@access.member_required()
@require_safe
def trunk_list(request: HttpRequest) -> HttpResponse:
    """The customer's trunks, found by name, address, number or destination."""
    found = access.trunks_matching(request.user, asked.text(request, "q"))
    tabs = _tabs(request, found)
    current = next(tab for tab in tabs if tab["current"])
    page = page_of(request, current["of"].order_by("name", "pk"), current["rows"])
    context = {
        "page": page,
        "rows": trunk_rows(request.user, page),
        "tabs": tabs,
        "clear_url": clear_url(request, ("q", "tab")),
        "announce": counted(page.paginator.count, "trunk"),
        "kept": kept(request.GET, "q"),
        "may_create": may_create(request.user),
    }
    return respond(request, "portal/trunks/list.html", context)


def _tabs(request: HttpRequest, found: TrunkQuerySet) -> list[dict[str, Any]]:
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
