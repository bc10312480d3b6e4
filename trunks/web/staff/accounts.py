from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.models import Account
from trunks.services import accounts, pulling
from trunks.services.errors import Denied
from trunks.web.listing import live
from trunks.web.staff.account_rows import account_rows, tombstones_of
from trunks.web.staff.callback_words import callback_card
from trunks.web.staff.request_rows import request_rows
from trunks.web.staff.sync_rows import sync_rows

RUNS_SHOWN = 20
REQUESTS_SHOWN = 20


@access.staff_required("view_account")
@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    """The upstream accounts: how old their mirrors are, and what keeps one from being read."""
    rows = account_rows(access.accounts_for(request.user).order_by("name"))
    return render(request, "staff/accounts/list.html", {"rows": rows})


@access.staff_required("view_account")
@require_safe
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its mirror, its pulls, how far a running one is, what it asks of a person."""
    account = access.account_for(request.user, pk)
    row = account_rows([account])[0]
    context = {
        "account": account,
        "row": row,
        "runs": _runs(request, account),
        "tombstones": tombstones_of(account),
        "requests": request_rows(account.requests.all()[:REQUESTS_SHOWN]),
        "callbacks": callback_card(account),
        "is_question": account.pause == Account.Pause.QUESTION,
    }
    is_pulling = row["pull"] is not None
    return live(
        request, "staff/accounts/detail.html", context, part="progress", unsettled=is_pulling
    )


def _runs(request: HttpRequest, account: Account) -> list[dict[str, Any]]:
    runs = access.syncs_for(request.user).filter(account=account).select_related("account")
    return sync_rows(runs[:RUNS_SHOWN])


@access.staff_required("pull_account")
@require_POST
def account_pull(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a pull; the worker does it, the page shows how far it is."""
    account = access.account_for(request.user, pk)
    pulling.request_pull(account, actor=access.actor_of(request.user))
    return redirect("staff:account-detail", pk=pk)


@access.staff_required("change_account")
@require_POST
def account_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff's answer to "so many trunks are gone: is that so?"."""
    account = access.account_for(request.user, pk)
    believe = request.POST.get("believe")
    if believe not in ("yes", "no"):
        return HttpResponse("believe: yes or no", status=400, content_type="text/plain")
    try:
        accounts.answer_missing(account, believe == "yes", actor=access.actor_of(request.user))
    except Denied as error:
        raise PermissionDenied from error
    said = "They may become tombstones" if believe == "yes" else "They are kept"
    messages.success(request, f"{said}. The account is read again.")
    if request.POST.get("back") == "inbox":
        return redirect("staff:inbox")
    return redirect("staff:account-detail", pk=pk)
