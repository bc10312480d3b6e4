"""What upstream says beside its resources, made fit to be kept, logged and shown.

A trunk that no row can hold is set aside; an error cannot be: its change must be settled by it.
"""

import math
from collections.abc import Mapping
from typing import Any

from trunks.domain.secrets import Secret

LONGEST = 2000  # characters of one text
MOST = 100  # elements of one list, members of one object
DEEPEST = 8
SHORTEST_SECRET = 8  # characters; what is shorter may be a word
STRUCK = "•••"


def fit(value: Any, depth: int = DEEPEST) -> Any:
    """The value with nothing in it that a database or a page would choke on, cut where endless."""
    if isinstance(value, str):
        return fit_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping | list) and not depth:
        return "…"
    if isinstance(value, Mapping):
        members = list(value.items())[:MOST]
        return {fit_text(str(name)): fit(inner, depth - 1) for name, inner in members}
    if isinstance(value, list):
        return [fit(inner, depth - 1) for inner in value[:MOST]]
    return value


def fit_text(text: str) -> str:
    """Without NUL and surrogates; a long one ends in "…"."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "".join("\ufffd" if c == "\x00" or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def without(value: Any, secret: Secret, depth: int = DEEPEST) -> Any:
    """The value with the secret struck out wherever a text of it repeats it; before it is cut."""
    if len(secret.clear) < SHORTEST_SECRET:
        return value
    if isinstance(value, str):
        return value.replace(secret.clear, STRUCK)
    if isinstance(value, Mapping | list) and not depth:
        return "…"
    if isinstance(value, Mapping):
        parts = value.items()
        return {without(n, secret): without(inner, secret, depth - 1) for n, inner in parts}
    if isinstance(value, list):
        return [without(inner, secret, depth - 1) for inner in value]
    return value
