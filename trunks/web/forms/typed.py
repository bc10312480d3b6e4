"""Settings as if a person had just typed them: how a form is filled again from a change."""

from typing import Any

from django.http import QueryDict

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.units import METHOD, TYPE, Units
from trunks.web.forms.authentication import METHOD_FORMS, PREFIX
from trunks.web.forms.numbers import KINDS
from trunks.web.forms.settings import Flag, Setting
from trunks.web.forms.trunk import field_of


def typed_of(units: Units, account_id: object = "") -> QueryDict:
    """What a browser would send for a form that shows these units."""
    typed = QueryDict(mutable=True)
    typed["account"] = str(account_id)
    typed["auth_type"] = type_ = str(units.get(TYPE) or "")
    for name, attribute in ATTRIBUTES.items():
        _set(typed, name, field_of(attribute, units.get(name)), units.get(name))
    made = METHOD_FORMS.get(type_)
    for name, field in made.base_fields.items() if made else ():
        _set(typed, f"{PREFIX}-{name}", field, units.get(METHOD + name))
    for name in KINDS:
        chosen = units.get(name) or ()
        typed.setlist(name, [chosen] if isinstance(chosen, str) else list(chosen))
        typed[f"{name}-q"] = ""
    return typed


def _set(typed: QueryDict, name: str, field: Any, value: Any) -> None:
    if isinstance(field, Flag):
        if value:
            typed[name] = "on"
    elif isinstance(field, Setting):
        typed[name] = field.shown(value)
