"""Form fields of a trunk's settings: how each is shown, and what was typed, in JSON's types.

They convert and judge nothing: what a value may be is the domain's to say, once, for forms and
the API alike. A field that reads as it was shown was not touched, whatever upstream holds.
"""

import re
from collections.abc import Iterator
from typing import Any

from django import forms

from trunks.domain.decimals import as_decimal
from trunks.domain.units import Units

SEPARATORS = re.compile(r"[\s,;]+")
LINE_BREAKS = re.compile(r"[\r\n]")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Setting(forms.Field):
    """A line of text; empty means null."""

    widget: type[forms.Widget] | forms.Widget = forms.TextInput

    def __init__(self, **options: Any):
        super().__init__(required=False, **options)

    def shown(self, value: Any) -> Any:
        return "" if value is None else str(value)

    def typed(self, text: Any) -> Any:
        return text.strip() or None

    def tidy(self, text: Any) -> Any:
        """The text as it comes back from a browser that nobody typed into."""
        return LINE_BREAKS.sub("", text).replace("\0", "\ufffd").strip()


class Whole(Setting):
    """A whole number; what is none stays text, for the domain to complain about."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def typed(self, text: Any) -> Any:
        text = text.strip()
        return int(text) if WHOLE_NUMBER.fullmatch(text) else text or None


class Amount(Setting):
    """Money, shown with its cents."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def shown(self, value: Any) -> Any:
        number = as_decimal(value)
        if number is None or number != round(number, 2):
            return value or ""
        return f"{number:.2f}"


class Flag(Setting):
    widget = forms.CheckboxInput

    def shown(self, value: Any) -> Any:
        return bool(value)

    def typed(self, text: Any) -> Any:
        return bool(text)

    tidy = typed


class Choice(Setting):
    """One of a list; a value that only upstream knows joins it while it is the present one."""

    widget = forms.Select

    def __init__(
        self, *, choices: tuple[tuple[str, str], ...], current: str | None, **options: Any
    ):
        super().__init__(**options)
        if current and current not in dict(choices):
            choices = (*choices, (current, f"{current} (set upstream)"))
        self.widget.choices = choices


class Lines(Setting):
    """A list, one element a line; commas, semicolons and spaces separate too."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})

    def shown(self, value: Any) -> Any:
        return "\n".join(value or ())

    def typed(self, text: Any) -> Any:
        return tuple(part for part in SEPARATORS.split(text) if part)

    tidy = typed


class SettingsForm(forms.Form):
    """Settings in fields. `seen`: the units that were shown; `unit_of` names a field's unit."""

    def __init__(self, data: Any = None, *, seen: Units, **options: Any):
        super().__init__(data, **options)
        self.seen = seen
        for name, field in self.settings():
            field.initial = field.shown(seen.get(self.unit_of(name)))

    def unit_of(self, name: str) -> str:
        return name

    def settings(self) -> Iterator[tuple[str, Setting]]:
        for name, field in self.fields.items():
            if isinstance(field, Setting):
                yield name, field

    def shown(self) -> dict[str, Any]:
        """What each field showed at first, by the name it is sent under."""
        return {
            self.add_prefix(name): field.shown(self.seen.get(self.unit_of(name)))
            for name, field in self.settings()
        }

    def entered(self) -> dict[str, Any]:
        """What every field that was sent holds, by unit."""
        return {
            self.unit_of(n): f.typed(t)
            for n, f in self.settings()
            if (t := self.text(n)) is not None
        }

    def touched(self) -> dict[str, Any]:
        """The same for the fields that read otherwise than they were shown."""
        held = self.entered()
        return {
            unit: held[unit]
            for name, field in self.settings()
            if (unit := self.unit_of(name)) in held
            and field.tidy(self.text(name)) != field.tidy(field.shown(self.seen.get(unit)))
        }

    def text(self, name: str) -> Any:
        """What was sent for a field; None when it was not sent at all. One that is not theirs to
        set reads as it was shown, whatever was sent."""
        field = self.fields[name]
        if field.disabled and isinstance(field, Setting):
            return field.shown(self.seen.get(self.unit_of(name)))
        widget = self.fields[name].widget
        return widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def complain(self, name: str | None, messages: list[str]) -> None:
        """Put complaints beside a field (None: on top): a few, a mess would bury the page."""
        few = messages[:5]
        if len(messages) > len(few):
            few.append(f"… and {len(messages) - len(few):,} more like these.")
        for message in few:
            self.add_error(name, message)
