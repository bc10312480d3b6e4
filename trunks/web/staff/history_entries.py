"""Everything that happened to a trunk, a page at a time: its changes and upstream's callbacks."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse

from trunks.models import CallbackEvent, Change, Decision, Trunk
from trunks.models.change import WITH_EFFECT, ChangeQuerySet
from trunks.templatetags import ui
from trunks.web.decision_words import did
from trunks.web.diff_lines import rows_of, title_of, unit_label
from trunks.web.error_words import first_error
from trunks.web.listing import page_of
from trunks.web.staff import history_filters
from trunks.web.staff.callback_words import entry_of_event
from trunks.web.staff.timeline import beginnings, short_rows, shortened
from trunks.web.words import counted, sentence

Entry = dict[str, Any]
ROWS_SHOWN = 6
CHANGE, EVENT = "change", "event"
NOW = "now"


def history_page(request: HttpRequest, trunk: Trunk) -> Page:
    """A page of (moment, sort, key), newest first, whatever they are of."""
    changes = history_filters.changes_found(request, trunk)
    events = history_filters.events_found(request, trunk).annotate(moment=F("received_at"))
    both = _keys(changes, CHANGE).union(_keys(events, EVENT), all=True)
    return page_of(request, both.order_by("-moment", "-sort", "-key"))


def _keys(rows: QuerySet[Any], sort: str) -> QuerySet[Any, tuple[Any, ...]]:
    rows = rows.order_by().annotate(sort=Value(sort, CharField()), key=Cast("pk", CharField()))
    return rows.values_list("moment", "sort", "key")


def entries_of(page: Page, trunk: Trunk, *, is_whole: bool) -> list[Entry]:
    """The page's entries, in a constant number of queries. `is_whole`: nothing is filtered out,
    so that its last page may tell how it began."""
    found = list(page.object_list)
    changes = _changes({UUID(key) for _, sort, key in found if sort == CHANGE})
    events = CallbackEvent.objects.in_bulk([int(key) for _, sort, key in found if sort == EVENT])
    entries = [
        _of_change(changes[UUID(key)], trunk) if sort == CHANGE else _of_event(events[int(key)])
        for _, sort, key in found
    ]
    if is_whole and not page.has_next():
        entries = sorted([*entries, *_beginnings(trunk, changes.values())], key=_at, reverse=True)
    return _chosen([_now(trunk), *entries], trunk) if entries else []


def _chosen(entries: list[Entry], trunk: Trunk) -> list[Entry]:
    """Before anybody chooses: what the latest change did."""
    moments = [entry for entry in entries if entry.get("moment")]
    compare = reverse("staff:trunk-compare", args=[trunk.pk])
    for entry in moments[1:]:
        entry["compare_url"] = f"{compare}?{urlencode({'one': entry['moment']})}"
    moments[0]["is_to"] = True
    moments[min(2, len(moments) - 1)]["is_from"] = True
    return entries


def _at(entry: Entry) -> Any:
    return entry["at"]


def _changes(ids: Iterable[UUID]) -> dict[UUID, Change]:
    rows: ChangeQuerySet = Change.objects.select_related("batch")
    return rows.prefetch_related("decisions__by", "decides__change").in_bulk(ids)


def _of_change(change: Change, trunk: Trunk) -> Entry:
    rows = short_rows(change)
    at = change.settled_at or change.created_at
    is_moment = change.state in WITH_EFFECT and at >= trunk.first_seen_at
    return {
        "title": title_of(change),
        "url": _url(change.pk),
        "state": ui.change_state(change),
        "at": at,
        "who": change.actor_label or "trunkadmin",
        "how": "" if change.state == Change.State.OBSERVED else change.get_origin_display(),
        "rows": rows[:ROWS_SHOWN],
        "more": counted(len(rows) - ROWS_SHOWN, "more") if len(rows) > ROWS_SHOWN else "",
        "reason": change.reason,
        "answer": _answer(change),
        "request_id": change.request_id,
        "tries": counted(change.attempts, "attempt") if change.attempts > 1 else "",
        "later_url": _url(change.superseded_by_id),
        "consequences": [shortened(row) for row in rows_of(change, change.consequences)],
        "decisions": [_decision(d) for d in change.decisions.all() if _counts(d)],
        "decides": [_decided(decision) for decision in change.decides.all()],
        "batch": _batch(change),
        "moment": at.isoformat() if is_moment else "",
    }


def _url(change_id: UUID | None) -> str:
    return reverse("staff:change-detail", args=[change_id]) if change_id else ""


def _answer(change: Change) -> str:
    """What upstream said or what became of it, where the state alone does not tell."""
    state = Change.State
    if change.state == state.REFUSED:
        return f"{first_error(change)} Nothing was changed.".strip()
    if change.state == state.CONFLICTED:
        fields = ", ".join(unit_label(line["field"]) for line in change.conflicts)
        return f"Upstream had moved in the same place: {fields}. Nothing was overwritten."
    if change.credentials_changed and change.state == state.APPLIED:
        return "DIDWW made a new username and password."
    return sentence(change.waiting_reason or change.hold_reason)


def _counts(decision: Decision) -> bool:
    """A decision whose change is only planned is none yet."""
    return decision.by is None or decision.by.state != Change.State.PLANNED


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "words": did(decision),
        "at": decision.at,
        "reason": decision.reason,
        "url": _url(decision.by_id),
    }


def _decided(decision: Decision) -> dict[str, Any]:
    was = "conflict" if decision.change.state == Change.State.CONFLICTED else "drift"
    return {
        "words": f"Decides the {was}: {title_of(decision.change)}",
        "url": _url(decision.change_id),
    }


def _batch(change: Change) -> dict[str, str] | None:
    if change.batch is None:
        return None
    return {
        "label": str(change.batch),
        "url": reverse("staff:batch-detail", args=[change.batch_id]),
    }


def _of_event(event: CallbackEvent) -> Entry:
    entry = entry_of_event(event)
    return {
        "title": entry["title"],
        "state": ui.badge("Callback", entry["tone"], "bell-alert"),
        "at": entry["at"],
        "who": "Upstream",
        "answer": " ".join(filter(None, [sentence(entry["note"]), _read_since(event)])),
    }


def _read_since(event: CallbackEvent) -> str:
    return "" if event.refreshed_at else "The trunk was not read again yet."


def _now(trunk: Trunk) -> Entry:
    return {"title": "As it is now" if not trunk.is_gone else "As it was last", "moment": NOW}


def _beginnings(trunk: Trunk, changes: Iterable[Change]) -> Sequence[Entry]:
    told = Change.objects.filter(trunk=trunk, credentials_changed=True).exists()
    begun = [
        {**entry, "moment": entry["at"].isoformat() if entry["at"] == trunk.first_seen_at else ""}
        for entry in beginnings(trunk, is_told=told)
    ]
    is_made_here = any(change.kind == Change.Kind.CREATE for change in changes)
    return [entry for entry in begun if not (is_made_here and entry["moment"])]
