"""Records to JSON:API text.

A page of 1,000 trunks with their DIDs is several megabytes: each record's text is rendered
once, kept on the record and joined into documents, instead of dumping one huge structure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from .resources import DIDS, TRUNKS, TYPES
from .store import Record, Store

IncludeTree = dict[str, "IncludeTree"]
Fields = Mapping[str, frozenset[str]]


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Stands for the id in kept text; no base or name holds it.
_ID = "\0"


def _links(base: str, type_: str, id_: str, name: str) -> str:
    home = f"{base}/{type_}/{id_}"
    return f'{{"self":"{home}/relationships/{name}","related":"{home}/{name}"}}'


@lru_cache(maxsize=256)
def _links_template(base: str, type_: str) -> str:
    """All relationships without linkage: what most of a long answer consists of."""
    names = TYPES[type_].relations
    return ",".join(f'"{name}":{{"links":{_links(base, type_, _ID, name)}}}' for name in names)


def linked_ids(store: Store, record: Record, name: str) -> list[str]:
    """The ids at the other end of a relationship, to-one or to-many, in order."""
    if name == "emergency_dids" and record.attributes.get("emergency_enable_all") is True:
        return [did.id for did in store.all(DIDS) if did.attributes.get("emergency_enabled")]
    if TYPES[record.type].relations[name].many:
        return record.to_many(name)
    one = record.to_one(name)
    return [one] if one else []


class Rendering:
    """One answer's way of rendering: where links lead, and what `fields[...]` left over."""

    def __init__(self, store: Store, base: str, fields: Fields) -> None:
        self.store = store
        self.base = base
        self.fields = fields

    def resource(self, record: Record, linked: frozenset[str] = frozenset()) -> str:
        """A resource object; only relationships in `linked` show their linkage."""
        if record.type in self.fields or _is_linked_by_flag(record, linked):
            return self._render(record, linked)
        key = (self.base, linked)
        text = record.texts.get(key)
        if text is None:
            text = record.texts[key] = self._render(record, linked)
        return text

    def _render(self, record: Record, linked: frozenset[str]) -> str:
        wanted = self.fields.get(record.type)
        attributes = record.attributes
        if wanted is not None:
            attributes = {name: value for name, value in attributes.items() if name in wanted}
        parts = [f'"id":{dump(record.id)},"type":"{record.type}"']
        if attributes:
            parts.append(f'"attributes":{dump(attributes)}')
        relations = self._relations(record, linked, wanted)
        if relations:
            parts.append(f'"relationships":{{{relations}}}')
        if record.meta is not None:
            parts.append(f'"meta":{dump(record.meta)}')
        return f"{{{','.join(parts)}}}"

    def _relations(
        self, record: Record, linked: frozenset[str], wanted: frozenset[str] | None
    ) -> str:
        if wanted is None and not linked:
            return _links_template(self.base, record.type).replace(_ID, record.id)
        parts = []
        for name in TYPES[record.type].relations:
            if wanted is None or name in wanted:
                data = f',"data":{self.linkage(record, name)}' if name in linked else ""
                parts.append(f'"{name}":{{"links":{self.links(record, name)}{data}}}')
        return ",".join(parts)

    def links(self, record: Record, name: str) -> str:
        return _links(self.base, record.type, record.id, name)

    def linkage(self, record: Record, name: str) -> str:
        relation = TYPES[record.type].relations[name]
        ids = linked_ids(self.store, record, name)
        identifiers = [f'{{"type":"{relation.type}","id":"{id_}"}}' for id_ in ids]
        if relation.many:
            return f"[{','.join(identifiers)}]"
        return identifiers[0] if identifiers else "null"

    def resources(self, records: Iterable[Record], tree: IncludeTree) -> str:
        linked = frozenset(tree)
        return ",".join(self.resource(record, linked) for record in records)

    def included(self, records: Iterable[Record], tree: IncludeTree) -> str:
        """Everything the include tree reaches from `records`, each resource once."""
        found: dict[tuple[str, str], tuple[Record, frozenset[str]]] = {}
        primary = list(records)
        self._collect(primary, tree, found)
        for record in primary:
            found.pop((record.type, record.id), None)
        return ",".join(self.resource(record, linked) for record, linked in found.values())

    def _collect(
        self,
        records: Iterable[Record],
        tree: IncludeTree,
        found: dict[tuple[str, str], tuple[Record, frozenset[str]]],
    ) -> None:
        for name, branch in tree.items():
            below: dict[str, Record] = {}
            for record in records:
                type_ = TYPES[record.type].relations[name].type
                for id_ in linked_ids(self.store, record, name):
                    if id_ not in below and (other := self.store.get(type_, id_)):
                        below[id_] = other
            shown = frozenset(branch)
            for other in below.values():
                key = (other.type, other.id)
                before = found[key][1] if key in found else frozenset()
                found[key] = (other, before | shown)
            if branch:
                self._collect(below.values(), branch, found)


def _is_linked_by_flag(record: Record, linked: frozenset[str]) -> bool:
    """Such linkage changes with other records, so its text cannot be kept."""
    return (
        "emergency_dids" in linked
        and record.type == TRUNKS
        and bool(record.attributes.get("emergency_enable_all"))
    )
