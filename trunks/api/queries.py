"""What an answer should hold: `include` and `fields`, read against the serializers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from trunks.api import errors
from trunks.api.serializers import TYPES, DidSerializer, ResourceSerializer


@dataclass(frozen=True, slots=True)
class Query:
    """Relationships to include; by type, the fields to show (all of a type not named)."""

    include: tuple[str, ...] = ()
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)


EVERYTHING = Query()


def read_query(parameters: QueryDict, type_: type[ResourceSerializer]) -> Query:
    """The library checks `include` only where a serializer is made, and `fields` never."""
    return Query(_include(parameters.get("include", ""), type_), _fields(parameters))


def _include(given: str, type_: Any) -> tuple[str, ...]:
    paths = _names(given)
    for path in paths:
        name, _, rest = path.partition(".")
        if name not in type_.included_serializers:
            raise errors.include_not_valid(name, type_.name())
        if rest:  # everything that can be included is a DID, and leads nowhere here
            raise errors.include_not_valid(rest.partition(".")[0], DidSerializer.name())
    return tuple(paths)


def _fields(parameters: QueryDict) -> dict[str, frozenset[str]]:
    chosen = {}
    for parameter, value in parameters.items():
        if not parameter.startswith("fields["):
            continue
        type_ = parameter[7:-1]
        if type_ not in TYPES:
            raise errors.wrong_type(type_)
        wanted = _names(value)
        for name in wanted:
            if name != "id" and name not in TYPES[type_].Meta.fields:
                raise errors.field_not_valid(name, type_)
        chosen[type_] = frozenset(wanted)
    return chosen


def _names(given: Any) -> list[str]:
    return list(dict.fromkeys(name for name in given.split(",") if name))
