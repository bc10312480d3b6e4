"""What can be changed of a DID."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import bodies, errors, values
from .bodies import Body
from .errors import ErrorObject
from .resources import DIDS, TYPES
from .store import Record, Store

_CHECKS: dict[str, values.Check] = {
    "billing_cycles_count": values.integer(0, 999, nullable=True),
    "capacity_limit": values.integer(1, 32767, nullable=True),
    "dedicated_channels_count": values.integer(0, None),
    "description": values.optional_text(),
    "terminated": values.boolean,
}
_ASSIGNABLE = ("capacity_pool", "shared_capacity_group", "voice_in_trunk", "voice_in_trunk_group")
_DETACHABLE = ("address_verification", "emergency_calling_service")
_EXCLUSIVE = {
    "voice_in_trunk": "voice_in_trunk_group",
    "voice_in_trunk_group": "voice_in_trunk",
}


class Numbers:
    """The verbs on DIDs; the caller holds the store's lock."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, id_: str) -> Record:
        did = self.store.get(DIDS, id_)
        if did is None:
            raise errors.not_found(id_)
        return did

    def update(self, id_: str, raw: bytes) -> Record:
        did = self.find(id_)
        relations = (*_ASSIGNABLE, *_DETACHABLE)
        body = bodies.read(raw, DIDS, attributes=_CHECKS, relations=relations, id_=id_)
        return self.apply(did, body)

    def apply(self, did: Record, body: Body) -> Record:
        problems: list[ErrorObject] = []
        attributes = did.attributes | self._attributes(body, problems)
        relations = did.relations | self._relations(body, problems)
        if problems:
            raise errors.unprocessable(problems)
        changed = replace(did, attributes=attributes, relations=relations, texts={})
        self.store.put(changed)
        return changed

    def _attributes(self, body: Body, problems: list[ErrorObject]) -> dict[str, Any]:
        read = {}
        for name, value in body.attributes.items():
            try:
                read[name] = _CHECKS[name](value)
            except values.Invalid as problem:
                problems.append(errors.invalid_attribute(name, str(problem)))
        return read

    def _relations(self, body: Body, problems: list[ErrorObject]) -> dict[str, Any]:
        read: dict[str, str | None] = {}
        for name, linkage in body.relations.items():
            type_ = TYPES[DIDS].relations[name].type
            id_ = read[name] = bodies.identifier(linkage, type_)
            if id_ is not None and name in _DETACHABLE:
                problems.append(errors.invalid_relation(name, "must be blank"))
            elif id_ is not None and self.store.get(type_, id_) is None:
                problems.append(errors.invalid_relation(name, values.INVALID))
        for name, other in _EXCLUSIVE.items():
            if read.get(name) and read.get(other):
                problems.append(errors.invalid_relation(name, "must be blank"))
            elif read.get(name):
                read[other] = None
        return read
