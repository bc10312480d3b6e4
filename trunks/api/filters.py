"""Filters: each turns the values of one `filter[name]` into a condition, or refuses them.

A key may be repeated (any of the values); a comma separates values only where a list is taken.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from trunks.api import errors

Condition = Callable[[str, Sequence[str]], Q]  # takes the filter's name and its values
NOTHING = Q(pk__in=())


@dataclass(frozen=True, slots=True)
class Filter:
    condition: Condition
    description: str
    schema: dict[str, Any]


def each(values: Sequence[str]) -> list[str]:
    return [part for value in values for part in value.split(",")]


def _text_schema(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def exact(column: str, description: str) -> Filter:
    """The empty value finds what has none."""

    def condition(name: str, values: Sequence[str]) -> Q:
        found = Q(**{f"{column}__in": values})
        return found | Q(**{f"{column}__isnull": True}) if "" in values else found

    return Filter(condition, description, _text_schema())


def contains(column: str, description: str) -> Filter:
    def condition(name: str, values: Sequence[str]) -> Q:
        found = NOTHING
        for value in values:
            found |= Q(**{f"{column}__icontains": value}) if value else Q()
        return Q() if "" in values else found

    return Filter(condition, description, _text_schema())


def any_of(column: str, description: str, choices: Iterable[str] | None = None) -> Filter:
    allowed = None if choices is None else frozenset(choices)

    def condition(name: str, values: Sequence[str]) -> Q:
        wanted = each(values)
        for value in wanted:
            if allowed is not None and value not in allowed:
                raise errors.filter_value(name, value)
        return Q(**{f"{column}__in": wanted})

    schema = _text_schema() if allowed is None else _text_schema(enum=sorted(allowed))
    return Filter(condition, f"{description} Takes a comma-separated list.", schema)


def choice(column: str, choices: Iterable[str], description: str) -> Filter:
    allowed = tuple(choices)

    def condition(name: str, values: Sequence[str]) -> Q:
        for value in values:
            if value not in allowed:
                raise errors.filter_value(name, value)
        return Q(**{f"{column}__in": values})

    return Filter(condition, description, _text_schema(enum=list(allowed)))


def boolean(column: str, description: str) -> Filter:
    """Any case is read, since Python clients write `True`."""
    known = {"true": True, "false": False}

    def condition(name: str, values: Sequence[str]) -> Q:
        for value in values:
            if value.lower() not in known:
                raise errors.filter_value(name, value)
        return Q(**{f"{column}__in": [known[value.lower()] for value in values]})

    return Filter(condition, description, {"type": "boolean"})


def ids(column: str, description: str) -> Filter:
    def condition(name: str, values: Sequence[str]) -> Q:
        found = []
        for value in each(values):
            id_ = read_uuid(value)
            if id_ is None:
                raise errors.filter_value(name, value)
            found.append(id_)
        return Q(**{f"{column}__in": found})

    return Filter(condition, f"{description} Takes a comma-separated list.", _text_schema())


def integers(column: str, description: str) -> Filter:
    """The empty value finds what has none."""

    def condition(name: str, values: Sequence[str]) -> Q:
        found = NOTHING
        for value in each(values):
            if value and not (value.isascii() and value.isdigit() and len(value) < 10):
                raise errors.filter_value(name, value)
            found |= Q(**{column: int(value)}) if value else Q(**{f"{column}__isnull": True})
        return found

    return Filter(condition, f"{description} Takes a comma-separated list.", _text_schema())


def searching(search: Callable[[str], Any], description: str) -> Filter:
    """`search` gives a queryset, or raises `ValueError` for what makes no sense."""

    def condition(name: str, values: Sequence[str]) -> Q:
        found = NOTHING
        for value in values:
            try:
                found |= Q(pk__in=search(value).values("pk"))
            except ValueError:
                raise errors.filter_value(name, value) from None
        return found

    return Filter(condition, description, _text_schema())


def not_mirrored(why: str) -> Filter:
    """Known upstream and refused here."""

    def condition(name: str, values: Sequence[str]) -> Q:
        raise errors.filter_not_allowed(name, why)

    return Filter(condition, "", {})


def read_uuid(text: object) -> uuid.UUID | None:
    """An id in its usual form (36 characters); `uuid.UUID` alone takes many more."""
    if not isinstance(text, str) or len(text) != 36 or not text.isascii():
        return None
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
