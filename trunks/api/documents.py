"""Whole documents: data, included, meta and links around resource objects."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.response import Response

from trunks.api.pages import Page
from trunks.api.queries import Query
from trunks.api.views import META

Resource = dict[str, Any]
Build = Callable[[Sequence[Any]], tuple[list[Resource], list[Resource] | None]]


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
    type_: str,
    id_: str,
    attributes: dict[str, Any],
    relationships: dict[str, Any],
    query: Query,
) -> Resource:
    """A resource object, pruned to `fields[type]`; empty members are left out."""
    wanted = query.fields.get(type_)
    if wanted is not None:
        attributes = {name: value for name, value in attributes.items() if name in wanted}
        relationships = {name: value for name, value in relationships.items() if name in wanted}
    found: Resource = {"id": id_, "type": type_}
    if attributes:
        found["attributes"] = attributes
    if relationships:
        found["relationships"] = relationships
    return found


def relation(home: str, name: str) -> dict[str, Any]:
    """A relationship object without linkage; `home` is the URL of the resource it belongs to."""
    return {"links": {"self": f"{home}/relationships/{name}", "related": f"{home}/{name}"}}


def instant(value: Any) -> str | None:
    """As upstream writes instants: ISO 8601, milliseconds, Z."""
    if value is None:
        return None
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
