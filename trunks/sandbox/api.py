"""The upstream's API under /v3: from a request to an answer."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable

from . import errors, queries
from .messages import MEDIA_TYPE, Request, Response, json_response
from .numbers import Numbers
from .queries import Query
from .relationships import Relationships
from .rendering import Rendering, dump
from .resources import REGENERATIONS, TYPES
from .settings import Settings
from .store import Record, Store
from .trunks import Trunks


class Api:
    """Answers requests; every one is served alone, under the store's lock."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.trunks = Trunks(store, settings)
        self.numbers = Numbers(store)
        self._second = 0
        self._in_second = 0

    def answer(self, request: Request) -> Response:
        try:
            with self.store.lock:
                self._admit(request)
                return self._route(request)
        except errors.Refusal as refused:
            return json_response(refused.status, {"errors": refused.errors})
        except Exception:
            traceback.print_exc()
            failed = errors.internal_error()
            return json_response(failed.status, {"errors": failed.errors})

    def _admit(self, request: Request) -> None:
        if request.headers.get("api-key") != self.settings.api_key:
            raise errors.unauthorized()
        self._count()
        _check_accept(request.headers.get("accept", "*/*"))
        if request.body and request.is_write:
            content_type = request.headers.get("content-type", "")
            if content_type.strip().lower() != MEDIA_TYPE:
                raise errors.unsupported_media_type(content_type)

    def _count(self) -> None:
        second = int(time.monotonic())
        self._in_second = self._in_second + 1 if second == self._second else 1
        self._second = second
        most = self.settings.requests_per_second
        if most is not None and self._in_second > most:
            raise errors.too_many_requests()

    def _route(self, request: Request) -> Response:
        aliases = {"PUT": "PATCH", "HEAD": "GET"}
        method = aliases.get(request.method, request.method)
        match request.path.strip("/").split("/"):
            case ["v3", type_, *rest]:
                if type_.startswith("voice_out_") and not self.settings.outbound_enabled:
                    raise errors.outbound_disabled()
                answer = self._of_type(request, method, type_, rest)
                if answer is not None:
                    return answer
        raise errors.no_route(request.path)

    def _of_type(
        self, request: Request, method: str, type_: str, rest: list[str]
    ) -> Response | None:
        match (type_, rest):
            case ("balance", []) if method == "GET":
                return self.show(request, self.store.all("balances")[0])
            case ("voice_out_trunk_regenerate_credentials", []) if method == "POST":
                return self._regenerate(request)
            case (_, []) if method == "GET" and _is_listed(type_):
                return self.list(request, type_, self.store.all(type_), type_)
            case (_, [id_, *names]) if method == "GET" and _is_listed(type_):
                return self._read(request, self._find(type_, id_), names)
            case (_, [id_, "relationships", name]) if _is_listed(type_):
                record = self._find(type_, id_)
                return Relationships(self, request, record, name).write(method)
        return self._write(request, method, type_, rest)

    def _read(self, request: Request, record: Record, names: list[str]) -> Response | None:
        match names:
            case []:
                return self.show(request, record)
            case [name]:
                return Relationships(self, request, record, name).related()
            case ["relationships", name]:
                return Relationships(self, request, record, name).linkage()
        return None

    def _write(self, request: Request, method: str, type_: str, rest: list[str]) -> Response | None:
        self._check_query(request, type_)
        match (method, type_, rest):
            case ("POST", "voice_out_trunks", []):
                return self.show(request, self.trunks.create(request.body), 201)
            case ("PATCH", "voice_out_trunks", [id_]):
                return self.show(request, self.trunks.update(id_, request.body))
            case ("DELETE", "voice_out_trunks", [id_]):
                self.trunks.delete(id_)
                return Response(204)
            case ("PATCH", "dids", [id_]):
                return self.show(request, self.numbers.update(id_, request.body))
        return None

    def _check_query(self, request: Request, type_: str) -> None:
        """Before the write: one that is refused for its query must not have happened."""
        query = Query.parse(request.query)
        queries.sparse_fields(query)
        if type_ in TYPES:
            queries.include_tree(query, type_)

    def _find(self, type_: str, id_: str) -> Record:
        record = self.store.get(type_, id_)
        if record is None:
            raise errors.not_found(id_)
        return record

    def _regenerate(self, request: Request) -> Response:
        data = {"id": self.trunks.regenerate(request.body), "type": REGENERATIONS}
        return json_response(201, {"data": data, "meta": self.meta()})

    def meta(self) -> dict[str, str]:
        return {"api_version": self.settings.api_version}

    def show(self, request: Request, record: Record, status: int = 200) -> Response:
        query = Query.parse(request.query)
        tree = queries.include_tree(query, record.type)
        rendering = Rendering(self.store, request.base, queries.sparse_fields(query))
        members = [f'"data":{rendering.resource(record, frozenset(tree))}']
        if tree:
            members.append(f'"included":[{rendering.included([record], tree)}]')
        members.append(f'"meta":{dump(self.meta())}')
        return _document(status, members)

    def list(self, request: Request, type_: str, records: Iterable[Record], path: str) -> Response:
        query = Query.parse(request.query)
        tree = queries.include_tree(query, type_)
        rendering = Rendering(self.store, request.base, queries.sparse_fields(query))
        page = queries.page(query, self.settings, type_)
        found = queries.filtered(self.store, self.settings, query, type_, records)
        shown = page.slice(queries.ordered(query, type_, found))
        members = [f'"data":[{rendering.resources(shown, tree)}]']
        if tree:
            members.append(f'"included":[{rendering.included(shown, tree)}]')
        meta = {"total_records": len(found), **self.meta()}
        links = page.links(f"{request.base}/{path}", query, len(found))
        members += [f'"meta":{dump(meta)}', f'"links":{dump(links)}']
        return _document(200, members)


def _is_listed(type_: str) -> bool:
    """The emergency types are printed in links, and routed nowhere."""
    return type_ in TYPES and type_ != "balances" and not type_.startswith("emergency")


def _document(status: int, members: list[str]) -> Response:
    return Response(status, f"{{{','.join(members)}}}".encode())


def _check_accept(accept: str) -> None:
    """Refused when every JSON:API entry carries media-type parameters (a weight is none)."""
    entries = [entry.strip().lower() for entry in accept.split(",")]
    own = [entry for entry in entries if entry.partition(";")[0].strip() == MEDIA_TYPE]
    if own and all(_has_parameters(entry) for entry in own):
        raise errors.not_acceptable(accept)


def _has_parameters(entry: str) -> bool:
    parameters = [part.strip() for part in entry.split(";")[1:]]
    return any(not part.startswith("q=") for part in parameters)
