"""A request as it came in and an answer as it goes out, free of sockets."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlsplit

MEDIA_TYPE = "application/vnd.api+json"
Ending = Literal["answer", "cut", "fin", "rst"]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    @property
    def base(self) -> str:
        """Where links of the answer lead."""
        return f"http://{self.headers.get('host', '127.0.0.1')}/v3"

    @property
    def is_write(self) -> bool:
        return self.method not in ("GET", "HEAD")


@dataclass(frozen=True)
class Response:
    """`ending`: `cut` sends half of the body, `fin` and `rst` close without an answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = "answer"

    def head(self, seconds: float) -> bytes:
        """The status line and all headers, the length of the whole body among them."""
        fresh = "max-age=0, private, must-revalidate" if self.status < 400 else "no-cache"
        headers = {
            "Server": "nginx",
            "X-Request-Id": str(uuid.uuid4()),
            "X-Runtime": f"{seconds:.6f}",
            "Vary": "Accept",
            "Cache-Control": fresh,
        }
        if self.status != HTTPStatus.NO_CONTENT:
            headers["Content-Type"] = MEDIA_TYPE
            headers["Content-Length"] = str(len(self.body))
        if self.body and self.status < 400:
            digest = hashlib.blake2b(self.body, digest_size=16).hexdigest()
            headers["ETag"] = f'W/"{digest}"'
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        lines += [f"{name}: {value}" for name, value in (headers | self.headers).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def json_response(status: int, value: Any, **headers: str) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, headers)
