"""A trunk's settings in the words people read. Pure presentation: values in, text out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.units import TYPE
from trunks.templatetags._words import amount_in_words
from trunks.web.countries import Place, place_of

NAMED_AT_MOST = 2


class Destination(NamedTuple):
    """One destination prefix as a chip: where it leads, and its digits."""

    place: str
    prefix: str


def counted(count: int, one: str, many: str = "") -> str:
    """`1 trunk`, `1,204 trunks`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """`the account is paused` → `The account is paused.`"""
    text = text.strip()
    if not text:
        return ""
    return text[:1].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def choice_in_words(name: str, value: Any) -> str:
    """What people call an attribute's value; one this version does not know stands as it came."""
    return dict(ATTRIBUTES[name].choices).get(value) or str(value or "not said")


def capacity_in_words(limit: int | None) -> str:
    return "Unlimited" if limit is None else f"{limit:,}"


def on_or_off(value: bool | None) -> str:
    return {True: "On", False: "Off"}.get(value, "not said")  # type: ignore[arg-type]


# --- Where calls may go ---------------------------------------------------------------------------


def destination(prefix: str) -> Destination:
    place = place_of(prefix)
    return Destination(place.name if place else "", prefix)


def destinations(prefixes: Iterable[str] | None) -> list[Destination]:
    """Every prefix with its place, by name, those that lead nowhere known last."""
    found = [destination(prefix) for prefix in prefixes or ()]
    return sorted(found, key=lambda d: (not d.place, d.place, d.prefix))


def destinations_in_words(action: str | None, prefixes: Sequence[str] | None) -> str:
    """`Spain and 2 more; rest refused`, `All but 3 refused ranges`, `All destinations`."""
    listed = [prefix for prefix in prefixes or () if isinstance(prefix, str)]
    if action == "allow_all":
        if not listed:
            return "All destinations"
        return f"All but {counted(len(listed), 'refused range')}"
    if action == "reject_all":
        return f"{_places_in_words(listed)}; rest refused" if listed else "None: all refused"
    return choice_in_words("default_dst_action", action)


def _places_in_words(prefixes: Sequence[str]) -> str:
    names = _places(prefixes)
    if len(names) <= NAMED_AT_MOST:
        return ", ".join(names)
    return f"{names[0]} and {len(names) - 1} more"


def _places(prefixes: Sequence[str]) -> list[str]:
    """The places listed, each once, in the order given; one listed only in parts says so."""
    listed = set(prefixes)
    parts: dict[str, bool] = {}
    for prefix in prefixes:
        if any(prefix[:length] in listed for length in range(1, len(prefix))):
            continue  # a shorter prefix on the list covers it
        place = place_of(prefix) or Place(f"+{prefix}", True)
        parts[place.name] = parts.get(place.name, False) or place.whole
    return [name if whole else f"parts of {name}" for name, whole in parts.items()]


# --- How much -------------------------------------------------------------------------------------


def percent(share: float | None) -> str:
    """A share as people say it: rounded down, so that 100 % is said only when it is reached."""
    return "" if share is None else f"{int(share * 100)} %"


def and_more(values: Sequence[str], at_most: int = 3) -> str:
    """`a, b and 2 more`."""
    if len(values) <= at_most:
        return ", ".join(values)
    return f"{', '.join(values[: at_most - 1])} and {len(values) - at_most + 1} more"


def listed(values: Sequence[str], at_most: int = 6) -> str:
    """`a`, `a and b`, `a, b and c`; of many the first ones, the rest counted."""
    if len(values) > at_most + 1:
        values = [*values[:at_most], f"{len(values) - at_most:,} more"]
    return " and ".join(filter(None, [", ".join(values[:-1]), values[-1]])) if values else ""


def method_hint(type_: str | None) -> str:
    """What a method means for who may call, in one sentence."""
    return {
        "credentials_and_ip": "Username and password, from the networks below.",
        "ip_only": "By address alone. Set by DIDWW; leaving it cannot be undone.",
        "twilio": "From one Twilio account.",
    }.get(type_ or "", "A method this version does not know; its settings are kept sealed.")


def attribute_in_words(name: str, value: Any) -> str:
    """The value of a plain attribute or of the method's type, for a fact or a diff."""
    if name == "capacity_limit":
        return capacity_in_words(value)
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return on_or_off(value)
    if name in SPOKEN:
        return SPOKEN[name](value)
    if name in ATTRIBUTES and ATTRIBUTES[name].choices:
        return choice_in_words(name, value)
    return str(value)


def dialling_rule(action: Any) -> str:
    """The rule beside a list of prefixes, short enough for a diff."""
    rules = {"allow_all": "Allow all, except", "reject_all": "Refuse all, except"}
    return rules.get(action) or str(action)


SPOKEN: Mapping[str, Callable[[Any], str]] = {
    TYPE: authentication.label,
    "default_dst_action": dialling_rule,
    "threshold_amount": lambda value: f"{amount_in_words(value)} USD",
    "rtp_timeout": lambda value: f"{value} s",
}
