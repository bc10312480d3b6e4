"""Guard rails in words: which rail, and what would be allowed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from trunks.domain.attributes import ATTRIBUTES, label_of
from trunks.domain.destinations import names_of
from trunks.domain.looseness import NOTHING

RAIL_OF_ACT: Mapping[str, str] = {
    "create": "new trunks",
    "delete": "deletion",
    "regenerate": "new credentials",
    "switch_method": "method",
}
ALLOWED_ACT: Mapping[str, str] = {
    "create": "only staff create trunks for you",
    "delete": "only staff delete trunks; you can block this one",
    "regenerate": "only staff make new credentials for you",
    "switch_method": "the method stays as it is; only staff switch it",
}
NAME_PREFIX = "names"
UNBLOCKING = "unblocking"
NUMBERS = "numbers"
OWN_NUMBERS = "only your own DIDs can be added or taken out"
UNBLOCKED_BY_STAFF: Mapping[str, str] = {
    "staff": "staff have blocked this trunk, and only they unblock it",
    "threshold": "the 24-hour limit has blocked this trunk, and only staff unblock it",
    "": "it is not known who blocked this trunk, and only staff unblock it",
}
RAILS: Mapping[str, str] = {
    "capacity_limit": "calls at once",
    "threshold_amount": "24-hour limit",
    "authentication_method.allowed_sip_ips": "networks",
    "allowed_rtp_ips": "RTP networks",
    "default_dst_action": "destinations",
    "dst_prefixes": "destinations",
    "media_encryption_mode": "media encryption",
}
LOCKED = "Only staff change this."
ONLY_TIGHTER = "You can make this tighter; for more, ask staff."
ON_REQUEST = "Staff approve changes of this."
NAMED_AT_MOST = 3


def rail_of(unit: str) -> str:
    label = label_of(unit)
    return RAILS.get(unit, label if label[:2].isupper() else label[:1].lower() + label[1:])


def begins_with(prefix: str) -> str:
    return f"it has to begin with “{prefix}”"


def size(unit: str, limit: Decimal) -> str:
    """ "20 calls at once", "100.00 USD"."""
    if not limit.is_finite():
        return "any number of calls at once" if unit == "capacity_limit" else "any amount"
    if unit == "threshold_amount":
        return f"{limit:,.2f} USD"
    return f"{limit:,.0f} call{'' if limit == 1 else 's'} at once"


def at_most(unit: str, limit: Decimal) -> str:
    if limit == NOTHING:
        return "nothing is set down for new trunks"
    return f"at most {size(unit, limit)}"


def at_most_text(unit: str, most: int | str) -> str:
    return at_most(unit, Decimal(most))


def without_asking(allowed: str) -> str:
    return f"Without asking: {allowed}."


def lengths(widest: Mapping[int, int]) -> str:
    return f"/{widest[4]} (IPv6: /{widest[6]})"


def networks(added: Sequence[str], widest: Mapping[int, int] | None) -> str:
    more = f" and {len(added) - NAMED_AT_MOST} more" if len(added) > NAMED_AT_MOST else ""
    named = ", ".join(added[:NAMED_AT_MOST]) + more
    if widest is None:
        return f"only parts of what is listed now, not {named}"
    return f"none wider than {lengths(widest)}, neighbours counted as one, not {named}"


def destinations(opened: Sequence[str], places: Sequence[str] | None) -> str:
    if places is None:
        return f"only what can be dialled now, or less, not {names_of(opened)}"
    return f"only {names_of(places) or 'none'}, not {names_of(opened)}"


def encryption(least: str | None) -> str:
    if least is None:
        return "it may only get stronger"
    return f"{choice('media_encryption_mode', least)} or stronger"


def stays(unit: str, value: Any) -> str:
    return f"it stays {shown(unit, value)}"


def shown(unit: str, value: Any) -> str:
    """A value for people; a list or nothing has no short form."""
    if value is None or value == () or value == "":
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "as it is"
    return f"“{choice(unit, value)}”" if isinstance(value, str) else str(value)


def choice(unit: str, value: str) -> str:
    choices = dict(ATTRIBUTES[unit].choices) if unit in ATTRIBUTES else {}
    return choices.get(value, value)
