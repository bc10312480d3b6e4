"""One callback on its way: signed as the upstream signs, sent to this machine only."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_ANSWER_SECONDS = 10


def signature_of(url: str, events: list[dict[str, Any]], secret: str) -> str:
    """HMAC-SHA1 of the whole URL and every member of every event, sorted by name."""
    members = [f"{name}{_written(event[name])}" for event in events for name in sorted(event)]
    message = "".join([_whole(url), *members])
    return hmac.new(secret.encode(), message.encode(), hashlib.sha1).hexdigest()


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _whole(url: str) -> str:
    """With scheme and port, whether or not they were said."""
    parts = _parts(url)
    port = "" if parts.port else f":{_PORTS.get(parts.scheme, 80)}"
    netloc = f"{parts.netloc.rstrip(':')}{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/").geturl()


def post(
    url: str, events: list[dict[str, Any]], secret: str, signature: str | None = None
) -> int | None:
    """The status of the answer; None without one, and for another machine, which is not asked."""
    try:
        parts = _parts(url)
        if not _is_this_machine(parts.hostname or ""):
            return None
        signature = signature_of(url, events, secret) if signature is None else signature
        return _answer(parts, json.dumps(events).encode(), signature)
    except (OSError, http.client.HTTPException, ValueError):
        return None


def _answer(parts: SplitResult, body: bytes, signature: str) -> int:
    secure = parts.scheme == "https"
    made = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    headers = {"Content-Type": "application/json", "X-DIDWW-Signature": signature}
    connection = made(parts.hostname or "", parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _parts(url: str) -> SplitResult:
    """With no scheme it is taken as http."""
    return urlsplit(url if "://" in url else f"http://{url}")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
