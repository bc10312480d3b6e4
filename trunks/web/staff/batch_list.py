"""The lines of the list of batches."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse

from trunks.models import Batch, BatchRow, Change
from trunks.models.change import FAILED
from trunks.templatetags import ui
from trunks.web.staff.batch_page import STATES
from trunks.web.words import counted

KINDS = {Batch.Kind.EDIT: "Edit", Batch.Kind.IMPORT: "Import", Batch.Kind.UNDO: "Undo"}


def batch_lines(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """In two queries, however many there are."""
    batches = list(batches)
    ids = [batch.pk for batch in batches]
    states, refused = _states(ids), _refused(ids)
    return [_line(batch, states.get(batch.pk, {}), refused.get(batch.pk, 0)) for batch in batches]


def _states(ids: list[UUID]) -> dict[UUID | None, dict[str, int]]:
    """Of each batch how many changes are in which state."""
    found: dict[UUID | None, dict[str, int]] = {}
    rows = Change.objects.filter(batch__in=ids).order_by().values_list("batch", "state")
    for batch_id, state, count in rows.annotate(count=Count("pk")):
        found.setdefault(batch_id, {})[state] = count
    return found


def _refused(ids: list[UUID]) -> dict[UUID, int]:
    """Of each batch how many rows are refused in the plan already."""
    rows = BatchRow.objects.filter(Q(action=BatchRow.Action.ERROR), batch__in=ids).order_by()
    return dict(rows.values_list("batch").annotate(Count("pk")))


def _line(batch: Batch, states: Mapping[str, int], refused: int) -> dict[str, Any]:
    total = sum(states.values())
    failed = sum(states.get(state, 0) for state in FAILED)
    is_plan = batch.state == Batch.State.PLANNED
    trouble, done = refused if is_plan else failed, states.get("applied", 0) + failed
    return {
        "url": reverse("staff:batch-detail", args=[batch.pk]),
        "title": str(batch),
        "kind": KINDS[Batch.Kind(batch.kind)],
        "mark": STATES[Batch.State(batch.state)],
        "meter": "" if is_plan or not total else ui.meter(done, total, "accent"),
        "progress": counted(total, "change") if is_plan else f"{done:,} of {total:,}",
        "failed": f"{trouble:,} {'refused' if is_plan else 'failed'}" if trouble else "",
        "who": batch.actor_label,
        "reason": batch.reason,
        "at": ui.when(batch.started_at or batch.created_at),
    }
