"""Changes as entries of `components/timeline.html`."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from trunks.models import Change, Decision, Trunk
from trunks.templatetags import _states
from trunks.web.decision_words import decided_by
from trunks.web.diff_lines import rows_of, title_of, trunk_name
from trunks.web.staff.callback_words import callback_entries

Entry = dict[str, Any]
SHOWN = 20
ROWS_SHOWN = 4
CHIPS_SHOWN = 6  # of each row; the change's own page has them all


def state_words(change: Change) -> str:
    """The state inside a line: `applied`, `outcome unknown`, `seen upstream`."""
    return _states.look_of(change).label.lower()


def entry_of(change: Change, *, with_rows: bool = True, of_trunk: bool = False) -> Entry:
    rows = short_rows(change) if with_rows else []
    return {
        "tone": _states.look_of(change).tone,
        "title": title_of(change),
        "of": trunk_name(change) if of_trunk else "",
        "url": reverse("staff:change-detail", args=[change.pk]),
        "rows": rows[:ROWS_SHOWN],
        "note": _note(change, len(rows)),
        "who": "" if change.state == Change.State.OBSERVED else change.actor_label,
        "state": state_words(change),
        "at": change.settled_at or change.created_at,
    }


def short_rows(change: Change) -> list[dict[str, Any]]:
    """One row needs no label, its title says it; a new trunk's whole settings are too long here."""
    if change.kind not in (Change.Kind.UPDATE, Change.Kind.OBSERVED):
        return []
    rows = [shortened(row) for row in rows_of(change) if row["unit"] != "presence"]
    return [{**row, "label": ""} for row in rows] if len(rows) == 1 else rows


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """A list of hundreds would be all there is to see: some of each, the rest counted."""
    removed, added = row.get("removed") or [], row.get("added") or []
    if len(removed) + len(added) <= CHIPS_SHOWN + 1:
        return row
    kept = min(len(added), max(CHIPS_SHOWN // 2, CHIPS_SHOWN - len(removed)))
    row = {**row, "removed": removed[: CHIPS_SHOWN - kept], "added": added[:kept]}
    more = len(removed) + len(added) - len(row["removed"]) - kept
    return {**row, "more": f"and {more:,} more"}


def _note(change: Change, rows: int) -> str:
    if change.reason:
        return f"“{change.reason}”"
    return f"and {rows - ROWS_SHOWN} more" if rows > ROWS_SHOWN else ""


def standing_decisions(changes: Iterable[Change]) -> dict[UUID, Decision]:
    """What was decided about them, by change, in one query."""
    asked = [change.pk for change in changes if asks(change)]
    found = Decision.objects.standing().filter(change__in=asked) if asked else ()
    return {decision.change_id: decision for decision in found}


def asks(change: Change) -> bool:
    """Whether it is of those that somebody decides on."""
    return change.is_drift or change.state == Change.State.CONFLICTED


def _with_decision(entry: Entry, change: Change, decisions: Mapping[UUID, Decision]) -> Entry:
    """Who decided what about it; a conflict that nobody has decided leads to its screen."""
    if decision := decisions.get(change.pk):
        return entry | {"state": f"{entry['state']} · {decided_by(decision)}"}
    if change.state == Change.State.CONFLICTED:
        return entry | {"url": reverse("staff:change-conflict", args=[change.pk])}
    return entry


def timeline_of(trunk: Trunk, changes: Iterable[Change], *, complete: bool) -> list[Entry]:
    """Everything known to have happened, newest first, down to the first sight of the trunk."""
    changes = list(changes)
    decisions = standing_decisions(changes)
    entries = [_with_decision(entry_of(change), change, decisions) for change in changes]
    entries += callback_entries(trunk, None if complete else changes[-1].created_at)
    if complete:
        entries += beginnings(trunk, is_told=any(c.credentials_changed for c in changes))
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def beginnings(trunk: Trunk, *, is_told: bool) -> list[Entry]:
    """`is_told`: a change already says since when the credentials are known."""
    known_at, first = trunk.credentials_known_at, trunk.first_seen_at
    entries = [{"tone": "neutral", "title": "First seen here", "at": first}]
    if known_at and known_at > first and not is_told:
        entries.append({"tone": "neutral", "title": "Credentials known from here", "at": known_at})
    return entries
