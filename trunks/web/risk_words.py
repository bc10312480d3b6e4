"""A change's risks as a page says them: what they tell by digits is told by places too."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from trunks.web.words import destination, listed

# What a risk is called where many trunks bear it.
KINDS = {
    "delete": "Trunk deleted",
    "method_switch": "Another authentication method",
    "unblock": "Unblocked although the 24-hour limit stopped it",
    "wider_networks": "More addresses may call",
    "more_destinations": "More destinations can be dialled",
    "higher_limit": "Higher 24-hour limit",
    "more_calls": "More calls at once",
    "any_caller_id": "Any DID as caller ID",
    "all_emergency": "Emergency calls from any DID",
    "weaker_media": "Media no longer encrypted",
    "wider_rtp": "Media from more addresses",
}
PREFIX = re.compile(r"[0-9]+")


def risks_in_words(risks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`Opens 47, 881.` → `Opens Norway 47 and Satellite networks 881.`"""
    return [{**risk, "detail": _placed(risk)} for risk in risks]


def _placed(risk: Mapping[str, Any]) -> str:
    detail = str(risk.get("detail") or "")
    prefixes = PREFIX.findall(detail)
    if risk.get("code") != "more_destinations" or not prefixes:
        return detail
    verb = detail[: PREFIX.search(detail).start()]  # type: ignore[union-attr]
    places = [" ".join(filter(None, destination(prefix))) for prefix in prefixes]
    return f"{verb}{listed(places)}."
