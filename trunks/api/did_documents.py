"""DIDs as resource objects, read as plain rows: no model instance per number."""

from collections.abc import Iterable
from typing import Any

import orjson

from trunks.api.columns import EMPTY_LIST, as_text, id_of
from trunks.api.documents import LinkTemplate, Resource, pruned
from trunks.api.queries import Query
from trunks.api.resources import DIDS
from trunks.models.did import DidQuerySet

Row = tuple[Any, ...]


def did_rows(dids: DidQuerySet) -> list[Row]:
    """Id, what upstream left out, then the attributes; the id in its usual form."""
    rows = dids.values_list(as_text("id"), as_text("absent"), *DIDS.attributes)
    return [(id_of(row[0]), *row[1:]) for row in rows]


def did_resources(rows: Iterable[Row], query: Query, base: str) -> list[Resource]:
    links = LinkTemplate(base, DIDS, query)
    return [_resource(row, query, links) for row in rows]


def _resource(row: Row, query: Query, links: LinkTemplate) -> Resource:
    attributes = dict(zip(DIDS.attributes, row[2:], strict=True))
    if row[1] != EMPTY_LIST:
        for name in orjson.loads(row[1]):
            attributes.pop(name, None)
    return pruned(DIDS, row[0], attributes, links.relationships(row[0]), query)


def identifier(id_: str) -> dict[str, str]:
    return {"type": "dids", "id": id_}
