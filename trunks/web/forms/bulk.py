"""One form for many trunks: every setting has a third state, "leave as is"."""

from collections.abc import Iterator
from typing import Any

from django import forms

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.networks import shown
from trunks.domain.patch import Edit, Op, Put, Whole
from trunks.domain.units import LINKAGES, LISTS, METHOD
from trunks.models.did import DidQuerySet
from trunks.web.forms.bulk_fields import (
    ADD,
    CALLBACK,
    CLEAR,
    FIELDS,
    GROUPS,
    LEAVE,
    OP,
    OWN,
    REPLACE,
    VALUE_FIELDS,
    Field,
)
from trunks.web.forms.numbers import NumberPicker
from trunks.web.forms.settings import Lines, Setting


class BulkForm(forms.Form):
    """`dids`: the numbers to choose from, None while several accounts are concerned; `own`: the
    address at which callbacks are received, in words."""

    def __init__(self, data: Any = None, *, dids: DidQuerySet | None, own: str, **options: Any):
        super().__init__(data, **options)
        self.dids = dids
        self.chosen = [f for f in FIELDS if dids is not None or not f.is_picker]
        for field in self.chosen:
            self._add(field, own)
        self.pickers = {
            field.unit: NumberPicker.of(field.unit, {}, data)
            for field in self.chosen
            if field.is_picker
        }
        self._name_numbers()

    def _add(self, field: Field, own: str) -> None:
        choices = field.choices
        if field.unit == CALLBACK:
            choices = (*choices[:2], (OWN, f"Receive them here: {own}"), *choices[2:])
        choice = forms.ChoiceField(required=False, label=field.label, choices=choices)
        if not field.has_value:
            self.fields[field.name] = choice
            return
        self.fields[field.choice_name] = choice
        if field.is_picker:
            self.fields[field.name] = forms.Field(required=False, label=field.label)
            return
        made = Lines if field.unit in LISTS else VALUE_FIELDS.get(field.unit, Setting)
        self.fields[field.name] = value = made(label=field.label)
        value.widget.attrs["aria-label"] = f"{field.label}: value"

    def _name_numbers(self) -> None:
        ids = {i for picker in self.pickers.values() for i in picker.ids}
        found = self.dids.filter(pk__in=ids) if self.dids is not None and ids else ()
        known = {str(did.pk): did for did in found}
        for picker in self.pickers.values():
            picker.name_chosen(known, {})

    # --- What was asked for -----------------------------------------------------------------------

    def ops(self) -> dict[str, Op]:
        """What is to be done, by unit; what is wrong with it is put beside its field."""
        found: dict[str, Op] = {}
        for field in self.chosen:
            if (op := self._op(field)) is not None:
                found[field.unit] = op
        if not found and not self.errors and not self.wants_own_callbacks:
            self.add_error(None, "Choose at least one setting to change.")
        return found

    @property
    def wants_own_callbacks(self) -> bool:
        return bool(self.data.get(CALLBACK + OP) == OWN)

    def _op(self, field: Field) -> Op | None:
        asked = self.data.get(field.choice_name, LEAVE)
        if asked not in dict(self.fields[field.choice_name].choices):  # type: ignore[attr-defined]
            self.add_error(field.choice_name, "This is not one of the choices.")
            return None
        if asked in (LEAVE, OWN):
            return None
        if not field.has_value:
            value = {"true": True, "false": False}.get(asked, asked)
            return Put(value)
        if asked == CLEAR:
            return Whole(()) if field.unit in LISTS else Put(None)
        return self._valued(field, asked)

    def _valued(self, field: Field, asked: str) -> Op | None:
        value, complaints = self._checked(field)
        for complaint in complaints[:5]:
            self.add_error(field.name, f"{complaint[:1].upper()}{complaint[1:]}.")
        if complaints:
            return None
        return _as_op(field.unit, asked, value)

    def _checked(self, field: Field) -> tuple[Any, list[str]]:
        if field.is_picker:
            return self._picked(field)
        setting = self.fields[field.name]
        value = setting.typed(self.data.get(field.name, ""))  # type: ignore[attr-defined]
        if field.unit in LISTS and not value:
            return (), ["list at least one"]
        if field.unit in ATTRIBUTES:
            value, complaints = check_attribute(field.unit, value)
        else:
            value, complaints = authentication.CHECKS[field.unit.removeprefix(METHOD)](value)
        return value, complaints or (["can't be blank"] if value is None else [])

    def _picked(self, field: Field) -> tuple[Any, list[str]]:
        picker = self.pickers[field.unit]
        if picker.odd:
            return (), [f"“{shown(picker.odd[0])}” is not one of the account's DIDs"]
        if not picker.ids:
            return (), ["choose at least one number" if field.unit in LINKAGES else "choose one"]
        return (picker.ids if field.unit in LINKAGES else picker.ids[0]), []

    # --- As the template shows it -----------------------------------------------------------------

    def groups(self) -> Iterator[dict[str, Any]]:
        for legend, fields in GROUPS:
            shown_ = [self._shown(field) for field in fields if field in self.chosen]
            yield {"legend": legend, "fields": shown_}

    def _shown(self, field: Field) -> dict[str, Any]:
        return {
            "field": field,
            "choice": self[field.choice_name],
            "value": self[field.name] if field.has_value and not field.is_picker else None,
            "picker": self.pickers.get(field.unit),
            "errors": self[field.name],
        }


def _as_op(unit: str, asked: str, value: Any) -> Op:
    if unit not in LISTS:
        return Put(value)
    values = tuple(value or ())
    if asked == REPLACE:
        return Whole(values)
    return Edit(add=values) if asked == ADD else Edit(remove=values)
