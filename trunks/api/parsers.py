"""How bodies are read: by the library, after upstream's own refusals.

It has one exception for most of them and another order; upstream has a code for each.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework_json_api.parsers import JSONParser
from rest_framework_json_api.utils import get_resource_name

from trunks.api import errors

TOP_LEVEL = ("data", "included", "jsonapi", "links", "meta")


class JsonApiParser(JSONParser):
    """`request.data` is the linkage of a relationship, or else a dict of type, id, attributes and
    relationships: the library would lay the latter two in one, where names may collide."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        # The stream knows no limit, Django's body does; the json module takes lone surrogates.
        try:
            document = orjson.loads(parser_context["request"]._request.body)
        except orjson.JSONDecodeError:
            raise errors.not_json() from None
        return self.parse_data(document, parser_context)

    def parse_data(self, result: Any, parser_context: Any) -> Any:
        from rest_framework_json_api.views import RelationshipView  # the settings name this module

        view = parser_context["view"]
        data = _data(result)
        if isinstance(view, RelationshipView):
            return data
        _check_resource(data, view, get_resource_name(parser_context))
        return super().parse_data(result, parser_context)

    @staticmethod
    def parse_attributes(data: Any) -> dict[str, Any]:
        return {"attributes": data.get("attributes", {})}

    @staticmethod
    def parse_relationships(data: Any) -> dict[str, Any]:
        return {"relationships": JSONParser.parse_relationships(data)}


def _data(document: Any) -> Any:
    """The `data` of any document; null is a value here, missing is not."""
    if not isinstance(document, dict):
        raise errors.not_an_object("The document")
    if "data" not in document:
        raise errors.member_missing("data")
    if unknown := [name for name in document if name not in TOP_LEVEL]:
        raise errors.members_not_allowed(unknown)
    return document["data"]


def _check_resource(data: Any, view: Any, type_: str) -> None:
    if not isinstance(data, dict):
        raise errors.not_an_object("data")
    id_ = view.kwargs.get(view.lookup_field)
    _check_identity(data, type_, id_)
    attributes, relations = _object(data, "attributes"), _object(data, "relationships")
    known = {"type", "attributes", "relationships"} | ({"id"} if id_ else set())
    unknown = [name for name in data if name not in known]
    unknown += [name for name in attributes if name not in view.writable]
    unknown += [name for name in relations if name not in view.writable_relationships]
    if unknown:
        raise errors.members_not_allowed(unknown)
    for relation in relations.values():
        if not isinstance(relation, dict) or not isinstance(
            relation.get("data", ...), list | dict | None
        ):
            raise errors.not_a_linkage()


def _check_identity(data: dict[str, Any], type_: str, id_: str | None) -> None:
    if data.get("type") is None:
        raise errors.member_missing("type")
    if data["type"] != type_:
        raise errors.wrong_type(data["type"])
    if id_ is None:
        return
    if data.get("id") is None:
        raise errors.member_missing("id")
    if read_uuid(data["id"]) != uuid.UUID(id_):
        raise errors.wrong_id(data["id"])
    data["id"] = id_  # the library compares letter by letter


def _object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise errors.not_an_object(name)
    return value


# --- linkage ---


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


def read_uuid(text: object) -> uuid.UUID | None:
    """An id in its usual form (36 characters); `uuid.UUID` alone takes many more."""
    if not isinstance(text, str) or len(text) != 36 or not text.isascii():
        return None
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
