"""The trunk list's filters, tabs and sortings, as they stand in its URL."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.expressions import OrderBy
from django.db.models.functions import NullIf
from django.http import HttpRequest

from trunks import access
from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.prefixes import leading_prefixes
from trunks.models import Account, Customer, Trunk, TrunkPrefix
from trunks.models.search import digits_of
from trunks.models.trunk import TrunkQuerySet
from trunks.web import asked
from trunks.web.listing import kept, link, pill

PARAMS = ("q", "account", "customer", "method", "status", "encryption", "destinations")
NOBODY = "none"
DESTINATIONS = (
    ("all", "All destinations"),
    ("except", "All but some"),
    ("only", "Only some"),
    ("none", "None at all"),
)


def _among(rows: TrunkQuerySet) -> Q:
    return Q(pk__in=rows.values("pk"))


# Each tab's condition on top of the filters; only "gone" shows tombstones.
TABS: Mapping[str, tuple[str, Callable[[], Q]]] = {
    "": ("All", lambda: Q(gone_at=None)),
    "near": ("Near limit", lambda: _among(Trunk.objects.present().near_limit())),
    "blocked": ("Blocked", lambda: _among(Trunk.objects.present().blocked())),
    "drifted": ("Drifted", lambda: _among(Trunk.objects.present().drifted())),
    "waiting": ("Waiting", lambda: _among(Trunk.objects.present().waiting())),
    "failing": ("Failing", lambda: _among(Trunk.objects.present().failing())),
    "gone": ("Gone", lambda: Q(gone_at__isnull=False)),
}

SHARE = F("spent_value") / NullIf(F("threshold_value"), 0)
SORTS: Mapping[str, OrderBy] = {
    "name": F("name").asc(nulls_last=True),
    "-name": F("name").desc(nulls_last=True),
    "customer": F("customer__name").asc(nulls_last=True),
    "-customer": F("customer__name").desc(nulls_last=True),
    "method": F("auth_type").asc(nulls_last=True),
    "-method": F("auth_type").desc(nulls_last=True),
    "status": F("status").asc(nulls_last=True),
    "-status": F("status").desc(nulls_last=True),
    "spent": OrderBy(SHARE, nulls_last=True),
    "-spent": OrderBy(SHARE, descending=True, nulls_last=True),
    "capacity": F("capacity_limit").asc(nulls_last=True),  # no limit is the most
    "-capacity": F("capacity_limit").desc(nulls_first=True),
}


def tab_of(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in TABS else ""


def found(request: HttpRequest) -> TrunkQuerySet:
    """The trunks that pass the filters, of every tab."""
    rows = access.trunks_for(request.user).matching(asked.text(request, "q"))
    for name, condition in CONDITIONS.items():
        if value := asked.text(request, name):
            rows = rows.filter(condition(value))
    return rows


def sorted_rows(request: HttpRequest, rows: TrunkQuerySet) -> TrunkQuerySet:
    return rows.order_by(SORTS.get(request.GET.get("sort", ""), SORTS["name"]), "pk")


def counts(rows: TrunkQuerySet) -> dict[str, int]:
    """How many trunks each tab holds, in one query."""
    return rows.order_by().aggregate(
        **{f"in_{tab}": Count("pk", filter=condition()) for tab, (_, condition) in TABS.items()}
    )


def tabs(request: HttpRequest, rows: TrunkQuerySet) -> list[dict[str, Any]]:
    counted, current = counts(rows), tab_of(request)
    return [
        {
            "label": label,
            "count": f"{counted[f'in_{tab}']:,}",
            "rows": counted[f"in_{tab}"],
            "url": link(request.GET, tab=tab or None),
            "current": tab == current,
        }
        for tab, (label, _) in TABS.items()
    ]


# --- The filters ----------------------------------------------------------------------------------


def _key(field: str) -> Callable[[str], Q]:
    def condition(value: str) -> Q:
        known = value.isascii() and value.isdigit() and len(value) <= asked.MAX_DIGITS
        return Q(**{field: int(value)}) if known else Q(pk__in=())

    return condition


def _customer(value: str) -> Q:
    return Q(customer=None) if value == NOBODY else _key("customer")(value)


def _destinations(value: str) -> Q:
    """By the shape of the rule, or, for digits, the trunks that may dial such a number."""
    if digits := digits_of(value):
        return _may_dial(digits)
    no_list = Q(dst_prefixes__isnull=True) | Q(dst_prefixes=[])
    allow, refuse = Q(default_dst_action="allow_all"), Q(default_dst_action="reject_all")
    return {
        "all": allow & no_list,
        "except": allow & ~no_list,
        "only": refuse & ~no_list,
        "none": refuse & no_list,
    }.get(value, Q(pk__in=()))


def _may_dial(digits: str) -> Q:
    covering = TrunkPrefix.objects.filter(prefix__in=leading_prefixes(digits))
    listed = Q(pk__in=covering.values("trunk_id"))
    allowed = Q(default_dst_action="allow_all") & ~listed
    return allowed | (Q(default_dst_action="reject_all") & listed)


CONDITIONS: Mapping[str, Callable[[str], Q]] = {
    "account": _key("account"),
    "customer": _customer,
    "method": lambda value: Q(auth_type=value),
    "status": lambda value: Q(status=value),
    "encryption": lambda value: Q(media_encryption_mode=value),
    "destinations": _destinations,
}


def pills(request: HttpRequest) -> list[dict[str, Any]]:
    query = request.GET
    customers = Customer.objects.filter(trunks__isnull=False).distinct()
    return [
        pill(query, "account", "Account", _names(Account.objects.order_by("name"))),
        pill(query, "customer", "Customer", [*_names(customers), (NOBODY, "No customer")]),
        pill(query, "method", "Method", authentication.LABELS.items()),
        pill(query, "status", "Status", ATTRIBUTES["status"].choices),
        pill(query, "destinations", "Destinations", DESTINATIONS, **_dial_form(request)),
        pill(query, "encryption", "Encryption", ATTRIBUTES["media_encryption_mode"].choices),
    ]


def _names(rows: Any) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def _dial_form(request: HttpRequest) -> dict[str, Any]:
    """A small form inside the destinations menu: which trunks may dial this number?"""
    return {
        "field": "destinations",
        "field_label": "May dial the number or prefix",
        "type": "tel",
        "action": request.path,
        "hidden": kept(request.GET, "destinations"),
    }
