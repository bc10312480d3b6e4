"""Numbers found as you type: a page of them, of one account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trunks import access
from trunks.web.forms.numbers import KINDS, NumberPicker, tidy

PICKER = "staff/dids/picker.html"
LARGEST_ID = 2**63 - 1


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
    account = request.GET.get("account", "")
    fits = account.isascii() and account.isdigit() and int(account[:20]) <= LARGEST_ID
    dids = access.dids_for(request.user).filter(account=account if fits else None)
    picker = NumberPicker(
        name,
        query=tidy(request.GET.get(f"{name}-q", "")),
        page_number=request.GET.get(f"{name}-page", "1"),
    )
    picker.search(dids)
    context = {"picker": picker, "account_id": account if fits else ""}
    return render(request, f"{PICKER}#results", context)
