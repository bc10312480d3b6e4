"""The three ways of a conflict, prepared for the page: values in words, who, when, what follows."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from trunks.domain.lists import without
from trunks.domain.patch import apply_op
from trunks.domain.resolving import EDITED, MINE, THEIRS, Question
from trunks.domain.units import LINKAGES, LISTS, describe, difference
from trunks.models import Change
from trunks.services.conflicts import Standing, Ways
from trunks.services.drift import numbers_of
from trunks.templatetags import ui
from trunks.web.diff_lines import MONO, elements, rows_of, spoken, unit_label
from trunks.web.forms.resolving import Asked, ConflictForm, kept_value
from trunks.web.words import listed

Row = dict[str, Any]


def numbers_in(standing: Standing) -> dict[str, str]:
    """DID id → number, for all that the conflict speaks of."""
    change = standing.change
    sides = [(w.base, w.ours, w.found, w.theirs) for u, w in standing.ways.items() if u in LINKAGES]
    ids = {id_ for values in sides for value in values for id_ in value or ()}
    return {**change.did_numbers, **numbers_of(ids)}


def cards_of(request: HttpRequest, standing: Standing, form: ConflictForm) -> list[dict[str, Any]]:
    return [_card(request, standing, asked) for asked in form.asked()]


def _card(request: HttpRequest, standing: Standing, asked: Asked) -> dict[str, Any]:
    question, change = asked.question, standing.change
    ways = [standing.ways[unit] for unit in question.units]
    return {
        "unit": question.unit,
        "label": unit_label(question.unit),
        "columns": [
            _column(
                "When it was asked for", "neutral", change, ways, "base", _seen(request, change)
            ),
            _column("Asked for", "accent", change, ways, "ours", _asked(request, change)),
            _column("Upstream has", "danger", change, ways, "theirs", _origin(change, ways)),
        ],
        "moved_again": _moved_again(change, ways),
        "choice": asked.choice,
        "cards": _choices(request, standing, asked),
        "edited": asked.edited,
        "mono": question.unit in MONO,
        "is_group": asked.edited is not None and question.unit in LINKAGES,
    }


# --- The three columns ----------------------------------------------------------------------------


def _column(
    heading: str, tone: str, change: Change, ways: Sequence[Ways], side: str, notes: list[str]
) -> dict[str, Any]:
    values = [_value(change, way, side, with_label=len(ways) > 1) for way in ways]
    return {"heading": heading, "tone": tone, "values": values, "notes": notes}


def _value(change: Change, way: Ways, side: str, *, with_label: bool) -> Row:
    unit, value = way.unit, getattr(way, side)
    row: Row = {"label": unit_label(unit) if with_label else "", "mono": unit in MONO}
    if unit not in LISTS:
        return row | {"text": spoken(change, unit, value)}
    base, held = tuple(way.base or ()), tuple(value or ())
    row["kept"] = elements(change, unit, without(held, without(held, base)))
    row["added"] = elements(change, unit, without(held, base)) if side != "base" else []
    row["removed"] = elements(change, unit, without(base, held))
    return row | {"text": "" if held or row["removed"] else "none"}


def _seen(request: HttpRequest, change: Change) -> list[str]:
    at = ui.when(change.seen_at or change.created_at)
    return [format_html("{} saw this, {}", author(request, change), at)]


def _asked(request: HttpRequest, change: Change) -> list[str]:
    who = author(request, change)
    at = ui.when(change.submitted_at or change.created_at)
    notes: list[str] = [format_html("{} asked for it, {}", who, at)]
    return [*notes, f"“{change.reason}”"] if change.reason else notes


def _origin(change: Change, ways: Sequence[Ways]) -> list[str]:
    """When upstream was read, and who moved it as far as that is known here."""
    read = change.trunk.read_at if change.trunk else change.settled_at
    origin = next((way.origin for way in ways if way.origin), None)
    by = "by somebody upstream" if origin is None else _by(origin)
    return [by, format_html("last read {}", ui.when(read))]


def _by(origin: Change) -> str:
    url = reverse("staff:change-detail", args=[origin.pk])
    if origin.state == Change.State.OBSERVED:
        words, who = "seen", "by somebody upstream, "
    else:
        words, who = "applied", f"by {origin.actor_label or 'trunkadmin'}, "
    return format_html('{}<a href="{}">{}</a> {}', who, url, words, ui.when(origin.settled_at))


def _moved_again(change: Change, ways: Sequence[Ways]) -> str:
    for way in ways:
        if way.moved_again:
            was, now = (spoken(change, way.unit, v) for v in (way.found, way.theirs))
            return f"Upstream has moved again since: it had {was} then, and has {now} now."
    return ""


# --- The choices ----------------------------------------------------------------------------------


def is_mine(request: HttpRequest, change: Change) -> bool:
    return change.actor_kind == "staff" and change.actor_id == str(request.user.pk)


def author(request: HttpRequest, change: Change) -> str:
    return "You" if is_mine(request, change) else change.actor_label or "trunkadmin"


def _choices(request: HttpRequest, standing: Standing, asked: Asked) -> list[dict[str, Any]]:
    change, question = standing.change, asked.question
    mine = {
        "value": MINE,
        "label": "Keep mine" if is_mine(request, change) else f"Keep {change.actor_label}’s",
        "text": _kept(standing, question),
        "disabled": not question.keepable,
        "reason": NOT_KEEPABLE,
    }
    theirs = {"value": THEIRS, "label": "Take theirs", "text": _left(standing, question)}
    edit = {"value": EDITED, "label": "Edit", "text": "Neither: another value."}
    return [mine, theirs, edit] if asked.edited is not None else [mine, theirs]


NOT_KEEPABLE = (
    "Upstream switched the method, so this setting is not there any more. To switch back, edit the"
    " trunk."
)


def _kept(standing: Standing, question: Question) -> str:
    change, theirs = standing.change, standing.theirs
    if not question.keepable:
        return NOT_KEEPABLE
    said = [
        _becomes(change, unit, kept_value(unit, change.ops(), theirs), len(question.units) > 1)
        for unit in question.units
    ]
    words = "; ".join(said) + "."
    if question.switches_off:
        words += f" “{unit_label(question.switches_off)}” is switched off again."
    return words


def _becomes(change: Change, unit: str, value: Any, with_label: bool) -> str:
    words = _short(change, unit, value)
    return f"{unit_label(unit)} {words}" if with_label else f"It becomes {words}"


def _left(standing: Standing, question: Question) -> str:
    if question.switches_off:
        return f"“{unit_label(question.switches_off)}” stays on."
    unit = question.unit
    if unit not in standing.theirs:
        return "It stays as upstream has it."
    return f"It stays {_short(standing.change, unit, standing.theirs[unit])}."


def _short(change: Change, unit: str, value: Any) -> str:
    if unit in LISTS:
        return listed(elements(change, unit, value), 4) or "empty"
    return spoken(change, unit, value)


# --- What goes along, and what moved --------------------------------------------------------------


def rest_of(standing: Standing) -> list[Row]:
    """What nobody disputes, from what upstream has to what was asked for."""
    ops, theirs = standing.change.ops(), standing.theirs
    held = {unit: theirs.get(unit) for unit in standing.undisputed}
    wanted = {unit: apply_op(ops[unit], theirs.get(unit)) for unit in standing.undisputed}
    return rows_of(standing.change, describe(difference(held, wanted)))


def moved_since(change: Change) -> list[Row]:
    """What is otherwise now than it was when a deletion or new credentials were reviewed."""
    if change.kind != Change.Kind.DELETE or change.trunk is None:
        return []
    return rows_of(change, describe(difference(change.base, change.trunk.units())))
