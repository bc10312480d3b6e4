"""What may be kept of an answer that went wrong: upstream's error objects, and no secret.

Upstream's answers hold usernames and passwords, its refusals may repeat what was sent. So a body is
kept by what is known to be harmless in it, never by taking out what is known to be harmful.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from trunks.domain.secrets import Secret
from trunks.upstream.words import fit_text

TEXTS = ("title", "detail", "code", "status")
MOST_ERRORS = 10
LONGEST = 300  # characters of one text
WITHHELD = "withheld: it speaks of credentials"
CREDENTIALS = re.compile(r"user.?name|password|passwd|secret|token|api.?key|authori[sz]ation", re.I)
POINTER = re.compile(r"(/[A-Za-z0-9_-]{1,60}){1,10}")


def redacted(content: bytes, key: Secret) -> str:
    """JSON of the error objects, or the body's length and SHA-256, or "" where there was none."""
    if not content:
        return ""
    kept = [_kept(error, key.clear) for error in _error_objects(content)[:MOST_ERRORS]]
    if any(kept):
        return orjson.dumps({"errors": kept}).decode()
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def _error_objects(content: bytes) -> list[Mapping[str, Any]]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return []
    errors = document.get("errors") if isinstance(document, dict) else None
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def _kept(error: Mapping[str, Any], key: str) -> dict[str, Any]:
    pointer = _pointer(error.get("source"), key)
    texts = {name: str(error[name]) for name in TEXTS if isinstance(error.get(name), str | int)}
    speaks = bool(CREDENTIALS.search(pointer))
    kept: dict[str, Any] = {name: _text(text, key, speaks) for name, text in texts.items()}
    return kept | ({"source": {"pointer": pointer}} if pointer else {})


def _pointer(source: Any, key: str) -> str:
    pointer = source.get("pointer") if isinstance(source, dict) else None
    if not isinstance(pointer, str) or (key and key in pointer):
        return ""
    return pointer if POINTER.fullmatch(pointer) else ""


def _text(text: str, key: str, speaks_of_credentials: bool) -> str:
    """A number (a code, a status) gives nothing away."""
    if key and key in text:  # asked before it is cut
        return WITHHELD
    text = fit_text(text)
    if (speaks_of_credentials and not text.isdecimal()) or CREDENTIALS.search(text):
        return WITHHELD
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
