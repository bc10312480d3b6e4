"""The inbox' filters, as they stand in its URL."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from trunks import access
from trunks.models.change import ChangeQuerySet
from trunks.web import asked
from trunks.web.diff_lines import unit_label
from trunks.web.forms.trunk import PAGE_ORDER
from trunks.web.listing import pill

PARAMS = ("account", "kind", "field", "trunk")
KINDS: Mapping[str, str] = {
    "doubt": "In doubt",
    "conflict": "Conflicts",
    "held": "Held back",
    "settings": "Settings moved",
    "credentials": "New credentials",
    "gone": "Gone upstream",
}
METHOD_UNITS = ("type", "allowed_sip_ips", "tech_prefix", "twilio_account_sid")
FIELDS = tuple(
    unit
    for name in PAGE_ORDER
    for unit in (
        (f"authentication_method.{own}" for own in METHOD_UNITS)
        if name == "auth_type"
        else [name]
        if name not in ("account", "default_did")
        else []
    )
)
GONE = '"new": "gone"'


def kind_of(request: HttpRequest) -> str:
    kind = asked.text(request, "kind")
    return kind if kind in KINDS else ""


def _field(request: HttpRequest) -> str:
    field = asked.text(request, "field")
    return field if field in FIELDS else ""


def found(request: HttpRequest) -> ChangeQuerySet:
    """The changes of the account, and of the trunk, that were chosen."""
    rows = access.changes_for(request.user)
    if asked.text(request, "trunk"):
        rows = rows.filter(trunk=asked.uuid(request, "trunk"))
    if asked.text(request, "account"):
        rows = rows.filter(account=asked.number(request, "account"))
    return rows


def doubts(request: HttpRequest) -> ChangeQuerySet:
    return _only(request, "doubt", found(request).in_doubt())


def held(request: HttpRequest) -> ChangeQuerySet:
    return _only(request, "held", found(request).held())


def conflicts(request: HttpRequest) -> ChangeQuerySet:
    rows = found(request).undecided().filter(state="conflicted")
    if field := _field(request):
        return _only(request, "conflict", _naming(rows, "conflicts", field), fits_field=True)
    return _only(request, "conflict", rows)


def drift(request: HttpRequest) -> ChangeQuerySet:
    rows = found(request).drift().undecided()
    if field := _field(request):
        rows = _naming(rows, "diff", field)
    condition = {
        "": Q(),
        "settings": Q(credentials_changed=False) & ~Q(diff_text__contains=GONE),
        "credentials": Q(credentials_changed=True),
        "gone": Q(diff_text__contains=GONE),
    }.get(kind_of(request))
    if condition is None:
        return rows.none()
    return rows.annotate(diff_text=Cast("diff", TextField())).filter(condition)


def _only(
    request: HttpRequest, kind: str, rows: ChangeQuerySet, *, fits_field: bool = False
) -> ChangeQuerySet:
    """Nothing while another kind is asked for, or a field it does not name."""
    other = kind_of(request) not in ("", kind) or (_field(request) and not fits_field)
    return rows.none() if other else rows


def _naming(rows: ChangeQuerySet, column: str, field: str) -> ChangeQuerySet:
    """Lines are kept as JSON, which only its text lets both databases search."""
    text = rows.annotate(**{f"{column}_lines": Cast(column, TextField())})
    return text.filter(**{f"{column}_lines__contains": f'"field": "{field}"'})


def pills(request: HttpRequest) -> list[dict[str, Any]]:
    accounts = access.accounts_for(request.user).order_by("name").values_list("pk", "name")
    found = [
        pill(request.GET, "account", "Account", [(str(pk), name) for pk, name in accounts]),
        pill(request.GET, "kind", "Kind", KINDS.items()),
        pill(request.GET, "field", "Field", [(unit, unit_label(unit)) for unit in FIELDS]),
    ]
    if key := asked.uuid(request, "trunk"):
        trunk = access.trunks_for(request.user).filter(pk=key).first()
        options = [(request.GET["trunk"], str(trunk))] if trunk else []
        found.insert(0, pill(request.GET, "trunk", "Trunk", options))
    return found
