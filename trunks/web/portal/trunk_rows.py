"""Rows of a customer's trunks: every cell prepared here, so that the template only places them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.urls import reverse

from trunks import access
from trunks.access import Asker
from trunks.models import Trunk
from trunks.templatetags import ui
from trunks.web.marks import Mark, status_mark
from trunks.web.words import capacity_in_words, counted, destinations_in_words


@dataclass(frozen=True, slots=True)
class TrunkRow:
    url: str
    name: str
    reference: str
    status: Mark
    marks: Sequence[Mark]  # what is under way
    spend: str  # markup
    capacity: str
    numbers: str
    destinations: str


def trunk_rows(asker: Asker, trunks: Iterable[Trunk]) -> list[TrunkRow]:
    """Rows for one page of trunks, in a constant number of queries."""
    trunks = list(trunks)
    ids = [trunk.pk for trunk in trunks]
    numbers, waiting = _numbers(asker, ids), _waiting(asker, ids)
    return [
        TrunkRow(
            url=reverse("portal:trunk-detail", args=[trunk.pk]),
            name=str(trunk),
            reference=trunk.external_reference_id or "",
            status=status_mark(trunk),
            marks=waiting.get(trunk.pk, ()),
            spend=ui.spend(trunk.spent_amount, trunk.threshold_amount),
            capacity=capacity_in_words(trunk.capacity_limit),
            numbers="Any" if trunk.allow_any_did_as_cli else str(numbers.get(trunk.pk, 0)),
            destinations=destinations_in_words(trunk.default_dst_action, trunk.dst_prefixes),
        )
        for trunk in trunks
    ]


def _numbers(asker: Asker, ids: Sequence[UUID]) -> dict[UUID, int]:
    linked = access.links_for(asker, "dids").filter(trunk_id__in=ids).order_by()
    return dict(linked.values_list("trunk_id").annotate(Count("did_id")))


def _waiting(asker: Asker, ids: Sequence[UUID]) -> dict[UUID, list[Mark]]:
    """What is on its way to each trunk, and what waits for staff."""
    changes = access.changes_for(asker).filter(trunk_id__in=ids)
    sent = _count(changes.unsettled())
    asked = _count(changes.requests())
    found: dict[UUID, list[Mark]] = {}
    for trunk_id, count in asked.items():
        found.setdefault(trunk_id, []).append(Mark(counted(count, "request"), "attention"))
    for trunk_id, count in sent.items():
        found.setdefault(trunk_id, []).append(Mark(f"{count} waiting", "waiting"))
    return found


def _count(changes: access.ChangeQuerySet) -> dict[UUID, int]:
    return dict(changes.order_by().values_list("trunk_id").annotate(Count("pk")))
