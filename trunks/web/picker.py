"""Numbers found as you type: a page of them, for whoever may see them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trunks.models.did import DidQuerySet
from trunks.web.forms.numbers import KINDS, NumberPicker, tidy

PICKER = "components/picker.html"
LONGEST_ID = 19  # digits


def signed_out(request: HttpRequest) -> HttpResponse | None:
    """A search must not take a half-filled form to the door: it says that the sign-in has ended,
    and saving then keeps what was typed. None for who is signed in."""
    name = request.GET.get("for", "")
    if request.htmx and not request.user.is_authenticated and name in KINDS:  # type: ignore[attr-defined]
        return render(request, f"{PICKER}#signed-out", {"picker": NumberPicker(name)})
    return None


def found(request: HttpRequest, dids: DidQuerySet, **context: Any) -> HttpResponse:
    """`for` names the picker; its search box and page come under their own names."""
    name = request.GET.get("for", "")
    if name not in KINDS:
        raise Http404
    picker = NumberPicker(
        name,
        query=tidy(request.GET.get(f"{name}-q", "")),
        page_number=request.GET.get(f"{name}-page", "1"),
    )
    picker.search(dids)
    return render(request, f"{PICKER}#results", {"picker": picker, **context})


def account_in(text: str) -> int | None:
    """An account's id as a URL names it; what is none finds nothing."""
    fits = text.isascii() and text.isdigit() and len(text) < LONGEST_ID
    return int(text) if fits else None
