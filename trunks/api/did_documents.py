"""DIDs as resource objects, read as plain rows: no model instance per number."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db.models import QuerySet

from trunks.api.columns import EMPTY_LIST, as_text, id_of
from trunks.api.documents import Resource
from trunks.api.queries import Query
from trunks.api.resources import LinkTemplate, pruned
from trunks.api.serializers import DidSerializer
from trunks.models import Did, Token

ATTRIBUTES = DidSerializer.attributes()
Row = tuple[Any, ...]


def did_rows(dids: QuerySet[Did]) -> QuerySet[Did, Row]:
    """Id, what upstream left out, then the attributes; the first two as text."""
    return dids.values_list(as_text("id"), as_text("absent"), *ATTRIBUTES)


def did_resources(
    rows: Iterable[Row], query: Query, base: str, token: Token
) -> tuple[list[Resource], None]:
    links = LinkTemplate(base, DidSerializer, query)
    return [_resource(row, query, links) for row in rows], None


def _resource(row: Row, query: Query, links: LinkTemplate) -> Resource:
    id_ = id_of(row[0])
    attributes = dict(zip(ATTRIBUTES, row[2:], strict=True))
    if row[1] != EMPTY_LIST:
        for name in orjson.loads(row[1]):
            attributes.pop(name, None)
    return pruned("dids", id_, attributes, links.relationships(id_), query)
