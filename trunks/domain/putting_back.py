"""What has to be put back once the time of an approved exception is over.

Only what still stands beyond the guard rails, and not whatever has been tightened meanwhile.
"""

from collections.abc import Iterable
from typing import Any

from trunks.domain.guardrails import Facts, Rails, judge, same_field
from trunks.domain.history import Line
from trunks.domain.lists import without
from trunks.domain.looseness import added_blocks
from trunks.domain.patch import Op, Put, Whole, edit_of
from trunks.domain.prefixes import leading_prefixes
from trunks.domain.units import LISTS, SIP_IPS, Units, same

ACTION, PREFIXES = "default_dst_action", "dst_prefixes"
DESTINATIONS = (ACTION, PREFIXES)


def way_to_put_back(
    rails: Rails, original: Units, present: Units, lines: Iterable[Line], fields: Iterable[str]
) -> dict[str, Op]:
    """The patch that leads `fields` back inside the rails, or to where they stood.

    `original`: the trunk as the exception found it; `lines`: what the exception did.
    """
    fields = list(fields)
    removed = {line["field"]: tuple(line.get("removed") or ()) for line in lines}
    beyond = {b.unit for b in judge(rails, original, present, facts=Facts())}
    units = {unit for unit in beyond if any(same_field(unit, field) for field in fields)}
    patch: dict[str, Op] = {}
    for unit in sorted(units):
        if unit in DESTINATIONS:
            patch |= _destinations(rails, original, present, removed)
        elif unit in LISTS:
            patch |= _list(unit, _networks(rails, unit, original, present, removed), present)
        else:
            patch[unit] = Put(original.get(unit))
    return patch


def _networks(
    rails: Rails, unit: str, original: Units, present: Units, removed: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """What is fine beside what was there stays; what the exception took out comes back, as far as
    the rest does not hold it."""
    held = tuple(present.get(unit) or ())
    kept = tuple(e for e in held if _is_fine(rails, unit, original, e))
    back = tuple(e for e in removed.get(unit, ()) if added_blocks(kept, (e,)))
    whole = (*kept, *back)
    fine = bool(whole) and not _is_beyond(rails, {**original, unit: whole}, original, unit)
    return whole if fine else tuple(original.get(unit) or ())


def _is_fine(rails: Rails, unit: str, original: Units, element: str) -> bool:
    had = tuple(original.get(unit) or ())
    if unit != SIP_IPS and not had:
        return True  # media came from everywhere already
    return not _is_beyond(rails, {**original, unit: (*had, element)}, original, unit)


def _is_beyond(rails: Rails, after: Units, original: Units, unit: str) -> bool:
    found = judge(rails, original, after, facts=Facts())
    return any(same_field(breach.unit, unit) for breach in found)


def _destinations(
    rails: Rails, original: Units, present: Units, removed: dict[str, tuple[str, ...]]
) -> dict[str, Op]:
    had, has = tuple(original.get(PREFIXES) or ()), tuple(present.get(PREFIXES) or ())
    if not same(ACTION, original.get(ACTION), present.get(ACTION)):
        both: dict[str, Op] = {ACTION: Put(original.get(ACTION)), PREFIXES: Whole(had)}
        return both
    out = removed.get(PREFIXES, ())
    if original.get(ACTION) == "reject_all":
        alone = {p: {**original, PREFIXES: (*had, p)} for p in has}
        kept = tuple(p for p in has if not _is_beyond(rails, alone[p], original, PREFIXES))
        return _list(PREFIXES, (*kept, *_uncovered(out, kept)), present)
    return _list(PREFIXES, (*has, *_uncovered(out, has)), present)


def _uncovered(prefixes: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(p for p in prefixes if frozenset(others).isdisjoint(leading_prefixes(p)))


def _list(unit: str, wanted: tuple[Any, ...], present: Units) -> dict[str, Op]:
    found = edit_of(unit, present.get(unit), without(wanted, ()))
    return {unit: found} if found else {}
