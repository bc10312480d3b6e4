"""Request bodies, by the contract: only what it declares, only what is meant to change."""

from collections.abc import Iterable, Mapping
from typing import Any

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.units import LINKAGES, METHOD, TYPE, Units

Body = dict[str, Any]


def create_body(wanted: Units) -> Body:
    """POST /voice_out_trunks with every unit of `wanted`."""
    return {"data": {"type": "voice_out_trunks", **_members(wanted, wanted)}}


def update_body(trunk_id: str, send: Mapping[str, Any], wanted: Units) -> Body:
    """PATCH with the units in `send`; the method is sent whole, from `wanted`."""
    return {"data": {"id": trunk_id, "type": "voice_out_trunks", **_members(send, wanted)}}


def regenerate_body(trunk_id: str) -> Body:
    identifier = {"type": "voice_out_trunks", "id": trunk_id}
    return {
        "data": {
            "type": "voice_out_trunk_regenerate_credentials",
            "relationships": {"voice_out_trunk": {"data": identifier}},
        }
    }


def _members(send: Mapping[str, Any], wanted: Units) -> Body:
    attributes = {name: _json(name, send[name]) for name in ATTRIBUTES if name in send}
    if any(unit.startswith(METHOD) for unit in send):
        attributes["authentication_method"] = method_document(wanted)
    relationships: Body = {n: {"data": _identifiers(send[n])} for n in LINKAGES if n in send}
    if "default_did" in send:
        did = send["default_did"]
        relationships["default_did"] = {"data": _identifier(did) if did else None}
    body: Body = {"attributes": attributes}
    if relationships:
        body["relationships"] = relationships
    return body


def method_document(wanted: Units) -> Body:
    """`{"type", "attributes"}` with what a request may hold; credentials never."""
    type_ = wanted[TYPE]
    names = authentication.SETTABLE.get(type_, ())
    values = {name: wanted.get(METHOD + name) for name in names}
    return {
        "type": type_,
        "attributes": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value
        },
    }


def _json(name: str, value: Any) -> Any:
    if name == "allowed_rtp_ips":
        return list(value) if value else None  # none listed: no restriction
    return list(value) if isinstance(value, tuple) else value


def _identifier(did_id: str) -> Body:
    return {"type": "dids", "id": did_id}


def _identifiers(ids: Iterable[str]) -> list[Body]:
    return [_identifier(id_) for id_ in ids]
