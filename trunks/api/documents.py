"""Whole documents: data, included, meta and links around resource objects."""

from typing import Any

from rest_framework.response import Response

API_VERSION = "2026-04-16"
META = {"api_version": API_VERSION}
Resource = dict[str, Any]


class Document(dict[str, Any]):
    """Finished: written as it stands."""


def one(data: Resource | None, included: list[Resource] | None = None) -> Document:
    return _document(data, included, meta=META)


def page_of(paginator: Any, data: list[Resource], included: list[Resource] | None) -> Document:
    return _document(data, included, meta=paginator.meta(), links=paginator.links())


def _document(data: Any, included: list[Resource] | None, **around: Any) -> Document:
    more = {} if included is None else {"included": included}
    return Document(data=data, **more, **around)


def answer(document: Document | None, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(document, status, headers=named)


def relation(home: str, name: str) -> dict[str, Any]:
    """A relationship object without linkage; `home` is the URL of the resource it belongs to."""
    return {"links": {"self": f"{home}/relationships/{name}", "related": f"{home}/{name}"}}


def identifier(type_: str, id_: str) -> dict[str, str]:
    return {"type": type_, "id": id_}


def instant(value: Any) -> str | None:
    """As upstream writes instants: ISO 8601, milliseconds, Z."""
    if value is None:
        return None
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
