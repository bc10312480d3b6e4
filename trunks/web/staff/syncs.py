from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import SyncRun
from trunks.web import asked
from trunks.web.listing import clear_url, page_of, pill
from trunks.web.staff.sync_rows import sync_rows

PARAMS = ("account", "state")


@access.staff_required("view_syncrun")
@require_safe
def sync_list(request: HttpRequest) -> HttpResponse:
    """Every pull with what it found, newest first."""
    runs = access.syncs_for(request.user).select_related("account")
    if asked.text(request, "account"):
        runs = runs.filter(account=asked.number(request, "account"))
    if state := asked.text(request, "state"):
        runs = runs.filter(state=state)
    page = page_of(request, runs)
    accounts = access.accounts_for(request.user).order_by("name").values_list("pk", "name")
    context = {
        "page": page,
        "rows": sync_rows(page),
        "filters": [
            pill(request.GET, "account", "Account", [(str(pk), name) for pk, name in accounts]),
            pill(request.GET, "state", "State", SyncRun.State.choices),
        ],
        "clear_url": clear_url(request, PARAMS),
    }
    return render(request, "staff/syncs/list.html", context)
