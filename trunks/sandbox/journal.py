"""The requests that came in, for tests to look at."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from .messages import Request

_KEPT_HEADERS = ("accept", "content-type", "user-agent", "x-didww-api-version")
_MOST_ENTRIES = 20_000


class Journal:
    """Entries in order of arrival; an entry's `status` is None until, or unless, it is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=_MOST_ENTRIES)

    def note(self, request: Request) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "query": dict(parse_qsl(request.query, keep_blank_values=True)),
            "headers": {n: request.headers[n] for n in _KEPT_HEADERS if n in request.headers},
            "body": _readable(request.body),
            "status": None,
            "fault": None,
            "time": time.monotonic(),
        }
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
