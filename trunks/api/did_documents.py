"""DIDs as resource objects, read as plain rows: no model instance per number."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from trunks.api.documents import Resource, relation, resource
from trunks.api.queries import Query
from trunks.api.resources import DIDS
from trunks.models.did import DidQuerySet

COLUMNS = ("id", "absent", *DIDS.attributes)
Row = tuple[Any, ...]


def did_rows(dids: DidQuerySet) -> list[Row]:
    return list(dids.values_list(*COLUMNS))


def did_resources(rows: Iterable[Row], query: Query, base: str) -> list[Resource]:
    return [did_resource(row, query, base) for row in rows]


def did_resource(row: Row, query: Query, base: str) -> Resource:
    id_, absent, *values = row
    attributes = dict(zip(DIDS.attributes, values, strict=True))
    for name in absent:
        attributes.pop(name, None)
    home = f"{base}/dids/{id_}"
    relations = {name: relation(home, name) for name in DIDS.relationships}
    return resource("dids", str(id_), attributes, relations, query)


def identifier(id_: UUID | str) -> dict[str, str]:
    return {"type": "dids", "id": str(id_)}
