"""The filters of a trunk's history, as they stand in its URL: who, kind, field, since, until."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest

from trunks import access
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.authentication import SETTABLE
from trunks.domain.units import LINKAGES, METHOD, TYPE
from trunks.models import CallbackEvent, Change, Trunk
from trunks.models.callback_event import CallbackEventQuerySet
from trunks.models.change import ChangeQuerySet
from trunks.web import asked
from trunks.web.diff_lines import unit_label
from trunks.web.listing import kept, pill

PARAMS = ("who", "kind", "field", "since", "until")
CALLBACK = "callback"
CREDENTIALS = "credentials"
PRESENCE = "presence"
METHODS = (TYPE, *(METHOD + name for names in SETTABLE.values() for name in names))
FIELDS: Mapping[str, str] = {
    **{unit: unit_label(unit) for unit in (*ATTRIBUTES, *METHODS, *LINKAGES, "default_did")},
    CREDENTIALS: "Username and password",
    PRESENCE: "Gone or back",
}
KINDS: Mapping[str, str] = {**dict(Change.Kind.choices), CALLBACK: "Callback"}
SHOWN_ACTORS = 30


def is_set(request: HttpRequest) -> bool:
    return any(request.GET.get(name) for name in PARAMS)


def changes_found(request: HttpRequest, trunk: Trunk) -> ChangeQuerySet:
    """The trunk's changes that pass, with their `moment`; plans that nobody submitted are none."""
    changes = access.changes_for(request.user).filter(trunk=trunk)
    changes = changes.exclude(state=Change.State.PLANNED)
    changes = changes.annotate(moment=Coalesce("settled_at", "created_at"))
    if kind := asked.text(request, "kind"):
        changes = changes.filter(kind=kind)
    if who := asked.text(request, "who"):
        changes = changes.filter(actor_label=who)
    if field := asked.text(request, "field"):
        changes = _touching(changes, field)
    return changes.filter(_period(request, "moment"))


def _touching(changes: ChangeQuerySet, field: str) -> ChangeQuerySet:
    """Both databases write a line's field in the same way, and neither has an index for it."""
    if field not in FIELDS:
        return changes.none()
    if field == CREDENTIALS:
        return changes.filter(credentials_changed=True)
    told = Concat(*(Cast(name, TextField()) for name in ("diff", "consequences")))
    return changes.annotate(told=told).filter(told__contains=f'"field": "{field}"')


def events_found(request: HttpRequest, trunk: Trunk) -> CallbackEventQuerySet:
    """What upstream said by itself; no person did it, and it names no field."""
    events = CallbackEvent.objects.of_trunk(trunk)
    kind = asked.text(request, "kind")
    if kind not in ("", CALLBACK) or asked.text(request, "who") or asked.text(request, "field"):
        return events.none()
    return events.filter(_period(request, "received_at"))


def _period(request: HttpRequest, column: str) -> Q:
    since, until = asked.instant(request, "since"), asked.instant(request, "until", end=True)
    found = Q(**{f"{column}__gte": since}) if since else Q()
    return found & Q(**{f"{column}__lte": until}) if until else found


def pills(request: HttpRequest, trunk: Trunk) -> list[dict[str, Any]]:
    query = request.GET
    return [
        pill(query, "who", "Who", _actors(request, trunk)),
        pill(query, "kind", "Kind", KINDS.items()),
        pill(query, "field", "Setting", sorted(FIELDS.items(), key=lambda item: item[1])),
        _day(request, "since", "Since"),
        _day(request, "until", "Until"),
    ]


def _actors(request: HttpRequest, trunk: Trunk) -> list[tuple[str, str]]:
    changes = access.changes_for(request.user).filter(trunk=trunk).exclude(actor_label="")
    labels = changes.order_by("actor_label").values_list("actor_label", flat=True).distinct()
    return [(label, label) for label in labels[:SHOWN_ACTORS]]


def _day(request: HttpRequest, name: str, label: str) -> dict[str, Any]:
    own_form = {"field": name, "type": "date", "action": request.path}
    hidden = kept(request.GET, name)
    return pill(request.GET, name, label, (), **own_form, hidden=hidden)
