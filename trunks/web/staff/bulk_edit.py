"""One form for many trunks: chosen on the list, changed here, seen as a plan before it is sent."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trunks import access
from trunks.domain.patch import load_patch
from trunks.models import Account
from trunks.services.callbacks import callback_url
from trunks.web.forms.bulk import BulkForm
from trunks.web.forms.bulk_typed import typed_of_patch
from trunks.web.forms.numbers import KINDS
from trunks.web.staff import selection as selections
from trunks.web.staff.bulk_plan import plan_from, plan_in
from trunks.web.staff.selection import MOST, Selection

PAGE = "staff/batches/edit.html"
STALE = "This page was open for too long. Choose the trunks again; nothing was planned."
BLOCKED = QueryDict("status=blocked")


@access.staff_required("change_trunk")
@require_http_methods(["GET", "POST"])
def batch_new(request: HttpRequest) -> HttpResponse:
    """Opened from the list's ticks or filter, from a plan to be made anew (`?plan=`), or sent."""
    if request.method == "POST":
        return _sent(request)
    chosen, typed = _opened(request)
    if trouble := _trouble(chosen):
        messages.warning(request, trouble)
        return redirect(f"{reverse('staff:trunk-list')}?{chosen.query or _filter(request)}")
    return _page(request, chosen, _form(request, chosen, typed))


def _opened(request: HttpRequest) -> tuple[Selection, QueryDict | None]:
    if plan := plan_in(request, request.GET.get("plan", "")):
        ids = tuple(str(pk) for pk in plan.rows.values_list("trunk", flat=True) if pk)
        again = selections.counting(request, Selection(ids))
        return again, typed_of_patch(load_patch(plan.patch))
    return selections.asked_for(request), BLOCKED if request.GET.get("block") else None


def _trouble(chosen: Selection) -> str:
    if not chosen.shown:
        return "Choose the trunks first: tick some, or take all that match."
    if chosen.shown > MOST:
        return f"These are {chosen.shown:,} trunks; at most {MOST:,} are planned at once."
    return ""


def _filter(request: HttpRequest) -> str:
    kept = {name: v for name in selections.FILTER if (v := request.GET.get(name))}
    return urlencode(kept)


def _sent(request: HttpRequest) -> HttpResponse:
    try:
        seen = selections.opened(request, request.POST.get("selection", ""))
    except selections.Unsigned:
        messages.warning(request, STALE)
        return redirect("staff:trunk-list")
    chosen = selections.counting(request, seen)
    form = _form(request, chosen, request.POST)
    if _asks_for_more(request.POST):
        return _page(request, chosen, form)
    patch = form.ops()
    if trouble := _trouble(chosen):
        form.add_error(None, trouble)
    if form.errors:
        return _page(request, chosen, form)
    return redirect("staff:batch-detail", plan_from(request, seen, chosen, patch, form).pk)


def _asks_for_more(data: QueryDict) -> bool:
    """Whether a button of a number picker was pressed."""
    return "find" in data or any(f"{name}-page" in data for name in KINDS)


def _form(request: HttpRequest, chosen: Selection, data: QueryDict | None) -> BulkForm:
    accounts = _accounts(request, chosen)
    one = accounts[0] if len(accounts) == 1 else None
    dids = access.dids_for(request.user).filter(account=one) if one else None
    return BulkForm(data, dids=dids, own=callback_url(one) if one else "each account's own address")


def _accounts(request: HttpRequest, chosen: Selection) -> Sequence[Account]:
    ids = chosen.trunks(request).order_by().values("account")
    return list(access.accounts_for(request.user).filter(pk__in=ids)[:2])


def _page(request: HttpRequest, chosen: Selection, form: BulkForm) -> HttpResponse:
    for picker in form.pickers.values():
        asked = picker.query or request.POST.get("find") == picker.name
        if form.dids is not None and (asked or f"{picker.name}-page" in request.POST):
            picker.search(form.dids)
    accounts = _accounts(request, chosen)
    context: dict[str, Any] = {
        "form": form,
        "groups": form.groups(),
        "selection": chosen,
        "signed": chosen.signed(request),
        "plan": request.POST.get("plan") or request.GET.get("plan") or "",
        "account_id": accounts[0].pk if len(accounts) == 1 else "",
        "picker_url": reverse("staff:did-picker"),
        "several_accounts": len(accounts) > 1,
        "list_url": f"{reverse('staff:trunk-list')}?{chosen.query}".rstrip("?"),
        "names": _names(request, chosen),
    }
    return render(request, PAGE, context)


NAMED = 8


def _names(request: HttpRequest, chosen: Selection) -> list[str]:
    """The first few, so that it is plain what is being changed."""
    first = chosen.trunks(request).order_by("name", "pk")[: NAMED + 1]
    names = [str(trunk) for trunk in first.only("name")]
    if len(names) <= NAMED:
        return names
    return [*names[:NAMED], f"and {chosen.shown - NAMED:,} more"]
