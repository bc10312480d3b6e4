"""The rows of a batch, its tabs and its risks, as its page shows them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse

from trunks.domain.columns import LABELS
from trunks.models import Batch, BatchRow, Change
from trunks.models.change import FAILED, UNSETTLED
from trunks.templatetags import ui
from trunks.web import asked
from trunks.web.diff_lines import rows_of, unit_label
from trunks.web.error_words import first_error
from trunks.web.listing import link
from trunks.web.risk_words import KINDS, risks_in_words
from trunks.web.staff.inbox_rows import collision
from trunks.web.staff.timeline import shortened, standing_decisions
from trunks.web.words import sentence

Rows = QuerySet[BatchRow]
ROWS = "#rows"  # where on the page they are
TOLD_WHOLE = ("more_destinations", "method_switch")
SHOWN = 6  # lines of a diff; the change's own page has them all
REFUSED = Q(action=BatchRow.Action.ERROR)
RISKY = ~Q(risks="")
IN_PLAN = Q(change__isnull=False)
CAME_TO_NOTHING = Q(change__state__in=(*FAILED, "expired"))

# Tab → (what it is called, which rows it shows).
PLAN_TABS: Mapping[str, tuple[str, Q]] = {
    "": ("All", Q()),
    "refused": ("Refused", REFUSED),
    "risky": ("With risks", RISKY),
    "changing": ("Would change", IN_PLAN),
    "unchanged": ("Unchanged", Q(action=BatchRow.Action.UNCHANGED)),
}
RESULT_TABS: Mapping[str, tuple[str, Q]] = {
    "": ("All", IN_PLAN),
    "failed": ("Failed", CAME_TO_NOTHING),
    "waiting": ("Waiting", Q(change__state__in=UNSETTLED)),
    "applied": ("Applied", Q(change__state="applied")),
    "unsent": ("Not sent", Q(change__state__in=("cancelled", "superseded"))),
    "left": ("Left out of the plan", Q(change=None)),
}


def tabs_of(batch: Batch) -> Mapping[str, tuple[str, Q]]:
    return PLAN_TABS if batch.state == Batch.State.PLANNED else RESULT_TABS


def tab_in(request: HttpRequest, batch: Batch) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in tabs_of(batch) else ""


def counts_of(batch: Batch) -> dict[str, int]:
    """How many rows each tab holds, in one query."""
    tabs = tabs_of(batch).items()
    return batch.rows.order_by().aggregate(
        **{f"in_{tab}": Count("pk", filter=condition) for tab, (_, condition) in tabs if tab},
        in_=Count("pk", filter=IN_PLAN if batch.state != Batch.State.PLANNED else None),
    )


def tabs(request: HttpRequest, batch: Batch, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    current = tab_in(request, batch)
    return [
        {
            "label": label,
            "count": f"{counts[f'in_{tab}']:,}",
            "url": link(request.GET, tab=tab or None, risk=None) + ROWS,
            "current": tab == current,
        }
        for tab, (label, _) in tabs_of(batch).items()
        if not tab or counts[f"in_{tab}"] or tab == current
    ]


def found(request: HttpRequest, batch: Batch) -> Rows:
    """The rows that pass the page's tab and risk: first what goes wrong, last what stays."""
    rows = batch.rows.filter(tabs_of(batch)[tab_in(request, batch)][1])
    if code := asked.text(request, "risk"):
        rows = rows.filter(risks__contains=f" {code} ")
    order = Case(
        When(REFUSED | CAME_TO_NOTHING, then=Value(0)),
        When(IN_PLAN, then=Value(1)),
        default=Value(2),
    )
    return rows.select_related("change", "trunk__customer").order_by(order, "number")


def risks_of(request: HttpRequest, batch: Batch) -> list[dict[str, Any]]:
    """How many rows bear which risk, and where they are."""
    borne: Counter[str] = Counter()
    for codes in batch.rows.filter(RISKY).values_list("risks", flat=True):
        borne.update(codes.split())
    current = asked.text(request, "risk")
    return [
        {
            "label": KINDS.get(code, code.replace("_", " ").capitalize()),
            "count": f"{borne[code]:,}",
            "url": link(request.GET, tab=None, risk=None if code == current else code) + ROWS,
            "current": code == current,
        }
        for code in sorted(borne, key=[*KINDS, *borne].index)
    ]


# --- One row --------------------------------------------------------------------------------------

ACTIONS = {
    BatchRow.Action.CREATE: ("New trunk", "accent"),
    BatchRow.Action.UPDATE: ("Changes", "accent"),
    BatchRow.Action.DELETE: ("Deleted", "danger"),
    BatchRow.Action.UNCHANGED: ("Unchanged", "neutral"),
    BatchRow.Action.ERROR: ("Refused", "danger"),
}


def rows_shown(batch: Batch, rows: Iterable[BatchRow]) -> list[dict[str, Any]]:
    rows, is_plan = list(rows), batch.state == Batch.State.PLANNED
    decided = standing_decisions(row.change for row in rows if row.change)
    return [_row(row, is_plan, is_decided=row.change_id in decided) for row in rows]


def _row(row: BatchRow, is_plan: bool, *, is_decided: bool) -> dict[str, Any]:
    change, trunk = row.change, row.trunk
    trunk_id = (change.trunk_id if change else None) or row.trunk_id
    return {
        "says": bool(change or row.problems or row.note),
        "number": row.number,
        "name": row.label or "a line without a name",
        "url": reverse("staff:trunk-detail", args=[trunk_id]) if trunk_id else "",
        "sub": trunk.customer.name if trunk and trunk.customer else "",
        **_diff(row),
        "problems": [_problem(problem) for problem in row.problems],
        "error": _came_to_nothing(change) if change else "",
        "decide_url": _decide_url(change) if change and not is_decided else "",
        "note": row.note,
        "risks": _risks(change.risks) if change and is_plan else [],
        "state": ui.change_state(change) if change and not is_plan else _planned(row),
        "change_url": reverse("staff:change-detail", args=[change.pk]) if change else "",
    }


def _came_to_nothing(change: Change) -> str:
    """Why nothing came of it, in a sentence."""
    if change.state == Change.State.REFUSED:
        return first_error(change)
    if change.state == Change.State.CONFLICTED:
        return collision(change)
    if change.is_in_doubt:
        return "It was sent, and it cannot be told what became of it."
    return "It could not be sent for 24 hours." if change.state == Change.State.EXPIRED else ""


def _decide_url(change: Change) -> str:
    """Where what the row came to is decided on; "" when it asks nobody."""
    if change.is_in_doubt:
        return reverse("staff:change-doubt", args=[change.pk])
    conflicted = change.state == Change.State.CONFLICTED
    return reverse("staff:change-conflict", args=[change.pk]) if conflicted else ""


def _risks(risks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What follows is said only where it is not the same for every trunk."""
    return [
        risk if risk["code"] in TOLD_WHOLE else {**risk, "detail": ""}
        for risk in risks_in_words(risks)
    ]


def _diff(row: BatchRow) -> dict[str, Any]:
    if row.change is None or row.action == BatchRow.Action.DELETE:
        return {"rows": [], "more": ""}
    lines = rows_of(row.change)
    more = len(lines) - SHOWN
    return {
        "rows": [shortened(line) for line in lines[:SHOWN]],
        "more": f"and {more} more" if more > 0 else "",
    }


def _problem(problem: Mapping[str, str]) -> dict[str, str]:
    unit = problem["unit"]
    label = LABELS.get(unit) or unit_label(unit) if unit else ""
    words = f"{problem['message']}." if label else sentence(problem["message"])
    return {"field": label, "words": words}


def _planned(row: BatchRow) -> str:
    label, tone = ACTIONS[BatchRow.Action(row.action)]
    return ui.badge(label, tone)
