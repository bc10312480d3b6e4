"""What upstream says beside its resources, made fit to be kept, logged and shown.

A trunk that no row can hold is set aside; an error cannot be: its change must be settled by it.
"""

import math
from collections.abc import Mapping
from typing import Any

LONGEST = 2000  # characters of one text
MOST = 100  # elements of one list, members of one object
DEEPEST = 8


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
