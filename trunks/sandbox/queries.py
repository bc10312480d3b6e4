"""Reads the query of a list or a read: filter, sort, include, fields and page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from . import errors
from .filters import FILTERS, ONLY_BY_ID
from .rendering import IncludeTree
from .resources import DIDS, TRUNKS, TYPES
from .settings import Settings
from .store import Record, Store

_DEFAULT_PAGE_SIZE = 50
_BRACKETS = re.compile(r"^(filter|fields|page)\[([^\]]*)\]$")


@dataclass(frozen=True)
class Query:
    """A parsed query string; brackets are keys of the dictionaries."""

    filters: dict[str, str]
    fields: dict[str, str]
    pages: dict[str, str]
    plain: dict[str, str]
    pairs: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Of a repeated key the last counts."""
        pairs = dict(parse_qsl(text, keep_blank_values=True))
        groups: dict[str, dict[str, str]] = {"filter": {}, "fields": {}, "page": {}}
        plain: dict[str, str] = {}
        for key, value in pairs.items():
            match = _BRACKETS.match(key)
            if match:
                groups[match[1]][match[2]] = value
            else:
                plain[key] = value
        return cls(groups["filter"], groups["fields"], groups["page"], plain, pairs)


def include_tree(query: Query, type_: str) -> IncludeTree:
    tree: IncludeTree = {}
    for path in filter(None, query.plain.get("include", "").split(",")):
        branch, at = tree, type_
        for name in path.split("."):
            relation = TYPES[at].relations.get(name) if at in TYPES else None
            if relation is None:
                raise errors.invalid_include(name, at)
            branch, at = branch.setdefault(name, {}), relation.type
    return tree


def sparse_fields(query: Query) -> dict[str, frozenset[str]]:
    if "fields" in query.plain:
        raise errors.refusal(400, "119", "Invalid field format", "Fields must specify a type.")
    chosen = {}
    for type_, names in query.fields.items():
        if type_ not in TYPES:
            raise errors.invalid_resource(type_)
        wanted = frozenset(filter(None, names.split(",")))
        for name in sorted(wanted - TYPES[type_].fields):
            raise errors.invalid_field(name, type_)
        chosen[type_] = wanted
    return chosen


def filtered(
    store: Store, settings: Settings, query: Query, type_: str, records: Iterable[Record]
) -> list[Record]:
    """The records that a list shows now and that pass every filter."""
    if "filter" in query.plain:
        value = query.plain["filter"]
        detail = f"{value} is not a valid syntax for filtering."
        raise errors.refusal(400, "120", "Invalid filters syntax", detail)
    known = FILTERS.get(type_, ONLY_BY_ID)
    tests = []
    for name, value in query.filters.items():
        if name not in known:
            raise errors.filter_not_allowed(name)
        tests.append(known[name](store, settings, name, value))
    now = time.monotonic()
    listed = [record for record in records if record.listed_at <= now]
    for test in tests:
        listed = [record for record in listed if test(record)]
    return listed


def ordered(query: Query, type_: str, records: list[Record]) -> list[Record]:
    """By `sort`; otherwise DIDs by number and everything else as it was created."""
    criteria = [name for name in query.plain.get("sort", "").split(",") if name]
    if not criteria and type_ == DIDS:
        criteria = ["number"]
    for criterion in criteria:
        if criterion.removeprefix("-") not in TYPES[type_].sorts:
            raise errors.invalid_sort(criterion.removeprefix("-"), type_)
    for criterion in reversed(criteria):
        name = criterion.removeprefix("-")
        backwards = criterion.startswith("-")
        records = sorted(records, key=lambda r: _rank(r.attributes.get(name)), reverse=backwards)
    return records


def _rank(value: Any) -> tuple[bool, float, str]:
    """An order of any values: numbers and booleans, then text; null last, as in PostgreSQL."""
    number = value if isinstance(value, (bool, int, float)) else 0
    return (value is None, number, value if isinstance(value, str) else "")


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    def slice(self, records: list[Record]) -> list[Record]:
        start = (self.number - 1) * self.size
        return records[start : start + self.size]

    def links(self, url: str, query: Query, total: int) -> dict[str, str]:
        """Absolute URLs that keep the rest of the query; no `next` or `prev` at the ends."""
        last = max(1, -(-total // self.size))
        numbers = {"first": 1, "last": last}
        if self.number < last:
            numbers["next"] = self.number + 1
        if self.number > 1:
            numbers["prev"] = min(self.number - 1, last)
        return {name: self._link(url, query, number) for name, number in numbers.items()}

    def _link(self, url: str, query: Query, number: int) -> str:
        page = {"page[number]": str(number), "page[size]": str(self.size)}
        pairs = sorted((query.pairs | page).items())
        return f"{url}?" + "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs)


def page(query: Query, settings: Settings, type_: str) -> Page:
    if "page" in query.plain:
        raise errors.invalid_page_object()
    for name in query.pages:
        if name not in ("number", "size"):
            detail = f"{name} is not an allowed page parameter."
            raise errors.refusal(400, "105", "Page parameter not allowed", detail)
    number = _positive("number", query.pages.get("number", "1"))
    size = _positive("size", query.pages.get("size", str(_DEFAULT_PAGE_SIZE)))
    limits = {TRUNKS: settings.max_page_size_trunks, DIDS: settings.max_page_size_dids}
    most = limits.get(type_, 1000)
    if size > most:
        why = f"size exceeds maximum page size of {most}."
        raise errors.invalid_page_value("size", str(size), why)
    return Page(number, size)


def _positive(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
        raise errors.invalid_page_value(name, value)
    return int(value)
