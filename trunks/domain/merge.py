"""Three ways at once: what the actor saw, what they asked for, what upstream holds now.

Rules (architecture.md, "The way of a write"): different units merge; the same unit moved by
someone else is a conflict and nothing is overwritten; what upstream already holds is not sent
again. Lists are replayed element by element on what upstream holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trunks.domain.patch import Edit, Op, Patch, Put, Whole, apply_patch
from trunks.domain.units import MANAGED_BY, METHOD, TYPE, Units, same


@dataclass(frozen=True, slots=True)
class Conflict:
    """One unit that upstream moved after the actor looked."""

    unit: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """`wanted`: the whole trunk as it should be; `send`: only the units that upstream lacks."""

    wanted: Units
    send: Mapping[str, Any]
    conflicts: tuple[Conflict, ...]


def merge(base: Units, patch: Patch, theirs: Units) -> Merged:
    """Lay a patch over a fresh read.

    `base` holds, for the units of the patch, what the actor saw (and the method's type, when one
    of its attributes is in the patch); a unit it lacks was not known and cannot conflict, unless
    it belongs to a method that someone has switched to since: the actor saw none of it.
    `default_did` is never shown by upstream, so it is always sent.
    """
    conflicts = tuple(
        Conflict(unit, base.get(unit), _ours(op, base.get(unit)), theirs.get(unit))
        for unit, op in patch.items()
        if _conflicts(unit, op, base, patch, theirs)
    )
    wanted = apply_patch(theirs, patch)
    send = {unit: wanted[unit] for unit in patch if unit in wanted and _lacks(theirs, unit, wanted)}
    return Merged(wanted, send, conflicts)


def _lacks(theirs: Units, unit: str, wanted: Units) -> bool:
    """What was not shown is sent, but for attributes that the method shown does not have."""
    if unit not in theirs and not (unit.startswith(METHOD) and TYPE in theirs):
        return True
    return not same(unit, theirs.get(unit), wanted[unit])


def _ours(op: Op, base: Any) -> Any:
    match op:
        case Put(value):
            return value
        case Whole(values):
            return values
        case Edit(add, remove):
            return tuple(v for v in base or () if v not in remove) + add


def _conflicts(unit: str, op: Op, base: Units, patch: Patch, theirs: Units) -> bool:
    if unit not in base and not _switched_since(unit, base, theirs):
        return False
    if _method_left(unit, base, patch, theirs) or _handed_over(unit, patch, theirs):
        return True
    held, seen = theirs.get(unit), base.get(unit)
    match op:
        case Put(value):
            return not same(unit, held, value) and not same(unit, held, seen)
        case Whole(values):
            return not same(unit, held, values) and not same(unit, held, seen)
        case Edit(add, remove):
            return _element_moved(add, remove, held or (), seen or ())


def _switched_since(unit: str, base: Units, theirs: Units) -> bool:
    return unit.startswith(METHOD) and TYPE in base and base[TYPE] != theirs.get(TYPE)


def _method_left(unit: str, base: Units, patch: Patch, theirs: Units) -> bool:
    """Someone switched the method under an edit of one of its own attributes."""
    return TYPE not in patch and _switched_since(unit, base, theirs)


def _handed_over(unit: str, patch: Patch, theirs: Units) -> bool:
    """The flag that leaves this linkage to upstream was switched on meanwhile."""
    flag = MANAGED_BY.get(unit)
    return flag is not None and flag not in patch and bool(theirs.get(flag))


def _element_moved(
    add: tuple[str, ...], remove: tuple[str, ...], held: tuple[str, ...], seen: tuple[str, ...]
) -> bool:
    """They took out what we hold on to, or put back what we take out."""
    return any(v in seen and v not in held for v in add) or any(
        v not in seen and v in held for v in remove
    )


def is_shown(patch: Patch, theirs: Units) -> bool:
    """Whether upstream holds everything the patch asks for (units it never shows aside)."""
    return all(_op_shown(unit, op, theirs) for unit, op in patch.items() if unit != "default_did")


def _op_shown(unit: str, op: Op, theirs: Units) -> bool:
    held = theirs.get(unit)
    match op:
        case Put(value):
            return same(unit, held, value)
        case Whole(values):
            return same(unit, held, values)
        case Edit(add, remove):
            has = held or ()
            return all(v in has for v in add) and not any(v in has for v in remove)
