"""The relationship endpoints: `/{type}/{id}/relationships/{name}` and `/{type}/{id}/{name}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import bodies, errors
from .bodies import Body
from .messages import Request, Response
from .rendering import Rendering, dump, linked_ids
from .resources import DIDS, TRUNKS, TYPES
from .store import Record

if TYPE_CHECKING:
    from .api import Api


class Relationships:
    """One relationship of one record, read or written on its own."""

    def __init__(self, api: Api, request: Request, record: Record, name: str) -> None:
        relation = TYPES[record.type].relations.get(name)
        if relation is None:
            raise errors.no_route(request.path)
        self.api = api
        self.request = request
        self.record = record
        self.name = name
        self.relation = relation

    def write(self, method: str) -> Response:
        if self.record.type not in (TRUNKS, DIDS):
            raise errors.no_route(self.request.path)
        if method != "PATCH" and not self.relation.many:
            raise errors.no_route(self.request.path)
        document = bodies.parse(self.request.body)
        if "data" not in document:
            raise errors.param_missing("data")
        body = Body(relations={self.name: self._wanted(method, document["data"])})
        if self.record.type == TRUNKS:
            self.api.trunks.apply(self.record, body)
        else:
            self.api.numbers.apply(self.record, body)
        return Response(204)

    def related(self) -> Response:
        store, path = self.api.store, f"{self.record.type}/{self.record.id}/{self.name}"
        ids = linked_ids(store, self.record, self.name)
        found = [other for id_ in ids if (other := store.get(self.relation.type, id_))]
        if self.relation.many:
            return self.api.list(self.request, self.relation.type, found, path)
        if found:
            return self.api.show(self.request, found[0])
        return Response(200, f'{{"data":null,"meta":{dump(self.api.meta())}}}'.encode())

    def linkage(self) -> Response:
        rendering = Rendering(self.api.store, self.request.base, {})
        links = rendering.links(self.record, self.name)
        data = rendering.linkage(self.record, self.name)
        meta = dump(self.api.meta())
        return Response(200, f'{{"links":{links},"data":{data},"meta":{meta}}}'.encode())

    def _wanted(self, method: str, linkage: Any) -> Any:
        """The whole linkage after a replacement, an addition or a removal."""
        if method == "PATCH":
            return linkage
        sent = bodies.identifiers(linkage, self.relation.type)
        before = self.record.to_many(self.name)
        if method == "POST":
            ids = list(dict.fromkeys([*before, *sent]))
        else:
            ids = [id_ for id_ in before if id_ not in set(sent)]
        return [{"type": self.relation.type, "id": id_} for id_ in ids]
