"""Faults on demand: which request goes wrong, how, and how often."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args
from urllib.parse import unquote

from .messages import Ending, Request, Response, json_response

Kind = Literal["latency", "status", "drop_before", "drop_after", "cut", "html", "version"]
OTHER_META = b'"api_version":"2022-05-10"'


@dataclass
class Fault:
    """What goes wrong with requests that match `method`, `path` and `query`.

    `path` is a prefix, with or without /v3, or a regular expression when it begins with `^`;
    `query` is a part of the decoded query. The first `after` matching requests are let
    through, then `times` of them are hit (None: all until cleared).
    `commit`: a `status` or `html` fault commits the write first; a `latency` sleeps after
    the commit instead of before. `version`: done, and answered as another API version.
    `close`: how a dropped connection ends, `fin` or `rst`.
    """

    kind: Kind
    status: int | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    method: str | None = None
    path: str | None = None
    query: str | None = None
    times: int | None = 1
    after: int = 0
    commit: bool = False
    close: Literal["fin", "rst"] = "fin"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown kind {self.kind!r}; known: {', '.join(get_args(Kind))}")

    def matches(self, request: Request) -> bool:
        if self.method and self.method.upper() != request.method:
            return False
        if self.query and self.query not in unquote(request.query):
            return False
        return self.path is None or self._is_path(request.path)

    def _is_path(self, path: str) -> bool:
        candidates = (path, path.removeprefix("/v3"))
        if self.path and self.path.startswith("^"):
            return any(re.search(self.path, candidate) for candidate in candidates)
        return any(candidate.startswith(self.path or "") for candidate in candidates)

    @property
    def commits(self) -> bool:
        return self.commit or self.kind in ("drop_after", "cut")

    def spoil(self, answer: Response) -> Response:
        """The API's own answer as it arrives; for `cut` and `version`."""
        if self.kind == "cut":
            return replace(answer, ending="cut")
        meta = re.compile(rb'"api_version":"[^"]*"')
        return replace(answer, body=meta.sub(OTHER_META, answer.body))

    def response(self) -> Response:
        """The answer instead of the API's own; not for `latency`, `cut` and `version`."""
        if self.kind == "html":
            page = b"<html><head><title>502 Bad Gateway</title></head><body></body></html>"
            return Response(self.status or 502, page, {"Content-Type": "text/html"})
        if self.kind == "status":
            return self._error(self.status or 503)
        ending: Ending = self.close
        return Response(0, ending=ending)

    def _error(self, status: int) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        error = {"status": str(status), "detail": "Too Many Requests"}
        if status != 429:
            title = "Internal Server Error" if status >= 500 else "Refused"
            error = {"title": title, "detail": title, "code": str(status), "status": str(status)}
        return json_response(status, {"errors": [error]}, **headers)


class Faults:
    """The faults in force, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, values: dict[str, Any]) -> Fault:
        """Raises ValueError or TypeError for what is no fault."""
        fault = Fault(**values)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, id_: str | None = None) -> None:
        with self._lock:
            self._faults = [f for f in self._faults if id_ is not None and f.id != id_]

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, request: Request) -> list[Fault]:
        """The faults that hit this request: any latencies, and the first of another kind."""
        hit: list[Fault] = []
        with self._lock:
            for fault in list(self._faults):
                is_second = fault.kind != "latency" and any(f.kind != "latency" for f in hit)
                if not is_second and fault.matches(request) and self._spend(fault):
                    hit.append(fault)
        return hit

    def _spend(self, fault: Fault) -> bool:
        if fault.after > 0:
            fault.after -= 1
            return False
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return True
