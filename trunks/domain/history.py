"""A trunk's settings at any past moment: what is held now, walked back change by change.

What changed a trunk is kept as lines (`domain.units.describe`): a scalar's old and new value, a
list's added and removed elements. Undone newest first they lead from the present to the past. A
line that does not fit what is found when it is undone tells that something was not recorded:
that unit is doubtful, and it is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trunks.domain.authentication import SETTABLE
from trunks.domain.lists import without
from trunks.domain.spelling import SPELLING
from trunks.domain.units import (
    CREDENTIALS,
    LISTS,
    MANAGED_BY,
    METHOD,
    TYPE,
    Units,
    normal,
    same,
)

Line = Mapping[str, Any]

PRESENCE = "presence"
# Told in a diff, and no setting: what upstream decides by itself or never shows.
NO_SETTINGS = frozenset({*CREDENTIALS, "credentials", "threshold_reached", "default_did"})
# A read is dated when it began, a write when it was settled: two that met may stand crosswise.
CROSSED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """What one settled change did, line by line, in the order in which it happened."""

    at: datetime
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, at: datetime, *parts: Iterable[Line]) -> "Step":
        """Of a change's diff and its consequences: what of them moved a setting, or the trunk."""
        lines = (line for part in parts for line in part)
        return cls(at, tuple(line for line in lines if _moves(line)))

    @property
    def fields(self) -> set[str]:
        return {line["field"] for line in self.lines}


@dataclass(frozen=True, slots=True)
class Past:
    """The settings at a moment. `doubtful`: units whose record does not fit together."""

    settings: Units
    is_present: bool = True
    doubtful: frozenset[str] = frozenset()


def walk_back(now: Past, steps: Iterable[Step], moment: datetime) -> Past:
    """The settings as they stood at `moment`, with all that had happened by then."""
    newest_first = sorted(steps, key=lambda step: step.at, reverse=True)
    later = [step for step in newest_first if step.at > moment]
    earlier = newest_first[len(later) :]
    then = now
    while later:
        then = undo(then, later.pop(_next(then, later)))
    return Past(then.settings, then.is_present, then.doubtful | _odd(then, earlier))


def undo(after: Past, step: Step) -> Past:
    """The settings before a step, given those after it."""
    units, is_present = dict(after.settings), after.is_present
    odd = set()
    for line in reversed(step.lines):
        unit = line["field"]
        if not _fits(units, is_present, line, step):
            odd.add(unit)
        if unit == PRESENCE:
            is_present = line.get("old") != "gone"
        else:
            units[unit] = _before(unit, units.get(unit), line)
    return Past(_completed(units), is_present, after.doubtful | odd)


def _before(unit: str, held: Any, line: Line) -> Any:
    if not is_of_list(line):
        return normal(unit, line.get("old"))
    kept = without(held or (), line.get("added") or ())
    return kept + without(line.get("removed") or (), kept)


def _moves(line: Line) -> bool:
    """Not: what is written otherwise and means the same, and what is no setting."""
    return line.get("why") != SPELLING and line["field"] not in NO_SETTINGS


def is_of_list(line: Line) -> bool:
    return "added" in line or "removed" in line


def _completed(units: Units) -> dict[str, Any]:
    """A method has its own attributes and no other's; a linkage is ours while its flag is off."""
    type_ = units.get(TYPE)
    own = {METHOD + name for name in SETTABLE.get(type_ or "", ())}
    kept = {u: v for u, v in units.items() if not u.startswith(METHOD) or u in own}
    if type_ is not None:
        kept |= {TYPE: type_, **{unit: units.get(unit, _nothing(unit)) for unit in own}}
    for name, flag in MANAGED_BY.items():
        if kept.get(flag):
            kept.pop(name, None)
        else:
            kept.setdefault(name, ())
    return kept


def _nothing(unit: str) -> Any:
    return () if unit in LISTS else None


def _next(after: Past, later: Sequence[Step]) -> int:
    """The step to undo first: the newest, unless it does not fit and one that crossed it does."""
    for index, step in enumerate(later):
        if later[0].at - step.at > CROSSED:
            break
        if not undo(after, step).doubtful - after.doubtful:
            return index
    return 0


def _fits(units: Units, is_present: bool, line: Line, step: Step) -> bool:
    """Whether what the line says it led to is what is found."""
    unit = line["field"]
    if unit == PRESENCE:
        return bool(line.get("new") == ("present" if is_present else "gone"))
    if unit not in units and _held_by(unit) - step.fields:
        return False  # it was there after this step: what took it away since is not undone yet
    if not is_of_list(line):
        return same(unit, units.get(unit), normal(unit, line.get("new")))
    held = set(units.get(unit) or ())
    return held.issuperset(line.get("added") or ()) and held.isdisjoint(line.get("removed") or ())


def _held_by(unit: str) -> set[str]:
    """The setting that decides whether a trunk has this one at all: a flag, the method."""
    if unit in MANAGED_BY:
        return {MANAGED_BY[unit]}
    return {TYPE} if unit.startswith(METHOD) and unit != TYPE else set()


def _odd(then: Past, earlier: Iterable[Step]) -> set[str]:
    """Units that do not stand as the last line about them before the moment left them."""
    told: set[str] = set()
    odd = set()
    for step in earlier:
        for line in reversed(step.lines):
            unit = line["field"]
            is_first = unit not in told and not _held_by(unit) & told
            if is_first and not _fits(then.settings, then.is_present, line, step):
                odd.add(unit)
            told.add(unit)
    return odd
