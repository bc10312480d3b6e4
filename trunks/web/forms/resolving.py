"""The answers to a conflict as a form: for each question keep mine, take theirs, or edit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, check_attribute, label_of
from trunks.domain.patch import Patch, Put, apply_op, edit_of
from trunks.domain.problems import Problem
from trunks.domain.resolving import EDITED, MINE, THEIRS, Answer, Question
from trunks.domain.units import LINKAGES, LISTS, METHOD, Units, normal
from trunks.services.conflicts import Standing
from trunks.web.countries import number_in_words
from trunks.web.forms.acts import Reason
from trunks.web.forms.authentication import METHOD_FORMS
from trunks.web.forms.settings import Flag, Setting
from trunks.web.forms.trunk import field_of

CHOICES = ((MINE, "Keep mine"), (THEIRS, "Take theirs"), (EDITED, "Edit"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its fields; `edited` is None where no third value makes sense."""

    question: Question
    choice: BoundField
    edited: BoundField | None


class ConflictForm(forms.Form):
    """Fields are `choice-<name>` and `edited-<name>`, by the last part of the unit's name."""

    rest = forms.BooleanField(required=False, initial=True, label="Apply these too")
    reason = Reason(required=False)

    def __init__(self, data: Any = None, *, standing: Standing, numbers: Mapping[str, str]):
        super().__init__(data)
        self.standing, self.patch = standing, standing.change.ops()
        for question in standing.questions:
            name = name_of(question.unit)
            self.fields[f"choice-{name}"] = forms.ChoiceField(
                choices=CHOICES,
                widget=forms.RadioSelect,
                label=f"{label_of(question.unit)}: your decision",
                error_messages={"required": "Choose what it shall be."},
            )
            if field := edited_field(question, standing, numbers):
                self.fields[f"edited-{name}"] = field
        self.order_fields([name for name in self.fields if name not in ("rest", "reason")])

    def asked(self) -> Iterator[Asked]:
        for question in self.standing.questions:
            name = name_of(question.unit)
            edited = f"edited-{name}"
            yield Asked(
                question, self[f"choice-{name}"], self[edited] if edited in self.fields else None
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        self.answers = {
            question.unit: answer
            for question in self.standing.questions
            if (answer := self._answer(question)) is not None
        }
        return cleaned

    def _answer(self, question: Question) -> Answer | None:
        name, unit = name_of(question.unit), question.unit
        kind = self.cleaned_data.get(f"choice-{name}")
        if not kind or (kind == MINE and not question.keepable):
            return None
        if kind != EDITED:
            return Answer(kind)
        if f"edited-{name}" not in self.fields:
            return None
        value, complaints = checked(unit, self._typed(name))
        for complaint in complaints[:5]:
            self.add_error(f"edited-{name}", Problem(unit, complaint).sentence)
        return edited(unit, value, self.standing.theirs)

    def _typed(self, name: str) -> Any:
        field = self.fields[f"edited-{name}"]
        if not isinstance(field, Setting):
            return tuple(self.cleaned_data.get(f"edited-{name}") or ())
        return field.typed(self.data.get(f"edited-{name}", ""))

    def complain(self, problems: Iterable[Problem]) -> None:
        """Puts what planning found wrong beside the setting it is about, else on top."""
        for problem in problems:
            edited = f"edited-{name_of(problem.unit)}"
            self.add_error(edited if edited in self.fields else None, problem.sentence)


def name_of(unit: str) -> str:
    return unit.rpartition(".")[2]


def kept_value(unit: str, patch: Patch, theirs: Units) -> Any:
    """What keeping ours comes to, on top of theirs."""
    return normal(unit, apply_op(patch[unit], theirs.get(unit)))


def edited_field(
    question: Question, standing: Standing, numbers: Mapping[str, str]
) -> forms.Field | None:
    """The field of the setting itself, filled with what keeping ours comes to."""
    unit = question.unit
    if not question.editable:
        return None
    value = kept_value(unit, standing.change.ops(), standing.theirs)
    if unit in LINKAGES:
        ways = standing.ways[unit]
        ids = dict.fromkeys([*(ways.base or ()), *(ways.ours or ()), *(ways.theirs or ())])
        choices = [(id_, number_in_words(numbers[id_]) if id_ in numbers else id_) for id_ in ids]
        return forms.MultipleChoiceField(
            choices=choices,
            required=False,
            initial=list(value),
            label="Assigned",
            widget=forms.CheckboxSelectMultiple,
        )
    field = setting_of(unit, value)
    if field is None or isinstance(field, Flag):
        return None
    field.initial = field.shown(value)
    field.label = label_of(unit)
    return field


def setting_of(unit: str, value: Any) -> Setting | None:
    if unit in ATTRIBUTES:
        return field_of(ATTRIBUTES[unit], value)
    name = name_of(unit)
    made = (form.base_fields.get(name) for form in METHOD_FORMS.values())
    found = next((field for field in made if isinstance(field, Setting)), None)
    return type(found)(label=found.label, help_text=found.help_text) if found else None


def checked(unit: str, value: Any) -> tuple[Any, list[str]]:
    """The value in normal form, and what is wrong with it."""
    if unit in ATTRIBUTES:
        return check_attribute(unit, value)
    if unit.startswith(METHOD):
        return authentication.CHECKS[name_of(unit)](value)
    return value, []


def edited(unit: str, value: Any, theirs: Units) -> Answer:
    """Of a list what differs from theirs: nobody states more than they touched."""
    if unit not in LISTS:
        return Answer(EDITED, Put(value))
    edit = edit_of(unit, theirs.get(unit), value)
    return Answer(EDITED, edit) if edit else Answer(THEIRS)
