"""Resource objects, with the attributes and relationships of `fields[type]`."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from orjson import Fragment

from trunks.api.documents import Resource, relation
from trunks.api.queries import Query
from trunks.api.serializers import ResourceSerializer

Type = type[ResourceSerializer]


def pruned(
    type_: str, id_: str, attributes: dict[str, Any], relationships: Any, query: Query
) -> Resource:
    """Empty members are left out; relationships are taken as they are."""
    wanted = query.fields.get(type_)
    if wanted is not None:
        attributes = {name: value for name, value in attributes.items() if name in wanted}
    found: Resource = {"id": id_, "type": type_}
    if attributes:
        found["attributes"] = attributes
    if relationships:
        found["relationships"] = relationships
    return found


class LinkTemplate:
    """The relationships of one type, written once an answer and filled in with each id.

    A DID has ten of them, two links each: most of a long list is these links.
    """

    def __init__(self, base: str, type_: Type, query: Query) -> None:
        wanted = query.fields.get(type_.name())
        home = f"{base}/{type_.name()}/{{id}}"
        self.parts = {
            name: relation(home, name)
            for name in type_.relationships()
            if wanted is None or name in wanted
        }
        self.whole = orjson.dumps(self.parts).decode()
        self.links = {n: orjson.dumps(part["links"]).decode() for n, part in self.parts.items()}

    def relationships(
        self, id_: str, linked: Mapping[str, Sequence[str]] | None = None
    ) -> Fragment | dict[str, Any] | None:
        """All of them; with linkage to DIDs where `linked` says so."""
        if not self.parts:
            return None
        if not linked:
            return Fragment(self.whole.replace("{id}", id_))
        found: dict[str, Any] = {}
        for name, links in self.links.items():
            found[name] = {"links": Fragment(links.replace("{id}", id_))}
            if name in linked:
                found[name]["data"] = [{"type": "dids", "id": did} for did in linked[name]]
        return found
