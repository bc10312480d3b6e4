"""The rows of the trunk list: every cell prepared here, so that the template only places them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from trunks.domain import authentication
from trunks.models import Change, Trunk
from trunks.models.change import UNSETTLED
from trunks.templatetags import ui
from trunks.templatetags._states import look_of
from trunks.templatetags._words import span_in_words
from trunks.web.marks import Mark, status_mark
from trunks.web.words import capacity_in_words, destinations_in_words

COLUMNS = (
    "id",
    "name",
    "status",
    "capacity_limit",
    "allow_any_did_as_cli",
    "default_dst_action",
    "dst_prefixes",
    "threshold_amount",
    "threshold_value",
    "threshold_reached",
    "spent_amount",
    "spent_value",
    "auth_type",
    "read_at",
    "gone_at",
    "account__id",
    "account__name",
    "account__pulled_at",
    "customer__id",
    "customer__name",
)


@dataclass(frozen=True, slots=True)
class TrunkRow:
    id: str
    url: str
    name: str
    customer: str
    customer_url: str
    account: str  # where there are several
    method: str
    status: Mark
    spend: str  # markup
    capacity: str
    dids: str
    destinations: str
    marks: Sequence[Mark]  # what is unusual about its state upstream; empty most of the time
    mirror: str  # markup: the age, or since when it is gone


def trunk_rows(trunks: Iterable[Trunk], *, with_account: bool = False) -> list[TrunkRow]:
    """Rows for one page of trunks, in a constant number of queries."""
    trunks = list(trunks)
    ids = [trunk.pk for trunk in trunks]
    dids, marks = did_counts(ids), marks_of(ids)
    base, customers = reverse("staff:trunk-list"), reverse("staff:customer-list")
    now = timezone.now()
    return [
        TrunkRow(
            id=str(trunk.pk),
            url=f"{base}{trunk.pk}/",
            name=str(trunk),
            customer=trunk.customer.name if trunk.customer else "",
            customer_url=f"{customers}{trunk.customer_id}/" if trunk.customer_id else "",
            account=trunk.account.name if with_account else "",
            method=authentication.label(trunk.auth_type),
            status=status_mark(trunk),
            spend=ui.spend(trunk.spent_amount, trunk.threshold_amount),
            capacity=capacity_in_words(trunk.capacity_limit),
            dids="Any" if trunk.allow_any_did_as_cli else str(dids.get(trunk.pk, 0)),
            destinations=destinations_in_words(trunk.default_dst_action, trunk.dst_prefixes),
            marks=marks.get(trunk.pk, ()),
            mirror=mirror_age(trunk, now),
        )
        for trunk in trunks
    ]


def mirror_age(trunk: Trunk, now: datetime) -> str:
    at = trunk.gone_at or trunk.mirrored_at
    words = f"{'gone' if trunk.gone_at else 'mirror'} {span_in_words((now - at).total_seconds())}"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), words)


def did_counts(ids: Sequence[UUID]) -> dict[UUID, int]:
    linked = Trunk.dids.through.objects.filter(trunk_id__in=ids).order_by()
    return dict(linked.values_list("trunk_id").annotate(Count("did_id")))


def marks_of(ids: Sequence[UUID]) -> dict[UUID, list[Mark]]:
    """What is unusual about each trunk: changes under way, failed ones, drift."""
    marks: dict[UUID, list[Mark]] = {}
    unsettled = Change.objects.filter(trunk_id__in=ids, state__in=UNSETTLED).order_by()
    for change in unsettled.only("trunk_id", "state", "sent_at", "held_at", "quarantined_at"):
        assert change.trunk_id is not None  # noqa: S101  asked for by its trunk
        look = look_of(change)
        marks.setdefault(change.trunk_id, []).append(Mark(look.label.lower(), look.tone))
    _count_waiting(marks)
    rows = Trunk.objects.filter(pk__in=ids)
    failing = rows.failing().values_list("pk", "failed_state")  # type: ignore[misc]
    for pk, state in failing:
        marks.setdefault(pk, []).append(FAILED[state])
    for pk in rows.drifted().values_list("pk", flat=True):
        marks.setdefault(pk, []).append(Mark("drifted", "attention"))
    return marks


FAILED = {"refused": Mark("refused", "danger"), "conflicted": Mark("conflict", "danger")}


def _count_waiting(marks: dict[UUID, list[Mark]]) -> None:
    for pk, found in marks.items():
        waiting = sum(1 for mark in found if mark.tone == "waiting")
        others = [mark for mark in found if mark.tone != "waiting"]
        marks[pk] = [Mark(f"{waiting} waiting", "waiting"), *others] if waiting else others
