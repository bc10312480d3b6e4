from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Account
from trunks.web.listing import clear_url, kept, page_of, respond
from trunks.web.staff import trunk_filters
from trunks.web.staff.bulk_links import bulk_context
from trunks.web.staff.rows import COLUMNS, trunk_rows
from trunks.web.words import counted


@access.staff_required()
@require_safe
def trunk_list(request: HttpRequest) -> HttpResponse:
    """Every trunk, one line each; filters, tab, sorting and page live in the URL."""
    found = trunk_filters.found(request)
    tabs = trunk_filters.tabs(request, found)
    count = next(tab["rows"] for tab in tabs if tab["current"])
    rows = found.filter(trunk_filters.TABS[trunk_filters.tab_of(request)][1]())
    rows = rows.select_related("account", "customer").only(*COLUMNS)
    page = page_of(request, trunk_filters.sorted_rows(request, rows), count)
    pills = trunk_filters.pills(request)
    context = {
        "page": page,
        "rows": trunk_rows(page, with_account=len(pills[0].get("options", ())) > 1),
        "tabs": tabs,
        "filters": pills,
        "clear_url": clear_url(request, trunk_filters.PARAMS),
        "announce": counted(count, "trunk"),
        "kept": kept(request.GET, "q"),
        **bulk_context(request, count),
        "accounts": Account.objects.order_by("name") if not count else (),
    }
    return respond(request, "staff/trunks/list.html", context)
