"""One line of an imported sheet: what of it differs from the trunk, and what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.columns import NUMBERS, SETTINGS, cell_of, differs, typed, values_of
from trunks.domain.networks import is_list_of_text, named, shown
from trunks.domain.patch import Patch, apply_patch, patch_between, stated
from trunks.domain.problems import Problem
from trunks.domain.rules import check_trunk
from trunks.domain.units import LINKAGES, LISTS, METHOD, TYPE, Units

Find = Callable[[str], str | None]  # a DID's id by its number or id


@dataclass(frozen=True, slots=True)
class Cells:
    """The settings of a line. `is_text`: all are text, as CSV has nothing else."""

    values: Mapping[str, Any]
    is_text: bool

    def typed(self, column: str) -> Any:
        value = self.values[column]
        if self.is_text:
            return typed(column, value)
        return tuple(value) if isinstance(value, list) else value

    def leaves(self, column: str) -> bool:
        """An empty cell where there can be no "none"."""
        attribute = ATTRIBUTES.get(column)
        must_be = attribute is not None and not attribute.nullable and column not in LISTS
        return self.is_text and (must_be or column == TYPE) and not self.values[column].strip()


@dataclass
class Reading:
    """What a line asks for: units by their values, and every complaint."""

    find: Find
    wanted: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, cells: Cells, columns: set[str]) -> None:
        for column in (c for c in SETTINGS if c in columns):
            value, complaints = self._checked(column, cells.typed(column))
            self.problems += [Problem(column, complaint) for complaint in complaints]
            if not complaints:
                self.wanted[column] = value

    def _checked(self, column: str, value: Any) -> tuple[Any, list[str]]:
        if column in ATTRIBUTES:
            return check_attribute(column, value)
        if column in NUMBERS:
            return self._numbers(column, value)
        check = authentication.CHECKS.get(column.removeprefix(METHOD))
        if check is None or value in (None, "", ()):
            return value or None, []
        return check(value)

    def _numbers(self, column: str, value: Any) -> tuple[Any, list[str]]:
        if value in (None, "", ()):
            return (), []
        elements = [value] if isinstance(value, str) else value
        if not is_list_of_text(elements):
            return (), ["must be a number" if column == "default_did" else "must be a list of text"]
        found = {element: self.find(element) for element in elements}
        odd = [
            f"“{shown(element)}” is not one of the account's DIDs"
            for element, id_ in found.items()
            if id_ is None
        ]
        ids = tuple(dict.fromkeys(id_ for id_ in found.values() if id_))
        return (ids if column in LINKAGES else next(iter(ids), None)), named(odd)


def read_update(
    cells: Cells, held: Units, numbers: Mapping[str, str], find: Find
) -> tuple[Patch, list[Problem]]:
    """The patch of an update: what reads otherwise than an export of the trunk would."""
    told = values_of(held, numbers)
    as_told = {c: cell_of(v) for c, v in told.items()} if cells.is_text else told
    touched = {
        column
        for column, value in cells.values.items()
        if column in told and differs(value, as_told[column]) and not cells.leaves(column)
    }
    if TYPE in touched:  # a switch states the method whole
        touched |= {c for c in cells.values if c.startswith(METHOD)}
    reading = Reading(find)
    reading.read(cells, touched)
    wanted = {u: v for u, v in reading.wanted.items() if not _is_others(u, v, reading.wanted, held)}
    patch = patch_between(held, wanted)
    return patch, reading.problems + _rest(held, patch, reading.problems)


def read_create(cells: Cells, find: Find) -> tuple[Patch, list[Problem]]:
    """The patch of a create: what is given; the rest is left to upstream's own defaults."""
    given = {c for c in cells.values if c in SETTINGS and cells.typed(c) not in (None, "", ())}
    reading = Reading(find)
    reading.read(cells, given)
    patch = stated(reading.wanted)
    return patch, reading.problems + _rest(None, patch, reading.problems)


def _is_others(unit: str, value: Any, wanted: Units, held: Units) -> bool:
    """An empty cell for what only another method has, or for a list that upstream manages."""
    if value not in (None, ()):
        return False
    if unit.startswith(METHOD) and unit != TYPE:
        type_ = str(wanted.get(TYPE, held.get(TYPE)))
        return unit.removeprefix(METHOD) not in authentication.SETTABLE.get(type_, ())
    return unit == "default_did"


def _rest(held: Units | None, patch: Patch, known: list[Problem]) -> list[Problem]:
    """What the settings as a whole complain of, beside what single cells did. Without any of
    those it is left to the planning, which says all."""
    if not known:
        return []
    units = {problem.unit for problem in known}
    found = check_trunk(held, apply_patch(held or {}, patch), set(patch))
    return [problem for problem in found if problem.unit not in units]
