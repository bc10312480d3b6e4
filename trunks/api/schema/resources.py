"""Schemas of resource objects."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from trunks.api.schema.attributes import Schema, attributes_sent, attributes_shown
from trunks.api.serializers import (
    REGENERATIONS,
    AccountSerializer,
    ChangeSerializer,
    DidSerializer,
    ResourceSerializer,
    SyncSerializer,
    TrunkSerializer,
)
from trunks.domain.attributes import ATTRIBUTES

UUID: Schema = {"type": "string", "format": "uuid"}
URL: Schema = {"type": "string", "format": "uri"}
SPARSE = "Full unless `fields[…]` names less. What upstream did not send is missing, not null."


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(properties: dict[str, Any], required: list[str] | None = None, **more: Any) -> Schema:
    found: Schema = {"type": "object", "properties": properties, **more}
    return found if required is None else {**found, "required": required}


def identifier(type_: str) -> Schema:
    id_ = {"type": "string"} if type_ in ("accounts", "syncs") else UUID
    return obj({"type": {"type": "string", "enum": [type_]}, "id": id_}, ["type", "id"])


def resource(
    type_: type[ResourceSerializer],
    attributes: dict[str, Schema],
    relationships: Schema | None,
    **more: Any,
) -> Schema:
    properties: dict[str, Any] = {
        **identifier(type_.name())["properties"],
        "attributes": obj(
            {name: attributes[name] for name in type_.attributes()},
            additionalProperties=False,
            description=SPARSE,
        ),
    }
    if relationships is not None:
        properties["relationships"] = relationships
    return obj({**properties, **more}, ["id", "type", *more], additionalProperties=False)


def trunk() -> Schema:
    many = {name: ref("DidsRelationship") for name in TrunkSerializer.relationships()}
    meta = obj(
        {"spent_amount": {"type": "string", "description": "Spent, as upstream reports it."}}
    )
    return resource(TrunkSerializer, attributes_shown(), obj(many), meta=meta)


def attributes_of(type_: type[ResourceSerializer]) -> dict[str, Schema]:
    """As drf-spectacular reads the fields of a serializer."""
    fields, reader = type_().fields, AutoSchema()
    return {n: reader._map_serializer_field(fields[n], "response") for n in type_.attributes()}


def did() -> Schema:
    links = {name: ref("Relationship") for name in DidSerializer.relationships()}
    return resource(DidSerializer, attributes_of(DidSerializer), obj(links))


def change() -> Schema:
    lines: Schema = {
        "type": "array",
        "items": obj({"field": {"type": "string"}}, ["field"], additionalProperties=True),
    }
    attributes: dict[str, Schema] = {
        **attributes_of(ChangeSerializer),
        "diff": {
            **lines,
            "description": "One entry a field: `old` and `new`, or for lists `added` and "
            "`removed`. Never holds a credential.",
        },
        "errors": {"type": "array", "items": ref("Error")},
        "conflicts": {
            **lines,
            "description": "Of a conflict, one entry a field: `base`, `ours`, `theirs`.",
        },
        "consequences": {**lines, "description": "What upstream changed beyond what was asked."},
    }
    link = obj(
        {
            "links": ref("RelationshipLinks"),
            "data": {**identifier("voice_out_trunks"), "nullable": True},
        },
        ["links", "data"],
        description="`data` always stands here; it is null until a create has made its trunk.",
    )
    return resource(ChangeSerializer, attributes, obj({"voice_out_trunk": link}))


def account() -> Schema:
    return resource(AccountSerializer, attributes_of(AccountSerializer), None)


def sync() -> Schema:
    aside = obj({"id": {"type": "string"}, "reason": {"type": "string"}})
    attributes = {
        **attributes_of(SyncSerializer),
        "set_aside": {"type": "array", "items": aside},
    }
    link = obj({"links": obj({"related": URL}, ["related"]), "data": identifier("accounts")})
    return resource(SyncSerializer, attributes, obj({"account": link}))


# --- what a request holds ---


def linkage(many: bool) -> Schema:
    if not many:
        return obj({"data": {**identifier("dids"), "nullable": True}}, ["data"])
    return obj({"data": {"type": "array", "items": identifier("dids")}}, ["data"])


def trunk_sent(*, is_create: bool) -> Schema:
    attributes = obj(attributes_sent(), additionalProperties=False)
    relationships = obj(
        {name: linkage(many=True) for name in TrunkSerializer.relationships()}
        | {"default_did": linkage(many=False)},
        additionalProperties=False,
    )
    type_ = identifier(TrunkSerializer.name())["properties"]
    properties = {**type_, "attributes": attributes, "relationships": relationships}
    if is_create:
        del properties["id"]
        required = [name for name, a in ATTRIBUTES.items() if a.required]
        attributes["required"] = [*required, "authentication_method"]
    needed = ["type", "attributes"] if is_create else ["type", "id"]
    return obj({"data": obj(properties, needed, additionalProperties=False)}, ["data"])


def regeneration_sent() -> Schema:
    trunk = obj({"data": identifier(TrunkSerializer.name())}, ["data"])
    properties: dict[str, Any] = {
        "type": {"type": "string", "enum": [REGENERATIONS]},
        "attributes": obj({}, additionalProperties=False),
        "relationships": obj({"voice_out_trunk": trunk}, ["voice_out_trunk"]),
    }
    return obj({"data": obj(properties, ["type", "relationships"])}, ["data"])
