"""Whole documents: data, included, meta and links around resource objects."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from orjson import Fragment
from rest_framework.response import Response

from trunks.api.pages import Page
from trunks.api.queries import Query
from trunks.api.resources import ResourceType
from trunks.api.views import META

Resource = dict[str, Any]


def one(data: Resource | None, included: list[Resource] | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {"data": data}
    if included is not None:
        document["included"] = included
    document["meta"] = META
    return document


def page_of(
    page: Page, data: list[Resource], included: list[Resource] | None = None
) -> dict[str, Any]:
    document: dict[str, Any] = {"data": data}
    if included is not None:
        document["included"] = included
    document["meta"] = {"total_records": page.total, **META}
    document["links"] = page.links()
    return document


def answer(document: dict[str, Any] | None, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(document, status, headers=named)


def resource(
    type_: ResourceType,
    id_: object,
    attributes: dict[str, Any],
    relationships: dict[str, Any],
    query: Query,
) -> Resource:
    """As `pruned`, relationships too."""
    wanted = query.fields.get(type_.name)
    if wanted is not None:
        relationships = {name: value for name, value in relationships.items() if name in wanted}
    return pruned(type_, str(id_), attributes, relationships, query)


def pruned(
    type_: ResourceType,
    id_: str,
    attributes: dict[str, Any],
    relationships: Any,
    query: Query,
) -> Resource:
    """A resource object with the attributes of `fields[type]`; empty members are left out."""
    wanted = query.fields.get(type_.name)
    if wanted is not None:
        attributes = {name: value for name, value in attributes.items() if name in wanted}
    found: Resource = {"id": id_, "type": type_.name}
    if attributes:
        found["attributes"] = attributes
    if relationships:
        found["relationships"] = relationships
    return found


def relation(home: str, name: str) -> dict[str, Any]:
    """A relationship object without linkage; `home` is the URL of the resource it belongs to."""
    return {"links": {"self": f"{home}/relationships/{name}", "related": f"{home}/{name}"}}


class LinkTemplate:
    """The relationships of one type, written once an answer and filled in with each id.

    A DID has ten of them, two links each: most of a long list is these links.
    """

    def __init__(self, base: str, type_: ResourceType, query: Query) -> None:
        wanted = query.fields.get(type_.name)
        home = f"{base}/{type_.name}/{{id}}"
        self.parts = {
            name: relation(home, name)
            for name in type_.relationships
            if wanted is None or name in wanted
        }
        self.whole = orjson.dumps(self.parts).decode()
        self.links = {n: orjson.dumps(part["links"]).decode() for n, part in self.parts.items()}

    def relationships(
        self, id_: str, linked: Mapping[str, Sequence[str]] | None = None
    ) -> Fragment | dict[str, Any] | None:
        """All of them; with linkage to DIDs where `linked` says so."""
        if not self.parts:
            return None
        if not linked:
            return Fragment(self.whole.replace("{id}", id_))
        found: dict[str, Any] = {}
        for name, links in self.links.items():
            found[name] = {"links": Fragment(links.replace("{id}", id_))}
            if name in linked:
                found[name]["data"] = [{"type": "dids", "id": did} for did in linked[name]]
        return found


def instant(value: Any) -> str | None:
    """As upstream writes instants: ISO 8601, milliseconds, Z."""
    if value is None:
        return None
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
