"""What a field's template needs, worked out once: ids, wiring for screen readers, errors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.forms import CheckboxInput
from django.forms.boundfield import BoundField
from django.forms.forms import BaseForm

Card = Mapping[str, Any]


def field_context(field: BoundField, **options: Any) -> dict[str, Any]:
    """Context of ``components/field.html``. Options: see ``ui.field_row``."""
    help_text = options.get("help") or field.help_text
    return {
        **options,
        "field": field,
        "label": options.get("label") or field.label,
        "help": help_text,
        "described_by": describing_ids(field, bool(help_text)),
        "control": control(field, bool(help_text), **extra_attrs(options)),
        "kind": kind_of(field),
    }


def kind_of(field: BoundField) -> str:
    if field.is_hidden:
        return "hidden"
    if isinstance(field.field.widget, CheckboxInput):
        return "check"
    return "group" if field.use_fieldset else "plain"


def describing_ids(field: BoundField, has_help: bool) -> str:
    """Ids of the texts about a field, the error first: it is what matters now."""
    ids = [f"{field.auto_id}_error"] if field.errors else []
    return " ".join([*ids, f"{field.auto_id}_helptext"] if has_help else ids)


def extra_attrs(options: Mapping[str, Any]) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    if options.get("mono"):
        attrs |= {"spellcheck": "false", "autocapitalize": "off"}
    if options.get("placeholder") is not None:
        attrs["placeholder"] = options["placeholder"]
    return attrs


def control(field: BoundField, has_help: bool, **attrs: Any) -> str:
    """The widget, wired to its help and error; focused if it is the form's first wrong one."""
    if not field.use_fieldset and (described_by := describing_ids(field, has_help)):
        attrs["aria-describedby"] = described_by
    if field.errors and is_first_wrong(field):
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


def is_first_wrong(field: BoundField) -> bool:
    wrong = (name for name in field.form.fields if name in field.form.errors)
    return next(wrong, None) == field.name


def radio_card_context(field: BoundField, cards: Sequence[Card]) -> dict[str, Any]:
    """Context of ``components/radio_cards.html``."""
    chosen = str(field.value() or "")
    rows = [
        {**card, "id": f"{field.auto_id}_{place}", "checked": str(card["value"]) == chosen}
        for place, card in enumerate(cards)
    ]
    return {
        "field": field,
        "cards": rows,
        "described_by": describing_ids(field, bool(field.help_text)),
    }


def wrong_fields(forms: Sequence[BaseForm]) -> Iterator[BoundField]:
    for form in forms:
        yield from (field for field in form if field.errors and not field.is_hidden)


def homeless_errors(forms: Sequence[BaseForm]) -> Iterator[str]:
    """Errors that stand beside no visible field."""
    for form in forms:
        yield from map(str, form.non_field_errors())
        yield from (str(error) for field in form.hidden_fields() for error in field.errors)
