"""Schemas of resource objects."""

from typing import Any

from trunks.api.resources import (
    ACCOUNTS,
    CHANGES,
    DIDS,
    REGENERATIONS,
    SYNCS,
    TRUNKS,
    ResourceType,
)
from trunks.api.schema.attributes import INSTANT, Schema, attributes_sent, attributes_shown
from trunks.domain.attributes import ATTRIBUTES
from trunks.models import Change, SyncRun
from trunks.models.did import BOOLEANS, INTEGERS

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
    type_: ResourceType, attributes: dict[str, Schema], relationships: Schema | None, **more: Any
) -> Schema:
    properties: dict[str, Any] = {
        **identifier(type_.name)["properties"],
        "attributes": obj(
            {name: attributes[name] for name in type_.attributes},
            additionalProperties=False,
            description=SPARSE,
        ),
    }
    if relationships is not None:
        properties["relationships"] = relationships
    return obj({**properties, **more}, ["id", "type", *more], additionalProperties=False)


def trunk() -> Schema:
    many = {name: ref("DidsRelationship") for name in TRUNKS.relationships}
    meta = obj(
        {"spent_amount": {"type": "string", "description": "Spent, as upstream reports it."}}
    )
    return resource(TRUNKS, attributes_shown(), obj(many), meta=meta)


def did() -> Schema:
    shown: dict[str, Schema] = {name: {"type": "string"} for name in DIDS.attributes}
    shown |= {name: {"type": "boolean"} for name in BOOLEANS}
    shown |= {name: {"type": "integer"} for name in INTEGERS}
    shown |= {"created_at": INSTANT, "expires_at": INSTANT}
    nullable = {name: {**schema, "nullable": True} for name, schema in shown.items()}
    links = {name: ref("Relationship") for name in DIDS.relationships}
    return resource(DIDS, nullable, obj(links))


def change() -> Schema:
    lines: Schema = {
        "type": "array",
        "items": obj({"field": {"type": "string"}}, ["field"], additionalProperties=True),
    }
    attributes: dict[str, Schema] = {
        "state": {"type": "string", "enum": list(Change.State.values)},
        "kind": {"type": "string", "enum": list(Change.Kind.values)},
        "origin": {"type": "string", "enum": list(Change.Origin.values)},
        "actor": {"type": "string", "description": "Who asked for it, as they were called then."},
        "reason": {"type": "string"},
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
        "waiting_reason": {"type": "string"},
        "attempts": {"type": "integer", "minimum": 0},
        "created_at": INSTANT,
        "settled_at": {**INSTANT, "nullable": True},
    }
    link = obj(
        {
            "links": ref("RelationshipLinks"),
            "data": {**identifier(TRUNKS.name), "nullable": True},
        },
        ["links", "data"],
        description="`data` always stands here; it is null until a create has made its trunk.",
    )
    return resource(CHANGES, attributes, obj({"voice_out_trunk": link}))


def account() -> Schema:
    attributes: dict[str, Schema] = {
        "name": {"type": "string"},
        "host": {"type": "string", "description": "Where the account's upstream is."},
        "pause": {"type": "string", "nullable": True, "enum": ["trouble", "question", None]},
        "pause_reason": {"type": "string"},
        "pulled_at": {**INSTANT, "nullable": True},
        "dids_pulled_at": {**INSTANT, "nullable": True},
    }
    return resource(ACCOUNTS, attributes, None)


def sync() -> Schema:
    counts = ("seen", "created", "updated", "drifted", "missing", "dids_seen")
    aside = obj({"id": {"type": "string"}, "reason": {"type": "string"}})
    attributes: dict[str, Schema] = {
        "state": {"type": "string", "enum": list(SyncRun.State.values)},
        "started_at": INSTANT,
        "finished_at": {**INSTANT, "nullable": True},
        "total": {"type": "integer", "nullable": True},
        "set_aside": {"type": "array", "items": aside},
        "error": {"type": "string"},
        **{name: {"type": "integer", "minimum": 0} for name in counts},
    }
    link = obj({"links": obj({"related": URL}, ["related"]), "data": identifier("accounts")})
    return resource(SYNCS, attributes, obj({"account": link}))


# --- what a request holds ---


def linkage(many: bool) -> Schema:
    if not many:
        return obj({"data": {**identifier("dids"), "nullable": True}}, ["data"])
    return obj({"data": {"type": "array", "items": identifier("dids")}}, ["data"])


def trunk_sent(*, is_create: bool) -> Schema:
    attributes = obj(attributes_sent(), additionalProperties=False)
    relationships = obj(
        {name: linkage(many=True) for name in TRUNKS.relationships}
        | {"default_did": linkage(many=False)},
        additionalProperties=False,
    )
    type_ = identifier(TRUNKS.name)["properties"]
    properties = {**type_, "attributes": attributes, "relationships": relationships}
    if is_create:
        del properties["id"]
        required = [name for name, a in ATTRIBUTES.items() if a.required]
        attributes["required"] = [*required, "authentication_method"]
    needed = ["type", "attributes"] if is_create else ["type", "id"]
    return obj({"data": obj(properties, needed, additionalProperties=False)}, ["data"])


def regeneration_sent() -> Schema:
    trunk = obj({"data": identifier(TRUNKS.name)}, ["data"])
    properties: dict[str, Any] = {
        "type": {"type": "string", "enum": [REGENERATIONS]},
        "attributes": obj({}, additionalProperties=False),
        "relationships": obj({"voice_out_trunk": trunk}, ["voice_out_trunk"]),
    }
    return obj({"data": obj(properties, ["type", "relationships"])}, ["data"])
