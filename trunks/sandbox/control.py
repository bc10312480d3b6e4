"""Changes "by someone else": done to the records directly, checked by nobody.

A change names attributes, and beside them `dids`, `emergency_dids`, `default_did` (ids),
`spent_amount`, `meta`, `username`, `password`. An attribute set to `ABSENT`, or named in
`absent`, is missing from answers from then on.
"""

from __future__ import annotations

import copy
import enum
import uuid
from dataclasses import replace
from typing import Any, Final

from . import methods
from .callbacks import Callbacks
from .resources import DIDS, TRUNKS, TYPES
from .store import Record, Store
from .trunks import blank_trunk, timestamp


class Absence(enum.Enum):
    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
_TRUNK_RELATIONS = ("dids", "emergency_dids", "default_did")
_CREDENTIALS = ("username", "password")


class Control:
    """Direct hands on trunks and DIDs. Unknown ids raise KeyError."""

    def __init__(self, store: Store, callbacks: Callbacks) -> None:
        self.store = store
        self.callbacks = callbacks

    def create_trunk(self, values: dict[str, Any]) -> dict[str, Any]:
        """A trunk with any attributes at all; what is not said has the upstream's defaults."""
        values = dict(values)
        with self.store.lock:
            trunk = blank_trunk(str(values.pop("id", None) or uuid.uuid4()))
            trunk.attributes |= {
                "name": f"Trunk {trunk.id[:8]}",
                "on_cli_mismatch_action": "send_original_cli",
                "authentication_method": {
                    "type": "credentials_and_ip",
                    "attributes": {"allowed_sip_ips": ["203.0.113.10/32"], "tech_prefix": None},
                },
            }
            changed = _changed(trunk, values)
            _fill_credentials(changed)
            self.store.put(changed)
            return as_dict(changed)

    def change_trunk(self, id_: str, values: dict[str, Any]) -> dict[str, Any]:
        with self.store.lock:
            changed = _changed(self._find(TRUNKS, id_), values)
            self.store.put(changed)
            return as_dict(changed)

    def delete_trunk(self, id_: str) -> None:
        with self.store.lock:
            self.store.delete(self._find(TRUNKS, id_))

    def regenerate(self, id_: str) -> dict[str, Any]:
        with self.store.lock:
            trunk = self._find(TRUNKS, id_)
            method = trunk.attributes.get("authentication_method") or {}
            fresh = {"authentication_method": methods.with_new_credentials(method)}
            changed = replace(trunk, attributes=trunk.attributes | fresh, texts={})
            self.store.put(changed)
            return as_dict(changed)

    def send_callback(self, trunk_id: str, values: dict[str, Any]) -> list[int | None]:
        """See `callbacks.Callbacks.send`; nothing is changed. Of a trunk that is not there too."""
        with self.store.lock:
            trunk = self.store.get(TRUNKS, trunk_id) or blank_trunk(trunk_id)
        return self.callbacks.send(trunk, values)

    def create_did(self, values: dict[str, Any]) -> dict[str, Any]:
        """A DID of the first group that can call out, unless `did_group` says another."""
        values = dict(values)
        with self.store.lock:
            count = self.store.count(DIDS)
            did = blank_did(str(values.pop("id", None) or uuid.uuid4()), f"1555010{count:04d}")
            did.relations["did_group"] = self._group("voice_out")
            changed = _changed(did, values)
            self.store.put(changed)
            return as_dict(changed)

    def change_did(self, id_: str, values: dict[str, Any]) -> dict[str, Any]:
        with self.store.lock:
            changed = _changed(self._find(DIDS, id_), values)
            self.store.put(changed)
            return as_dict(changed)

    def delete_did(self, id_: str) -> None:
        """The number leaves the account, and every trunk with it."""
        with self.store.lock:
            self.store.delete(self._find(DIDS, id_))
            for trunk in self.store.all(TRUNKS):
                kept = {name: _without(trunk.relations.get(name), id_) for name in _TRUNK_RELATIONS}
                if kept != {name: trunk.relations.get(name) for name in _TRUNK_RELATIONS}:
                    self.store.put(replace(trunk, relations=trunk.relations | kept, texts={}))

    def read(self, type_: str, id_: str) -> dict[str, Any] | None:
        with self.store.lock:
            record = self.store.get(type_, id_)
            return as_dict(record) if record else None

    def read_all(self, type_: str) -> list[dict[str, Any]]:
        with self.store.lock:
            return [as_dict(record) for record in self.store.all(type_)]

    def _find(self, type_: str, id_: str) -> Record:
        record = self.store.get(type_, id_)
        if record is None:
            raise KeyError(id_)
        return record

    def _group(self, feature: str) -> str | None:
        groups = self.store.all("did_groups")
        return next((g.id for g in groups if feature in g.attributes["features"]), None)


def blank_did(id_: str, number: str) -> Record:
    attributes: dict[str, Any] = {
        "number": number,
        "blocked": False,
        "capacity_limit": None,
        "description": None,
        "terminated": False,
        "awaiting_registration": False,
        "created_at": timestamp(),
        "billing_cycles_count": None,
        "channels_included_count": 2,
        "dedicated_channels_count": 0,
        "emergency_enabled": False,
        "expires_at": None,
    }
    return Record(DIDS, id_, attributes, dict.fromkeys(TYPES[DIDS].relations))


def as_dict(record: Record) -> dict[str, Any]:
    """All that is stored of a record, credentials included; changing it changes nothing."""
    shown = {"id": record.id, "type": record.type, "attributes": record.attributes}
    return copy.deepcopy(shown | {"meta": record.meta} | record.relations)


def _changed(record: Record, values: dict[str, Any]) -> Record:
    values = dict(values)
    attributes = record.attributes | values.pop("attributes", {})
    relations, meta = dict(record.relations), record.meta
    absent = list(values.pop("absent", ()))
    credentials = {name: values.pop(name) for name in _CREDENTIALS if name in values}
    for name, value in values.items():
        if name in relations:
            relations[name] = list(value) if isinstance(value, (list, tuple)) else value
        elif name == "spent_amount":
            meta = {**(meta or {}), "spent_amount": value}
        elif name == "meta":
            meta = value
        else:
            attributes[name] = value
    absent += [name for name, value in attributes.items() if value is ABSENT]
    attributes = {name: value for name, value in attributes.items() if name not in absent}
    if credentials:
        attributes["authentication_method"] = _with(attributes, credentials)
    attributes = copy.deepcopy(attributes)
    return replace(record, attributes=attributes, relations=relations, meta=meta, texts={})


def _with(attributes: dict[str, Any], credentials: dict[str, Any]) -> dict[str, Any]:
    method = attributes.get("authentication_method") or {}
    return {**method, "attributes": {**(method.get("attributes") or {}), **credentials}}


def _fill_credentials(trunk: Record) -> None:
    method = trunk.attributes.get("authentication_method")
    if not isinstance(method, dict) or method.get("type") != "credentials_and_ip":
        return
    generated = methods.with_new_credentials({})["attributes"]
    own = method.get("attributes") or {}
    trunk.attributes["authentication_method"] = {
        **method,
        "attributes": {"tech_prefix": None, **generated, **own},
    }


def _without(linkage: Any, id_: str) -> Any:
    if isinstance(linkage, list):
        return [other for other in linkage if other != id_]
    return None if linkage == id_ else linkage
