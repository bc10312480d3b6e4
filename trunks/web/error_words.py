"""Upstream's error objects in the words people read."""

from collections.abc import Mapping
from typing import Any

from trunks.models import Change
from trunks.web.diff_lines import unit_label
from trunks.web.words import sentence

GONE = "404"


def first_error(change: Change) -> str:
    """Upstream's own words as a sentence, with the field they are about."""
    for error in change.errors:
        if words := error_words(error):
            field = error_field(error_pointer(error))
            return sentence(f"{field} {words}" if field else words)
    return ""


def error_words(error: Mapping[str, Any]) -> str:
    """What an error object says, without the field's name that upstream puts before it."""
    detail, title = str(error.get("detail") or ""), str(error.get("title") or "")
    return title if title and detail.endswith(f"- {title}") else detail or title


def error_pointer(error: Mapping[str, Any]) -> str:
    source = error.get("source")
    return str(source.get("pointer") or "") if isinstance(source, Mapping) else ""


def error_field(pointer: str) -> str:
    """`/data/attributes/authentication_method/attributes/tech_prefix` → `Tech prefix`."""
    left_out = ("data", "attributes", "relationships")
    parts = [p for p in pointer.split("/") if p and not p.isdigit() and p not in left_out]
    return unit_label(".".join(parts)) if parts else ""


def is_gone(change: Change) -> bool:
    """Whether upstream no longer had the trunk."""
    return any(str(error.get("status")) == GONE for error in change.errors)


def is_act(change: Change) -> bool:
    """Block and unblock: not typed into a form."""
    return list(change.patch) == ["status"]
