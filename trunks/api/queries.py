"""Reads a query string: filter, sort, include, fields and page, all of it or a refusal."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from django.db.models import F, Q, QuerySet
from rest_framework.request import Request

from trunks.api import errors
from trunks.api.resources import DEFAULT_PAGE_SIZE, TYPES, ResourceType

GROUPED = re.compile(r"(filter|fields|page)\[([^\[\]]*)\]")
MAX_PARAMETERS = 200
Values = Mapping[str, Sequence[str]]
Rows = TypeVar("Rows", bound="QuerySet[Any]")


@dataclass(frozen=True, slots=True)
class Query:
    """What an answer should hold; `condition` and `order` are for the database."""

    condition: Q
    order: tuple[Any, ...]
    include: tuple[str, ...]
    fields: Mapping[str, frozenset[str]]
    page_number: int
    page_size: int

    def narrow(self, rows: Rows) -> Rows:
        return rows.filter(self.condition).order_by(*self.order)


EVERYTHING = Query(Q(), ("pk",), (), {}, 1, DEFAULT_PAGE_SIZE)


def read_query(request: Request, type_: ResourceType, *, is_list: bool) -> Query:
    """Refuses whatever it would otherwise have to ignore: a misspelt filter must not find all."""
    groups, plain = _split(request)
    if not is_list:
        _refuse_lists(groups, plain)
    return Query(
        condition=_condition(groups["filter"], type_),
        order=_order(plain.get("sort", ()), type_),
        include=_include(plain.get("include", ()), type_),
        fields=_fields(groups["fields"]),
        page_number=_page_part(groups["page"], "number", 1),
        page_size=_page_size(groups["page"], type_),
    )


def _split(request: Request) -> tuple[dict[str, Values], Values]:
    text = request.META.get("QUERY_STRING", "")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise errors.parameter_not_allowed("So many parameters") from None
    groups: dict[str, dict[str, list[str]]] = {n: defaultdict(list) for n in ("filter", "fields")}
    groups["page"] = defaultdict(list)
    plain: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        if match := GROUPED.fullmatch(key):
            groups[match[1]][match[2]].append(value)
        else:
            plain[key].append(value)
    _check_plain(plain)
    return dict(groups), plain


def _check_plain(plain: Values) -> None:
    for name, values in plain.items():
        match name:
            case "filter":
                raise errors.filter_syntax(values[-1])
            case "fields":
                raise errors.fields_without_type()
            case "page":
                raise errors.page_not_valid()
            case "sort" | "include":
                continue
        raise errors.parameter_not_allowed(name)


def _refuse_lists(groups: Mapping[str, Values], plain: Values) -> None:
    """One resource is neither filtered nor sorted nor paged."""
    for name in groups["filter"]:
        raise errors.filter_not_allowed(name)
    for name in groups["page"]:
        raise errors.page_parameter(name)
    if "sort" in plain:
        raise errors.parameter_not_allowed("sort")


def _condition(given: Values, type_: ResourceType) -> Q:
    found = Q()
    for name, values in given.items():
        known = type_.filters.get(name) or type_.refused_filters.get(name)
        if known is None:
            raise errors.filter_not_allowed(name)
        for value in values:
            if "\x00" in value:
                raise errors.filter_value(name, value)
        found &= known.condition(name, values)
    return found


def _order(given: Sequence[str], type_: ResourceType) -> tuple[Any, ...]:
    """Null is the greatest of values, on every database; the id decides between equals."""
    names = [name for name in ",".join(given).split(",") if name]
    for name in names:
        if name.removeprefix("-") not in type_.sorts:
            raise errors.sort_not_valid(name.removeprefix("-"), type_.name)
    # The default is left to the database's own place for null, so that it finds an index for it.
    order = [_by(name) for name in names] or type_.default_order
    return (*order, "pk")


def _by(name: str) -> Any:
    if name.startswith("-"):
        return F(name[1:]).desc(nulls_first=True)
    return F(name).asc(nulls_last=True)


def _include(given: Sequence[str], type_: ResourceType) -> tuple[str, ...]:
    paths = [path for path in ",".join(given).split(",") if path]
    for path in paths:
        name, _, rest = path.partition(".")
        if name not in type_.includes:
            raise errors.include_not_valid(name, type_.name)
        if rest:  # everything that can be included is a DID, and leads nowhere here
            raise errors.include_not_valid(rest.partition(".")[0], "dids")
    return tuple(dict.fromkeys(paths))


def _fields(given: Values) -> dict[str, frozenset[str]]:
    chosen = {}
    for type_, values in given.items():
        if type_ not in TYPES:
            raise errors.wrong_type(type_)
        wanted = frozenset(name for name in ",".join(values).split(",") if name)
        for name in sorted(wanted - TYPES[type_].fields):
            raise errors.field_not_valid(name, type_)
        chosen[type_] = wanted
    return chosen


def _page_size(given: Values, type_: ResourceType) -> int:
    for name in given:
        if name not in ("number", "size"):
            raise errors.page_parameter(name)
    size = _page_part(given, "size", DEFAULT_PAGE_SIZE)
    if size > type_.max_page_size:
        raise errors.page_too_large(type_.max_page_size)
    return size


def _page_part(given: Values, name: str, default: int) -> int:
    if name not in given:
        return default
    value = given[name][-1]
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
        raise errors.page_value(name, value)
    return int(value)
