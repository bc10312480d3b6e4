"""Undoing an applied change: what to ask for so that the trunk stands as before it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trunks.domain.history import Line, Past, Step, undo
from trunks.domain.patch import Edit, Op, Put, Whole, patch_between
from trunks.domain.problems import Problem
from trunks.domain.units import LISTS, MANAGED_BY, Units, same

DEFAULT_DID = "default_did"
CLI_ACTION = "on_cli_mismatch_action"
MOVED = "has been changed again since"
UNKNOWN_DEFAULT = "was another one before, and upstream never shows which: choose it by hand"
SOME_TIME = datetime.min.replace(tzinfo=UTC)  # of one step the moment does not matter


def way_back(
    lines: Iterable[Line],
    held: Units,
    *,
    orders: Mapping[str, Any],
    default_did: str | None = None,
) -> tuple[dict[str, Op], list[Problem]]:
    """The patch from what is `held` to what was there before, and what stands in its way.

    `lines`: the change's diff and consequences. Lists go back element by element, in the order
    they had in `orders` (the change's base); a scalar that somebody moved since is a problem.
    `default_did`: the one before, where it is known.
    """
    lines = list(lines)
    past = undo(Past(held), Step.of(SOME_TIME, lines))
    patch = patch_between(held, past.settings)
    patch |= _taken_over(held, past.settings)
    patch = {unit: _ordered(unit, op, orders, lines) for unit, op in patch.items()}
    patch = {unit: op for unit, op in patch.items() if unit not in _stays(past.settings)}
    problems = [Problem(unit, MOVED) for unit in sorted(past.doubtful) if _moved(unit, held, past)]
    if not _needs_default(lines, past.settings):
        return patch, problems
    if default_did is None:
        return patch, [*problems, Problem(DEFAULT_DID, UNKNOWN_DEFAULT)]
    return {**patch, DEFAULT_DID: Put(default_did)}, problems


def _moved(unit: str, held: Units, past: Past) -> bool:
    """Of a list, what others put in or took out stays; of a scalar, what stands as before may."""
    return unit not in LISTS and not same(unit, held.get(unit), past.settings.get(unit))


def _taken_over(held: Units, before: Units) -> dict[str, Op]:
    """A list that upstream managed is stated whole once its flag goes off, also as an empty one."""
    return {
        linkage: Whole(tuple(before.get(linkage) or ()))
        for linkage, flag in MANAGED_BY.items()
        if held.get(flag) and not before.get(flag)
    }


def _stays(before: Units) -> set[str]:
    return {linkage for linkage, flag in MANAGED_BY.items() if before.get(flag)}


def _ordered(unit: str, op: Op, orders: Mapping[str, Any], lines: list[Line]) -> Op:
    if not isinstance(op, Edit) or not op.add:
        return op
    gone = next((line.get("removed") for line in lines if line["field"] == unit), None)
    return replace(op, order=tuple(orders.get(unit) or gone or ()))


def _needs_default(lines: list[Line], before: Units) -> bool:
    told = {line["field"] for line in lines}
    return before.get(CLI_ACTION) == "replace_cli" and bool(told & {DEFAULT_DID, CLI_ACTION})
