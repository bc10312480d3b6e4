"""The form for many trunks as if a person had just filled it: to go back from a plan to it."""

from django.http import QueryDict

from trunks.domain.patch import Edit, Op, Patch, Put, Whole
from trunks.web.forms.bulk_fields import ADD, CLEAR, FIELDS, REMOVE, REPLACE, SET, Field


def typed_of_patch(patch: Patch) -> QueryDict:
    """What a browser would have sent for this patch: to fill the form again."""
    typed = QueryDict(mutable=True)
    for field in (f for f in FIELDS if f.unit in patch):
        choice, value = _typed(field, patch[field.unit])
        typed[field.choice_name] = choice
        if field.is_picker:
            typed[f"{field.name}-q"] = ""
            typed.setlist(field.name, value)
        elif field.has_value:
            typed[field.name] = "\n".join(value)
    return typed


def _typed(field: Field, op: Op) -> tuple[str, list[str]]:
    """What was chosen, and the values beside it."""
    match op:
        case Put(value) if not field.has_value:
            return {True: "true", False: "false"}.get(value, value), []
        case Put(None) | Whole(()):
            return CLEAR, []
        case Put(value):
            return SET, [str(value)]
        case Whole(values):
            return REPLACE, list(values)
        case Edit(add, remove):
            return (ADD if add else REMOVE), list(add or remove)
