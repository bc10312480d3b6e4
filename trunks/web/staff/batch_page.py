"""A batch's page, prepared: what it would do, how far it is, what became of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from trunks.models import Batch
from trunks.models.change import FAILED, UNSETTLED
from trunks.web.forms.acts import ApplyForm
from trunks.web.listing import page_of
from trunks.web.staff import batch_rows
from trunks.web.staff.rows import Mark
from trunks.web.staff.workers import worker_is_alive
from trunks.web.words import counted

STATES = {
    Batch.State.PLANNED: Mark("Plan", "neutral"),
    Batch.State.RUNNING: Mark("Running", "waiting"),
    Batch.State.PAUSED: Mark("Paused", "attention"),
    Batch.State.FINISHED: Mark("Finished", "ok"),
    Batch.State.CANCELLED: Mark("Cancelled", "neutral"),
}
UNKNOWN = Q(state="delivering", sent_at__isnull=False, lease_until=None)  # in nobody's hands
# States of changes as parts of a progress bar, in their order.
PARTS: Sequence[tuple[str, str, str, Q]] = (
    ("applied", "applied", "ok", Q(state="applied")),
    ("failed", "refused or in conflict", "danger", Q(state__in=FAILED)),
    ("unsent", "not sent", "neutral", Q(state__in=("cancelled", "superseded", "expired"))),
    ("unknown", "of unknown outcome", "attention", UNKNOWN),
    ("waiting", "waiting", "waiting", Q(state__in=UNSETTLED) | Q(state="planned")),
)


def page_context(request: HttpRequest, batch: Batch, form: ApplyForm) -> dict[str, Any]:
    counts = batch_rows.counts_of(batch)
    page = page_of(request, batch_rows.found(request, batch))
    return {
        **head_context(batch),
        "form": form,
        "page": page,
        "rows": batch_rows.rows_shown(batch, page),
        "tabs": batch_rows.tabs(request, batch, counts),
        "risks": batch_rows.risks_of(request, batch) if is_plan(batch) else [],
        "tiles": tiles(request, batch, counts) if is_plan(batch) else [],
        "changing": counts.get("in_changing", 0),
        "apply_label": f"Apply {counted(counts.get('in_changing', 0), 'change')}",
        "has_lines": batch.kind == Batch.Kind.IMPORT,
        "back_url": _back_url(batch),
    }


def head_context(batch: Batch) -> dict[str, Any]:
    """What the part of the page that asks for itself needs."""
    return {
        "batch": batch,
        "mark": STATES[Batch.State(batch.state)],
        "progress": None if is_plan(batch) else progress_of(batch),
        "is_moving": batch.is_under_way
        or (not is_plan(batch) and batch.changes.unsettled().exists()),
        "no_worker": batch.state == Batch.State.RUNNING and not worker_is_alive(),
    }


def is_plan(batch: Batch) -> bool:
    return batch.state == Batch.State.PLANNED


def _back_url(batch: Batch) -> str:
    if batch.kind == Batch.Kind.EDIT:
        return f"{reverse('staff:batch-new')}?plan={batch.pk}"
    return reverse("staff:batch-import") if batch.kind == Batch.Kind.IMPORT else ""


def tiles(request: HttpRequest, batch: Batch, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """What the plan comes to, in four numbers that lead to their rows."""
    shown = (
        ("Would change", "changing", "accent"),
        ("Refused", "refused", "danger"),
        ("With risks", "risky", "attention"),
        ("Unchanged", "unchanged", "plain"),
    )
    return [
        {
            "label": label,
            "value": f"{counts[f'in_{tab}']:,}",
            "tone": tone if counts[f"in_{tab}"] else "plain",
            "url": f"{request.path}?tab={tab}{batch_rows.ROWS}" if counts[f"in_{tab}"] else "",
        }
        for label, tab, tone in shown
    ]


def progress_of(batch: Batch) -> dict[str, Any]:
    """How far it is; one query."""
    found = batch.changes.order_by().aggregate(
        total=Count("pk"), **{key: Count("pk", filter=q) for key, _, _, q in PARTS}
    )
    found["waiting"] -= found["unknown"]
    total, done = found["total"], found["applied"] + found["failed"]
    return {
        "value": done,
        "max": total,
        "waiting": found["waiting"],
        "failed": found["failed"],
        "applied": found["applied"],
        "label": f"{done:,} of {counted(total, 'change')} done",
        "parts": [
            {"label": label, "count": f"{found[key]:,}", "tone": tone}
            for key, label, tone, _ in PARTS
            if found[key]
        ],
    }
