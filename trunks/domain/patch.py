"""A patch: what an actor asked for, unit by unit.

`Put` sets a scalar, `Edit` adds and removes elements of a list (what a form sends), `Whole`
states a list in full (what a program sends). The three survive as JSON on the change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from trunks.domain.lists import without
from trunks.domain.units import LISTS, METHOD, TYPE, Units, normal, same


@dataclass(frozen=True, slots=True)
class Put:
    value: Any


@dataclass(frozen=True, slots=True)
class Edit:
    """`order`: how the list stood once; what it names comes in that order, what else is there
    after it. It makes nothing differ by itself."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    values: tuple[str, ...]


Op = Put | Edit | Whole
Patch = Mapping[str, Op]


def dump_patch(patch: Patch) -> dict[str, dict[str, Any]]:
    return {unit: _dump(op) for unit, op in patch.items()}


def _dump(op: Op) -> dict[str, Any]:
    match op:
        case Put(value):
            return {"set": value}
        case Edit(add, remove, order):
            ordered = {"order": list(order)} if order else {}
            return {"add": list(add), "remove": list(remove), **ordered}
        case Whole(values):
            return {"whole": list(values)}
    assert_never(op)


def load_patch(document: Mapping[str, Mapping[str, Any]]) -> dict[str, Op]:
    return {unit: _load(op) for unit, op in document.items()}


def _load(op: Mapping[str, Any]) -> Op:
    if "set" in op:
        return Put(op["set"])
    if "whole" in op:
        return Whole(tuple(op["whole"]))
    return Edit(tuple(op["add"]), tuple(op["remove"]), tuple(op.get("order", ())))


def edit_of(unit: str, before: Iterable[str] | None, after: Iterable[str] | None) -> Edit | None:
    """The add/remove between two lists, None when they hold the same."""
    had, has = normal(unit, before), normal(unit, after)
    add, remove = without(has, had), without(had, has)
    return Edit(add, remove) if add or remove else None


def patch_between(seen: Units, wanted: Units) -> dict[str, Op]:
    """What a person touched: the units of `wanted` that differ from what they saw.

    After a switch of method, its own units are stated whole: there was nothing to edit before.
    """
    switched = TYPE in wanted and wanted[TYPE] != seen.get(TYPE)
    patch: dict[str, Op] = {}
    for unit, value in wanted.items():
        value = normal(unit, value)
        own = switched and unit.startswith(METHOD)
        if not own and same(unit, seen.get(unit), value):
            continue
        if unit not in LISTS:
            patch[unit] = Put(value)
        elif own:
            patch[unit] = Whole(value)
        elif edit := edit_of(unit, seen.get(unit), value):
            patch[unit] = edit
    return patch


def apply_patch(units: Units, patch: Patch) -> dict[str, Any]:
    """The settings the patch asks for when laid over `units`."""
    result = dict(units)
    for unit, op in patch.items():
        result[unit] = apply_op(op, result.get(unit))
    if result.get(TYPE) != units.get(TYPE):
        for unit in [u for u in result if u.startswith(METHOD) and u != TYPE and u not in patch]:
            del result[unit]  # a switch leaves the old method's own units behind
    return result


def apply_op(op: Op, current: Any) -> Any:
    match op:
        case Put(value):
            return value
        case Whole(values):
            return values
        case Edit(add, remove, order):
            kept = without(current or (), remove)
            return _in_order(kept + without(add, kept), order)
    assert_never(op)


def _in_order(values: tuple[str, ...], order: tuple[str, ...]) -> tuple[str, ...]:
    place = {value: index for index, value in enumerate(order)}
    return tuple(sorted(values, key=lambda value: place.get(value, len(place))))


def stated(wanted: Units) -> dict[str, Op]:
    """The patch of a create: everything given, lists whole; what is not said is left out."""
    patch: dict[str, Op] = {}
    for unit, value in wanted.items():
        if unit in LISTS:
            if value:
                patch[unit] = Whole(tuple(value))
        elif value is not None:
            patch[unit] = Put(value)
    return patch
