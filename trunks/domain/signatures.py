"""Upstream's signature of a callback: HMAC-SHA1 over the URL and every member of every event.

`created_at2026-11-23T09:00:00Zid…statusblocked…` behind the URL: members of an event sorted by
name, each name at once followed by its value, written as JSON writes it, a string without quotes.
"""

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from trunks.domain.secrets import Secret

Event = Mapping[str, Any]
Payload = Event | Sequence[Event]

WELL_FORMED = re.compile(r"[0-9a-f]{40}")
URL = re.compile(r"(?:([^:/?#]+)://)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?", re.DOTALL)
PORTS = {"http": "80", "https": "443"}
# Where upstream's own sources differ, either reading is accepted: an empty path, and null.
EMPTY_PATHS = ("/", "")
NULLS = ("null", "")
LONGEST_SECRET = 255


def trouble_with_secret(secret: Secret) -> str:
    """Why this can be no callback secret, as an end of sentence; "" when it can."""
    clear = secret.clear
    if not 1 <= len(clear) <= LONGEST_SECRET:
        return f"must have 1 to {LONGEST_SECRET} characters"
    if not clear.isascii() or not clear.isprintable() or clear != clear.strip():
        return "must be printable text in one line, without spaces around it"
    return ""


def is_signed(header: str, url: str, payload: Payload, secret: Secret) -> bool:
    """Whether the header is the signature of these events at this URL, in constant time."""
    if not WELL_FORMED.fullmatch(header):
        return False
    return any(hmac.compare_digest(header, own) for own in signatures(url, payload, secret))


def signatures(url: str, payload: Payload, secret: Secret) -> list[str]:
    """Every signature upstream may have made; the first is the usual one.

    Raises `ValueError` for a URL that is none.
    """
    return [
        hmac.new(_bytes(secret.clear), _bytes(normal + _joined(payload, null)), "sha1").hexdigest()
        for null, normal in product(NULLS, normal_urls(url))
    ]


def normal_urls(url: str) -> list[str]:
    """The URL with its scheme and its port spelt out; two forms when it has no path."""
    scheme, authority, path, query, fragment = _parts(URL, url)
    scheme = scheme.lower() or "http"
    userinfo, host, port = _parts(AUTHORITY, authority)
    user = f"{userinfo}@" if userinfo else ""
    place = f"{scheme}://{user}{host}:{port or PORTS.get(scheme, '')}"
    return [f"{place}{p}{query}{fragment}" for p in ((path,) if path else EMPTY_PATHS)]


def _parts(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError("is not a URL")
    return found.groups(default="")


def _joined(payload: Payload, null: str) -> str:
    events = [payload] if isinstance(payload, Mapping) else payload
    return "".join(text for event in events for text in _members(event, null))


def _members(event: Event, null: str) -> Iterator[str]:
    for name in sorted(event):
        yield name
        yield _written(event[name], null)


def _written(value: Any, null: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return null
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
