from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Did, Trunk
from trunks.models.did import DidQuerySet
from trunks.web import asked
from trunks.web.countries import number_in_words
from trunks.web.listing import clear_url, kept, link, page_of, pill, respond
from trunks.web.staff.rows import Mark
from trunks.web.words import counted

PARAMS = ("q", "use", "trunk", "account")
TRUNKS_NAMED = 2
SORTS = {
    "number": ("number", "pk"),
    "-number": ("-number", "pk"),
    "place": ("country", "city", "number", "pk"),
    "-place": ("-country", "-city", "number", "pk"),
}


def _used() -> Exists:
    linked = Trunk.dids.through.objects.filter(did=OuterRef("pk"), trunk__gone_at=None)
    return Exists(linked)


def _any(rows: DidQuerySet) -> DidQuerySet:
    return rows


USES: Mapping[str, tuple[str, Any]] = {
    "": ("All", _any),
    "calling": ("Can call out", lambda rows: rows.can_call_out()),
    "emergency": ("Emergency", lambda rows: rows.can_call_emergency()),
    "unused": ("Unused", lambda rows: rows.filter(~_used())),
}


@access.staff_required("view_did")
@require_safe
def did_list(request: HttpRequest) -> HttpResponse:
    """Every number, what it may do, and which trunks call with it."""
    found, use = _found(request), request.GET.get("use", "")
    rows = USES.get(use, USES[""])[1](found)
    order = SORTS.get(request.GET.get("sort", ""), SORTS["number"])
    tabs = _tabs(request, found, use)
    count = next(tab["rows"] for tab in tabs if tab["current"])
    page = page_of(request, _with_trunks(rows.order_by(*order)), count)
    context = {
        "page": page,
        "rows": [_row(did) for did in page],
        "tabs": tabs,
        "filters": _pills(request),
        "clear_url": clear_url(request, PARAMS),
        "announce": counted(page.paginator.count, "DID"),
        "kept": kept(request.GET, "q"),
    }
    return respond(request, "staff/dids/list.html", context)


def _found(request: HttpRequest) -> DidQuerySet:
    rows = access.dids_for(request.user)
    if text := asked.text(request, "q"):
        rows = rows.matching(text)
    if asked.text(request, "trunk"):
        rows = rows.filter(trunks=asked.uuid(request, "trunk"))
    if asked.text(request, "account"):
        rows = rows.filter(account=asked.number(request, "account"))
    return rows


def _with_trunks(rows: DidQuerySet) -> DidQuerySet:
    trunks = Trunk.objects.present().only("id", "name").order_by("name")
    return rows.prefetch_related(Prefetch("trunks", trunks))


def _tabs(request: HttpRequest, found: DidQuerySet, current: str) -> list[dict[str, Any]]:
    counts = {use: narrowed(found).count() for use, (_, narrowed) in USES.items()}
    return [
        {
            "label": label,
            "count": f"{counts[use]:,}",
            "rows": counts[use],
            "url": link(request.GET, use=use or None),
            "current": use == (current if current in USES else ""),
        }
        for use, (label, _) in USES.items()
    ]


def _pills(request: HttpRequest) -> list[dict[str, Any]]:
    accounts = access.accounts_for(request.user).order_by("name").values_list("pk", "name")
    pills = [pill(request.GET, "account", "Account", [(str(pk), name) for pk, name in accounts])]
    if key := asked.uuid(request, "trunk"):
        trunk = access.trunks_for(request.user).filter(pk=key).first()
        pills.append(pill(request.GET, "trunk", "Trunk", [(request.GET["trunk"], str(trunk))]))
    return pills


def _row(did: Did) -> dict[str, Any]:
    base = reverse("staff:trunk-list")
    trunks = list(did.trunks.all())  # type: ignore[attr-defined]
    named = trunks[:TRUNKS_NAMED] if len(trunks) > TRUNKS_NAMED + 1 else trunks
    return {
        "number": number_in_words(did.number),
        "place": ", ".join(place for place in (did.city, did.country) if place),
        "description": did.description or "",
        "marks": list(_marks(did)),
        "trunks": [(f"{base}{trunk.pk}/", str(trunk)) for trunk in named],
        "more": len(trunks) - len(named),
        "more_url": f"{base}?q={did.number}",
    }


def _marks(did: Did) -> Iterable[Mark]:
    """What the number may do; what stands in its way comes first."""
    if did.terminated:
        yield Mark("Terminated", "danger")
    if did.awaiting_registration:
        yield Mark("Awaiting registration", "attention")
    elif did.blocked:
        yield Mark("Blocked", "danger")
    if did.voice_out is False:
        yield Mark("Inbound only", "neutral")
    elif did.voice_out and not did.terminated and not did.awaiting_registration:
        yield Mark("Can call out", "ok")
    if did.emergency_enabled and not did.terminated:
        yield Mark("Emergency", "accent")
