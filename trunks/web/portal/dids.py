from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Did
from trunks.web import asked, picker
from trunks.web.countries import number_in_words
from trunks.web.listing import clear_url, kept, page_of, respond
from trunks.web.marks import Mark
from trunks.web.words import counted

TRUNKS_NAMED = 3


@access.member_required()
@require_safe
def did_list(request: HttpRequest) -> HttpResponse:
    """The customer's numbers, and which of their trunks may show them."""
    rows = access.dids_for(request.user)
    if text := asked.text(request, "q"):
        rows = rows.matching(text)
    trunks = access.trunks_for(request.user).exclude(allow_any_did_as_cli=True)
    named = Prefetch("trunks", trunks.only("id", "name").order_by("name"))
    page = page_of(request, rows.order_by("number", "pk").prefetch_related(named))
    context = {
        "page": page,
        "rows": [_row(did) for did in page],
        "clear_url": clear_url(request, ("q",)),
        "announce": counted(page.paginator.count, "number"),
        "kept": kept(request.GET, "q"),
    }
    return respond(request, "portal/dids/list.html", context)


def _row(did: Did) -> dict[str, Any]:
    trunks = list(did.trunks.all())  # type: ignore[attr-defined]
    named = trunks[:TRUNKS_NAMED]
    return {
        "number": number_in_words(did.number),
        "place": ", ".join(place for place in (did.city, did.country) if place),
        "marks": list(_marks(did)),
        "trunks": [(reverse("portal:trunk-detail", args=[t.pk]), str(t)) for t in named],
        "more": len(trunks) - len(named),
    }


def _marks(did: Did) -> Iterable[Mark]:
    """What the number may do; what stands in its way comes first."""
    if did.terminated:
        yield Mark("Ended", "danger")
    elif did.awaiting_registration:
        yield Mark("Not registered yet", "attention")
    elif did.blocked:
        yield Mark("Blocked", "danger")
    if did.voice_out is False:
        yield Mark("Incoming calls only", "neutral")
    elif did.voice_out and not did.terminated and not did.awaiting_registration:
        yield Mark("Can be shown", "ok")
    if did.emergency_enabled and not did.terminated:
        yield Mark("Emergency calls", "accent")


def did_picker(request: HttpRequest) -> HttpResponse:
    return picker.signed_out(request) or _found(request)


@access.member_required("operator")
@require_safe
def _found(request: HttpRequest) -> HttpResponse:
    account = picker.account_in(request.GET.get("account", ""))
    dids = access.dids_for(request.user).filter(account=account)
    url = reverse("portal:did-picker")
    return picker.found(request, dids, account_id=account or "", picker_url=url)
