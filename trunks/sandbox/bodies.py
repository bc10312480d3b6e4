"""Request bodies: the document around attributes and relationships."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from . import errors


@dataclass(frozen=True)
class Body:
    """What a write asks for. A relationship's value is its linkage: a list, an object, None."""

    attributes: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=dict)


def parse(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
        # Half a surrogate pair can be written in JSON and never be sent back.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise errors.bad_request("The request body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise errors.bad_request("Data must be a hash.")
    return document


def read(
    raw: bytes,
    type_: str,
    *,
    attributes: Collection[str],
    relations: Collection[str],
    id_: str | None = None,
) -> Body:
    """The body of a create, or with `id_` of an update; unaccepted members are refused."""
    data = parse(raw).get("data")
    if data is None:
        raise errors.param_missing("data")
    if not isinstance(data, dict):
        raise errors.refusal(400, "122", "Invalid data format", "Data must be a hash.")
    _check_identity(data, type_, id_)
    body = Body(_mapping(data, "attributes"), _mapping(data, "relationships"))
    known = {"type", "attributes", "relationships"} | ({"id"} if id_ else set())
    unknown = [name for name in data if name not in known]
    unknown += [name for name in body.attributes if name not in attributes]
    unknown += [name for name in body.relations if name not in relations]
    if unknown:
        raise errors.params_not_allowed(unknown)
    linkage = {name: _linkage(name, value) for name, value in body.relations.items()}
    return Body(body.attributes, linkage)


def _check_identity(data: dict[str, Any], type_: str, id_: str | None) -> None:
    if data.get("type") is None:
        raise errors.param_missing("type")
    if data["type"] != type_:
        raise errors.type_mismatch(data["type"])
    if id_ is None:
        return
    if data.get("id") is None:
        raise errors.param_missing("id")
    if data["id"] != id_:
        raise errors.wrong_key_in_body(data["id"])


def _mapping(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise errors.bad_request(f"{name} must be a hash.")
    return value


def _linkage(name: str, value: Any) -> Any:
    if not isinstance(value, dict) or "data" not in value:
        raise errors.refusal(
            400, "115", "Invalid Links Object", "Data is not a valid Links Object."
        )
    return value["data"]


def identifiers(linkage: Any, type_: str) -> list[str]:
    """The ids of a to-many linkage of one type."""
    if not isinstance(linkage, list):
        raise errors.refusal(
            400, "115", "Invalid Links Object", "Data is not a valid Links Object."
        )
    ids = []
    for item in linkage:
        one = identifier(item, type_)
        if one is None:
            raise errors.param_missing("id")
        ids.append(one)
    return ids


def identifier(linkage: Any, type_: str) -> str | None:
    """The id of a to-one linkage of one type, or None where it is cleared."""
    if linkage is None:
        return None
    if not isinstance(linkage, dict):
        raise errors.refusal(
            400, "115", "Invalid Links Object", "Data is not a valid Links Object."
        )
    if linkage.get("type") != type_:
        raise errors.type_mismatch(linkage.get("type"))
    if not isinstance(linkage.get("id"), str):
        raise errors.param_missing("id")
    return str(linkage["id"])
