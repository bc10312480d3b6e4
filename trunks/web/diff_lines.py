"""A change in the words people read: its diff as rows of `components/diff.html`, and as a line."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from trunks.domain.attributes import label_of
from trunks.domain.spelling import SPELLING
from trunks.domain.units import LINKAGES, LISTS, METHOD, SIP_IPS
from trunks.models import Change
from trunks.services.drift import IGNORED, OURS
from trunks.web.countries import number_in_words
from trunks.web.words import and_more, attribute_in_words, counted, destination

Row = dict[str, Any]
NAMED_AT_MOST = 3  # in one line


class Part(NamedTuple):
    """One setting of a line: `Calls at once`, `20 → 30`."""

    label: str
    value: str = ""

    @property
    def text(self) -> str:
        return f"{self.label} {self.value}".strip()


MONO = frozenset(
    {
        SIP_IPS,
        "allowed_rtp_ips",
        METHOD + "tech_prefix",
        METHOD + "twilio_account_sid",
        "dids",
        "emergency_dids",
        "default_did",
        "callback_url",
    }
)
LABELS = {
    "presence": "Upstream",
    "threshold_reached": "24-hour limit reached",
    "default_dst_action": "Destinations not listed",
}
THE_REST = {"allow_all": "allowed", "reject_all": "refused"}
PRESENCE = {"present": "has the trunk", "gone": "no longer has the trunk"}
DEFAULT_DID = "default_did"
WHY = {
    SPELLING: "Written differently, the same meaning.",
    IGNORED: "Left to upstream on this trunk.",
    OURS: "Explained by a change from here that was on its way.",
}
ALREADY = "Already as wanted"
WHOLE = {
    Change.Kind.CREATE: "New trunk",
    Change.Kind.DELETE: "Delete",
    Change.Kind.REGENERATE: "New credentials",
}


def unit_label(unit: str) -> str:
    return LABELS.get(unit) or label_of(unit)


def value_in_words(unit: str, value: Any) -> str:
    """One scalar, or one element of a list, of a unit."""
    if unit == "presence":
        return PRESENCE.get(value, str(value))
    if unit == "default_dst_action":
        return THE_REST.get(value, attribute_in_words(unit, value))
    if unit == "threshold_reached":
        return "yes" if value else "no"
    if unit == "dst_prefixes":
        place, prefix = destination(str(value))
        return f"{place} {prefix}".strip()
    return attribute_in_words(unit, value)


def rows_of(change: Change, lines: Sequence[Mapping[str, Any]] | None = None) -> list[Row]:
    """The rows of a change's diff (or of `lines` in its form: consequences)."""
    return [row_of(change, line) for line in (change.diff if lines is None else lines)]


def row_of(change: Change, line: Mapping[str, Any]) -> Row:
    unit = line["field"]
    row: Row = {"unit": unit, "label": unit_label(unit), "mono": unit in MONO}
    row |= {"old": None, "new": None}
    if why := WHY.get(line.get("why", "")):
        row["note"] = why
    if "added" in line or "removed" in line:
        row["added"] = elements(change, unit, line.get("added"))
        row["removed"] = elements(change, unit, line.get("removed"))
    elif line.get("why") == SPELLING:
        row["old"], row["new"] = as_written(line.get("old")), as_written(line.get("new"))
    elif has_no_old(change, line):
        row["new"] = spoken(change, unit, line.get("new"))
    else:
        row["old"] = spoken(change, unit, line.get("old"))
        row["new"] = spoken(change, unit, line.get("new"))
    return row


def as_written(value: Any) -> str:
    """Letter by letter, for what differs in nothing else: `3000.00`, `null`, `“”`."""
    if value is None:
        return "null"
    return "[]" if value == [] else str(value) or "“”"


def has_no_old(change: Change, line: Mapping[str, Any]) -> bool:
    """A new trunk had nothing, and upstream never shows which number the default was."""
    may_lack = change.kind == Change.Kind.CREATE or line["field"] == DEFAULT_DID
    return may_lack and line.get("old") is None


def spoken(change: Change, unit: str, value: Any) -> str:
    """The value of a unit in a diff, whole: numbers by their digits, lists by their elements."""
    if unit == DEFAULT_DID and value:
        return number_in_words(change.label_dids([value])[0])
    if isinstance(value, list | tuple):
        return ", ".join(elements(change, unit, value)) or "none"
    return value_in_words(unit, value)


def elements(change: Change, unit: str, values: Any) -> list[str]:
    """The elements of a list: DIDs by their number as it was then, prefixes by their place."""
    if unit in LINKAGES:
        return [number_in_words(number) for number in change.label_dids(list(values or ()))]
    return [value_in_words(unit, value) for value in values or ()]


# --- In one line ----------------------------------------------------------------------------------


def summary_of(change: Change) -> str:
    """What a change does, in one line: `Calls at once 20 → 30, Networks +1`."""
    return and_more([part.text for part in parts_of(change)])


def summary_parts(change: Change) -> list[Part]:
    """The same line in parts, for a place that sets labels and values apart."""
    parts = parts_of(change)
    rest = parts[NAMED_AT_MOST - 1 :]
    if len(rest) < 2:
        return parts
    return [*parts[: NAMED_AT_MOST - 1], Part("", f"and {len(rest)} more")]


def parts_of(change: Change) -> list[Part]:
    if whole := WHOLE.get(Change.Kind(change.kind)):
        return [Part(whole)]
    parts = [_part(change, line) for line in change.diff]
    return parts or [Part(ALREADY)]


def _part(change: Change, line: Mapping[str, Any]) -> Part:
    unit = line["field"]
    if unit == "presence":
        return Part(_title_part(line))
    if line.get("why") == SPELLING:
        return Part(unit_label(unit), "written differently")
    if unit in LISTS and ("added" in line or "removed" in line):
        moved = [
            f"{sign}{len(values)}"
            for sign, values in (("+", line.get("added")), ("−", line.get("removed")))
            if values
        ]
        return Part(unit_label(unit), " ".join(moved))
    return Part(unit_label(unit), _arrow(change, line))


def _arrow(change: Change, line: Mapping[str, Any]) -> str:
    unit = line["field"]
    old, new = (_short(spoken(change, unit, line.get(side))) for side in ("old", "new"))
    return f"→ {new}" if has_no_old(change, line) else f"{old} → {new}"


def _short(text: str, at_most: int = 40) -> str:
    return text if len(text) <= at_most else f"{text[: at_most - 1]}…"


def title_of(change: Change) -> str:
    """What a change is about, without values: `Calls at once`, `Networks and 2 more`."""
    if change.kind not in (Change.Kind.UPDATE, Change.Kind.OBSERVED):
        return summary_of(change)
    labels = [_title_part(line) for line in change.diff]
    if len(labels) > 2:
        return f"{labels[0]} and {counted(len(labels) - 1, 'more', 'more')}"
    return " and ".join(labels) or ALREADY


def _title_part(line: Mapping[str, Any]) -> str:
    if line["field"] != "presence":
        return unit_label(line["field"])
    return "Gone upstream" if line.get("new") == "gone" else "Back upstream"


def trunk_name(change: Change) -> str:
    """The trunk as it is called now (a refused new name never was its name)."""
    name = change.trunk.name if change.trunk_id and change.trunk else ""
    return name or change.trunk_label or "a trunk"
