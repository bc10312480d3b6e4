"""Numbers found as you type: a page of them, of one account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.web.forms.numbers import KINDS, NumberPicker, tidy

PICKER = "staff/dids/picker.html"
LONGEST_ID = 19  # digits


def did_picker(request: HttpRequest) -> HttpResponse:
    """`for` names the picker; its search box and page come under their own names.

    A search must not take a half-filled form to the door: it says that the sign-in has ended,
    and saving then keeps what was typed.
    """
    name = request.GET.get("for", "")
    if request.htmx and not request.user.is_authenticated and name in KINDS:  # type: ignore[attr-defined]
        return render(request, f"{PICKER}#signed-out", {"picker": NumberPicker(name)})
    return _found(request)


@access.staff_required("change_trunk")
@require_safe
def _found(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("for", "")
    if name not in KINDS:
        raise Http404
    account = account_in(request.GET.get("account", ""))
    dids = access.dids_for(request.user).filter(account=account)
    picker = NumberPicker(
        name,
        query=tidy(request.GET.get(f"{name}-q", "")),
        page_number=request.GET.get(f"{name}-page", "1"),
    )
    picker.search(dids)
    context = {"picker": picker, "account_id": account or ""}
    return render(request, f"{PICKER}#results", context)


def account_in(text: str) -> int | None:
    """An account's id as a URL names it; what is none finds nothing."""
    fits = text.isascii() and text.isdigit() and len(text) < LONGEST_ID
    return int(text) if fits else None
