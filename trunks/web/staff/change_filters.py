"""The change list's filters and tabs, as they stand in its URL."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from trunks import access
from trunks.models import Change
from trunks.models.change import UNSETTLED, ChangeQuerySet
from trunks.web import asked
from trunks.web.listing import link, pill

PARAMS = ("q", "state", "kind", "origin", "actor", "trunk", "account")
UNKNOWN = Q(state=Change.State.DELIVERING, sent_at__isnull=False)
# Values of `state` that name more than one state, and the tabs in their order.
GROUPS: Mapping[str, tuple[str, Q]] = {
    "": ("All", ~Q(state=Change.State.PLANNED)),
    "waiting": ("Waiting", Q(state__in=UNSETTLED) & ~UNKNOWN),
    "unknown": ("Outcome unknown", UNKNOWN),
    "conflicted": ("Conflicts", Q(state=Change.State.CONFLICTED)),
    "refused": ("Refused", Q(state=Change.State.REFUSED)),
    "drift": ("Drift", Q(state=Change.State.OBSERVED, is_drift=True)),
}


def state_condition(value: str) -> Q:
    return GROUPS[value][1] if value in GROUPS else Q(state=value)


def found(request: HttpRequest) -> ChangeQuerySet:
    """The changes that pass the filters, whatever their state."""
    rows = access.changes_for(request.user).filter(_matching(asked.text(request, "q")))
    for name, field in (("kind", "kind"), ("origin", "origin"), ("actor", "actor_label")):
        if value := asked.text(request, name):
            rows = rows.filter(**{field: value})
    if asked.text(request, "trunk"):
        rows = rows.filter(trunk=asked.uuid(request, "trunk"))
    if asked.text(request, "account"):
        rows = rows.filter(account=asked.number(request, "account"))
    return rows


def _matching(text: str) -> Q:
    """Trunk, actor, reason, upstream's request id, or the change's own id."""
    if not text:
        return Q()
    words = Q(trunk_label__icontains=text) | Q(actor_label__icontains=text)
    words |= Q(reason__icontains=text) | Q(customer_label__icontains=text) | Q(request_id=text)
    key = asked.as_uuid(text)
    return words | Q(pk=key) | Q(trunk=key) if key else words


def tabs(request: HttpRequest, rows: ChangeQuerySet) -> list[dict[str, Any]]:
    counted = rows.order_by().aggregate(
        **{f"in_{key}": Count("pk", filter=condition) for key, (_, condition) in GROUPS.items()}
    )
    current = request.GET.get("state", "")
    return [
        {
            "label": label,
            "count": f"{counted[f'in_{key}']:,}",
            "rows": counted[f"in_{key}"],
            "url": link(request.GET, state=key or None),
            "current": key == current,
        }
        for key, (label, _) in GROUPS.items()
    ]


def pills(request: HttpRequest) -> list[dict[str, Any]]:
    query = request.GET
    found = [
        pill(query, "kind", "Kind", Change.Kind.choices),
        pill(query, "origin", "Origin", Change.Origin.choices),
        pill(query, "actor", "Who", _actors(request)),
    ]
    if query.get("state", "") not in GROUPS:
        found.insert(0, pill(query, "state", "State", Change.State.choices))
    if query.get("trunk"):
        found.insert(0, pill(query, "trunk", "Trunk", _trunk(request)))
    return found


def _actors(request: HttpRequest) -> list[tuple[str, str]]:
    changes = access.changes_for(request.user).exclude(actor_label="").order_by("actor_label")
    labels = changes.values_list("actor_label", flat=True).distinct()[:30]
    return [(label, label) for label in labels]


def _trunk(request: HttpRequest) -> list[tuple[str, str]]:
    key = asked.uuid(request, "trunk")
    trunk = access.trunks_for(request.user).filter(pk=key).first() if key else None
    return [(request.GET["trunk"], str(trunk))] if trunk else []
