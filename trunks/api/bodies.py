"""Request bodies: the document around attributes and relationships, and its refusals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trunks.api import errors
from trunks.api.filters import read_uuid

TOP_LEVEL = ("data", "included", "jsonapi", "links", "meta")


@dataclass(frozen=True, slots=True)
class Body:
    """What a write asks for. A relationship's value is its linkage, not yet looked at."""

    attributes: Mapping[str, Any]
    relations: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        return not self.attributes and not self.relations


def read_body(
    document: Any,
    type_: str,
    *,
    attributes: Collection[str],
    relations: Collection[str],
    id_: UUID | None = None,
) -> Body:
    """The body of a create, or with `id_` of an update."""
    data = read_data(document)
    if not isinstance(data, dict):
        raise errors.not_an_object("data")
    _check_identity(data, type_, id_)
    body = Body(_object(data, "attributes"), _object(data, "relationships"))
    known = {"type", "attributes", "relationships"} | ({"id"} if id_ else set())
    unknown = [name for name in data if name not in known]
    unknown += [name for name in body.attributes if name not in attributes]
    unknown += [name for name in body.relations if name not in relations]
    if unknown:
        raise errors.members_not_allowed(unknown)
    return Body(body.attributes, {n: linkage_of(value) for n, value in body.relations.items()})


def read_data(document: Any) -> Any:
    """The `data` of any document; null is a value here, missing is not."""
    if not isinstance(document, dict):
        raise errors.not_an_object("The document")
    if "data" not in document:
        raise errors.member_missing("data")
    if unknown := [name for name in document if name not in TOP_LEVEL]:
        raise errors.members_not_allowed(unknown)
    return document["data"]


def _check_identity(data: Mapping[str, Any], type_: str, id_: UUID | None) -> None:
    if data.get("type") is None:
        raise errors.member_missing("type")
    if data["type"] != type_:
        raise errors.wrong_type(data["type"])
    if id_ is None:
        return
    if data.get("id") is None:
        raise errors.member_missing("id")
    if read_uuid(data["id"]) != id_:
        raise errors.wrong_id(data["id"])


def _object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise errors.not_an_object(name)
    return value


def linkage_of(relation: Any) -> Any:
    if not isinstance(relation, dict) or "data" not in relation:
        raise errors.not_a_linkage()
    return relation["data"]


def to_many(linkage: Any, type_: str) -> tuple[str, ...]:
    """The ids of a to-many linkage, each once."""
    if not isinstance(linkage, list):
        raise errors.not_a_linkage()
    return tuple(dict.fromkeys(to_one(item, type_) for item in linkage))


def to_one(linkage: Any, type_: str) -> str:
    """The id of one resource identifier, in lower case, as it was given where it is no UUID."""
    if not isinstance(linkage, dict):
        raise errors.not_a_linkage()
    if linkage.get("type") is None:
        raise errors.member_missing("type")
    if linkage["type"] != type_:
        raise errors.wrong_linked_type(linkage["type"])
    id_ = linkage.get("id")
    if not isinstance(id_, str):
        raise errors.member_missing("id")
    return str(read_uuid(id_) or id_)
