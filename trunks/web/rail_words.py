"""Guard rails as people read them: what members may do, up to where, and what differs."""

from typing import NamedTuple

from trunks.domain.attributes import label_of
from trunks.domain.destinations import names_of
from trunks.domain.guardrail_values import ACTS, FREEDOMS, Rails
from trunks.domain.guardrail_words import lengths
from trunks.templatetags._words import amount_in_words
from trunks.web.words import choice_in_words, listed

FREEDOM_WORDS = {
    "free": "Free, up to its ceiling",
    "ask": "Tighten; more on request",
    "closed": "Tighten only",
}
ACT_WORDS = {
    "create": "Create trunks",
    "delete": "Delete trunks",
    "regenerate": "Make new credentials",
    "switch_method": "Switch the method",
}
RAIL_LABELS = {"dst_prefixes": "Destinations", "status": "Block and unblock"}


class Line(NamedTuple):
    label: str
    value: str


def rail_label(unit: str) -> str:
    return RAIL_LABELS.get(unit) or label_of(unit)


def rails_in_words(rails: Rails) -> list[Line]:
    acts = [ACT_WORDS[act].lower() for act in ACTS if act in rails.acts]
    lines = [Line("Members may", listed(acts) or "change settings only")]
    lines += [Line(label, value) for label, value in _ceilings(rails) if value]
    for freedom, words in FREEDOM_WORDS.items():
        units = [rail_label(u) for u in FREEDOMS if rails.freedom_of(u) == freedom]
        if units:
            lines.append(Line(words, listed(units, at_most=len(units))))
    return lines


def _ceilings(rails: Rails) -> list[tuple[str, str]]:
    unit, least = "media_encryption_mode", rails.least_encryption
    return [
        ("Calls at once", "" if rails.most_calls is None else f"up to {rails.most_calls:,}"),
        (
            "24-hour limit",
            "" if rails.most_spent is None else f"up to {amount_in_words(rails.most_spent)} USD",
        ),
        ("Widest network", lengths(rails.widest) if rails.widest else ""),
        ("Destinations", _places(rails)),
        (
            "Encryption",
            f"{choice_in_words(unit, least)} or stronger" if least else "",
        ),
    ]


def _places(rails: Rails) -> str:
    if rails.destinations is None:
        return ""
    return str(names_of(rails.destinations)) or "none"
