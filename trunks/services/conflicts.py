"""A conflict as a person has to see it: what was seen, what was asked for, what upstream has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trunks.domain.merge import merge
from trunks.domain.patch import apply_op
from trunks.domain.resolving import Question, questions_in
from trunks.domain.units import Units, normal, same
from trunks.models import Change
from trunks.services.attempts import rebased

LOOKED_THROUGH = 50  # of the trunk's latest changes, for where a value came from


@dataclass(frozen=True, slots=True)
class Ways:
    """One setting, three ways.

    `found`: what upstream had when the conflict was found; `theirs`: what it has now, as far as
    is known. `origin`: the change that brought theirs about, None when nobody here knows.
    """

    unit: str
    base: Any
    ours: Any
    found: Any
    theirs: Any
    origin: Change | None

    @property
    def moved_again(self) -> bool:
        return not same(self.unit, self.found, self.theirs)


@dataclass(frozen=True, slots=True)
class Standing:
    """A conflict and what there is to ask about it, against the settings in `theirs`."""

    change: Change
    theirs: Units
    questions: list[Question]
    ways: Mapping[str, Ways]
    undisputed: list[str]  # the rest of the change: nobody else moved it


def look_at(change: Change, theirs: Units | None = None) -> Standing:
    """The conflict of an update as it stands: recorded, and what moved since. `theirs`: the
    settings somebody was shown; without them, the mirror's."""
    theirs = change.trunk.units() if theirs is None and change.trunk else theirs or {}
    base, patch = rebased(change), change.ops()
    recorded = {line["field"]: line for line in change.conflicts}
    fresh = {c.unit: {"base": c.base, "ours": c.ours} for c in merge(base, patch, theirs).conflicts}
    lines = {**fresh, **{u: line for u, line in recorded.items() if u in patch}}
    questions = questions_in([u for u in patch if u in lines], patch, base, theirs)
    asked = {unit for question in questions for unit in question.units}
    origins = origins_of(change, asked)
    ways = {
        unit: _ways(unit, lines.get(unit, {"base": base.get(unit)}), change, theirs, origins)
        for unit in asked
    }
    return Standing(change, theirs, questions, ways, [u for u in patch if u not in asked])


def _ways(
    unit: str,
    line: Mapping[str, Any],
    change: Change,
    theirs: Units,
    origins: Mapping[str, Change],
) -> Ways:
    base, held = normal(unit, line.get("base")), theirs.get(unit)
    ours = normal(unit, line["ours"]) if "ours" in line else apply_op(change.ops()[unit], base)
    found = normal(unit, line["theirs"]) if "theirs" in line else held
    return Ways(unit, base, ours, found, held, origins.get(unit))


def origins_of(change: Change, units: Iterable[str]) -> dict[str, Change]:
    """By unit, the latest other change of the trunk that moved it: ours, or seen upstream."""
    others = Change.objects.with_effect().filter(trunk=change.trunk_id).exclude(pk=change.pk)
    found: dict[str, Change] = {}
    for other in others.order_by("-settled_at")[:LOOKED_THROUGH]:
        for line in (*other.diff, *other.consequences):
            if line["field"] in units:
                found.setdefault(line["field"], other)
    return found
