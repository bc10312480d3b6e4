from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Account, UpstreamRequest
from trunks.web import asked
from trunks.web.listing import clear_url, page_of, pill
from trunks.web.staff.request_rows import request_rows

PARAMS = ("failed", "method", "of", "change")
OF = {"change": "A change", "pull": "A pull", "other": "Neither"}
BELONGS = {
    "change": {"change__isnull": False},
    "pull": {"sync__isnull": False},
    "other": {"change__isnull": True, "sync__isnull": True},
}
METHODS = [(name, name) for name in ("GET", "POST", "PATCH", "DELETE")]


@access.staff_required("view_account")
@require_safe
def account_requests(request: HttpRequest, pk: int) -> HttpResponse:
    """What was sent to an account's upstream and what came back, newest first."""
    account = access.account_for(request.user, pk)
    page = page_of(request, _found(request, account))
    context = {
        "account": account,
        "days": round(settings.REQUEST_LOG_DAYS),
        "page": page,
        "rows": request_rows(page),
        "filters": [
            pill(request.GET, "failed", "Outcome", [("yes", "Failed only")]),
            pill(request.GET, "method", "Method", METHODS),
            pill(request.GET, "of", "Belongs to", OF.items()),
            *([pill(request.GET, "change", "Change", [])] if request.GET.get("change") else []),
        ],
        "clear_url": clear_url(request, PARAMS),
    }
    return render(request, "staff/requests/list.html", context)


def _found(request: HttpRequest, account: Account) -> QuerySet[UpstreamRequest]:
    rows = account.requests.order_by("-at", "-id")
    if asked.text(request, "failed"):
        rows = rows.exclude(problem="")
    if method := asked.text(request, "method"):
        rows = rows.filter(method=method)
    if (of := asked.text(request, "of")) in OF:
        rows = rows.filter(**BELONGS[of])
    if asked.text(request, "change"):
        change = asked.uuid(request, "change")
        rows = rows.filter(change=change) if change else rows.none()
    return rows
