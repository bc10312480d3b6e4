"""A conflict put to a person: what has to be asked, and the patch that the answers make.

Everything is answered against `theirs`, the settings the person was shown: what is kept of ours is
asked for again on top of them, what is left to theirs is stated as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trunks.domain.patch import Op, Patch, Put, Whole, apply_patch
from trunks.domain.rules import check_trunk
from trunks.domain.units import LISTS, MANAGED_BY, METHOD, TYPE, Units

MINE: Final = "mine"
THEIRS: Final = "theirs"
EDITED: Final = "edited"
GOES_WITH = {"default_did": ("on_cli_mismatch_action", "replace_cli")}


@dataclass(frozen=True, slots=True)
class Question:
    """One choice to make. `units`: all that it settles; the first one names it.

    `keepable`: ours can still be asked for. `switches_off`: the flag that upstream switched on
    and that keeping ours switches off again. `editable`: a third value makes sense.
    """

    units: tuple[str, ...]
    keepable: bool = True
    switches_off: str = ""
    editable: bool = True

    @property
    def unit(self) -> str:
        return self.units[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind`: one of the three above; `op`: the edited value, for that one alone."""

    kind: str
    op: Op | None = None


def questions_in(units: Iterable[str], patch: Patch, base: Units, theirs: Units) -> list[Question]:
    """What to ask about the conflicting `units` of a patch, in their order.

    A method is one question: its own settings make no sense under another type.
    """
    units = [unit for unit in units if unit in patch]
    own = [unit for unit in units if unit.startswith(METHOD)]
    apart = [unit for unit in units if unit not in own]
    left = TYPE not in patch and TYPE in base and base[TYPE] != theirs.get(TYPE)
    if own and left:
        asked = [Question(tuple(own), keepable=False, editable=False)]
    elif TYPE in own:
        others = (unit for unit in patch if unit.startswith(METHOD) and unit != TYPE)
        asked = [Question((TYPE, *others), editable=False)]
    else:
        asked = [Question((unit,)) for unit in own]
    return [*(_question(unit, patch, theirs) for unit in apart), *asked]


def _question(unit: str, patch: Patch, theirs: Units) -> Question:
    flag = MANAGED_BY.get(unit, "")
    if flag and flag not in patch and theirs.get(flag):
        return Question((unit,), switches_off=flag)
    return Question((unit,))


def resolve(
    patch: Patch,
    theirs: Units,
    questions: Sequence[Question],
    answers: Mapping[str, Answer],
    *,
    rest: bool = True,
) -> dict[str, Op]:
    """The patch to lay over `theirs`; empty when nothing is left to ask for or to state.

    `answers` by the question's unit. `rest`: what nobody disputes goes along.
    """
    asked = {unit for question in questions for unit in question.units}
    result = {unit: op for unit, op in patch.items() if rest and unit not in asked}
    for question in questions:
        result |= _answered(question, answers[question.unit], patch, theirs)
    return tenable(result, theirs)


def _answered(question: Question, answer: Answer, patch: Patch, theirs: Units) -> dict[str, Op]:
    if answer.kind == EDITED and answer.op is not None:
        return {question.unit: answer.op, **_off(question)}
    if answer.kind == MINE and question.keepable:
        return {**{unit: patch[unit] for unit in question.units}, **_off(question)}
    return {unit: op for unit in question.units if (op := _stated(unit, theirs)) is not None}


def _off(question: Question) -> dict[str, Op]:
    return {question.switches_off: Put(False)} if question.switches_off else {}


def _stated(unit: str, theirs: Units) -> Op | None:
    """Theirs as something to ask for; None for what could not be asked for from here."""
    if unit not in theirs:
        return None
    value: Any = theirs[unit]
    op: Op = Whole(tuple(value or ())) if unit in LISTS else Put(value)
    return None if check_trunk(theirs, apply_patch(theirs, {unit: op}), {unit}) else op


def tenable(patch: Patch, theirs: Units) -> dict[str, Op]:
    """The patch without what it makes pointless itself: a list left to upstream by its flag, a
    setting that only another one uses."""
    wanted = apply_patch(theirs, patch)
    used = {unit for unit, (other, value) in GOES_WITH.items() if wanted.get(other) == value}
    return {
        unit: op
        for unit, op in patch.items()
        if not (unit in MANAGED_BY and wanted.get(MANAGED_BY[unit]))
        and (unit not in GOES_WITH or unit in used)
    }
