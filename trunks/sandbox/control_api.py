"""The control path: plain JSON with the same key as the API.

| request | does |
|---|---|
| GET, POST, DELETE /control/faults, DELETE /control/faults/ID | lists, asks for, clears faults |
| GET, POST /control/trunks, GET, PATCH, DELETE /control/trunks/ID | someone else's changes |
| the same under /control/dids | the same to numbers |
| POST /control/regenerate/ID | new credentials, by someone else |
| GET, DELETE /control/requests | the log of requests to the API |
| POST /control/reset | the first state again; `trunks`, `dids`: other counts |
| POST /control/callbacks | tells something now: `trunk`; see `callbacks.Callbacks.send` |
| GET, DELETE /control/callbacks | what was told; forgets it, and what was still to be told |
| GET, PATCH /control/settings | see `settings.Settings` |
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .messages import Request, Response, json_response
from .resources import DIDS, TRUNKS

if TYPE_CHECKING:
    from .upstream import Upstream

_JSON = {"Content-Type": "application/json"}


class ControlApi:
    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream

    def answer(self, request: Request) -> Response:
        if request.headers.get("api-key") != self.upstream.settings.api_key:
            return json_response(401, {"error": "wrong or missing Api-Key"}, **_JSON)
        try:
            values = json.loads(request.body) if request.body else {}
            answer = self._route(request, values)
        except KeyError as missing:
            return json_response(404, {"error": f"no record {missing}"}, **_JSON)
        except (TypeError, ValueError) as problem:
            return json_response(400, {"error": str(problem)}, **_JSON)
        return json_response(200, answer, **_JSON)

    def _route(self, request: Request, values: Any) -> Any:
        method = request.method
        match request.path.strip("/").split("/")[1:]:
            case ["faults", *rest]:
                return self._faults(method, values, rest)
            case ["trunks", *rest]:
                return self._records(TRUNKS, method, values, rest)
            case ["dids", *rest]:
                return self._records(DIDS, method, values, rest)
            case ["regenerate", id_] if method == "POST":
                return self.upstream.control.regenerate(id_)
            case ["requests"]:
                journal = self.upstream.journal
                return journal.clear() if method == "DELETE" else journal.entries()
            case ["callbacks"]:
                return self._callbacks(method, values)
            case ["reset"] if method == "POST":
                return self.upstream.reset(**values)
            case ["settings"] if method == "PATCH":
                return self.upstream.change_settings(values)
            case ["settings"]:
                return self.upstream.settings.as_dict()
        raise ValueError(f"no control {method} {request.path}")

    def _faults(self, method: str, values: Any, rest: list[str]) -> Any:
        faults = self.upstream.faults
        if method == "POST":
            return {"id": faults.add(values).id}
        if method == "DELETE":
            return faults.clear(rest[0] if rest else None)
        return faults.as_list()

    def _callbacks(self, method: str, values: Any) -> Any:
        if method == "POST":
            return self.upstream.control.send_callback(values.pop("trunk"), values)
        if method == "DELETE":
            return self.upstream.callbacks.clear()
        return self.upstream.callbacks.sent()

    def _records(self, type_: str, method: str, values: Any, rest: list[str]) -> Any:
        control = self.upstream.control
        is_trunk = type_ == TRUNKS
        match (method, rest):
            case ("GET", []):
                return control.read_all(type_)
            case ("POST", []):
                return (control.create_trunk if is_trunk else control.create_did)(values)
            case ("GET", [id_]):
                record = control.read(type_, id_)
                if record is None:
                    raise KeyError(id_)
                return record
            case ("PATCH", [id_]):
                return (control.change_trunk if is_trunk else control.change_did)(id_, values)
            case ("DELETE", [id_]):
                return (control.delete_trunk if is_trunk else control.delete_did)(id_)
        raise ValueError(f"no control {method} of {type_}")
