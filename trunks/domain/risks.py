"""What a change could cost, in words: the reason for a review before it is applied."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal

from trunks.domain import authentication
from trunks.domain.decimals import as_decimal
from trunks.domain.networks import count_addresses, count_places, reach
from trunks.domain.prefixes import leading_prefixes
from trunks.domain.units import METHOD, SIP_IPS, TYPE, Units

Networks = Iterable[str]


@dataclass(frozen=True, slots=True)
class Risk:
    """`headline` says what, `detail` what follows; `code` is for programs and tests."""

    code: str
    headline: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def find_risks(before: Units, wanted: Units) -> list[Risk]:
    """The risks of going from one to the other; none for what only tightens."""
    found = [
        _switch(before, wanted),
        _wider_networks(before, wanted),
        _destinations(before, wanted),
        _higher_limit(before, wanted),
        _more_calls(before, wanted),
        _any_caller_id(before, wanted),
        _all_emergency(before, wanted),
        _weaker_media(before, wanted),
        _wider_rtp(before, wanted),
    ]
    return [risk for risk in found if risk]


def losses_of_switch(before: Units, to: str) -> list[str]:
    """What a switch of method ends, in sentences."""
    was = before.get(TYPE)
    if was is None or was == to:
        return []
    networks = len(before.get(SIP_IPS, ()))
    losses = {
        "credentials_and_ip": [
            "The username and password end for good; switching back makes new ones."
        ],
        "ip_only": ["IP only cannot be chosen again here: only DIDWW can set it."],
        "twilio": ["Calls from the Twilio account stop."],
    }.get(str(was), [f"The settings of the method “{was}” are lost."])
    if networks and to == "twilio":
        losses.append(f"{networks} allowed network{'s are' if networks > 1 else ' is'} dropped.")
    if to == "twilio" and before.get(METHOD + "tech_prefix"):
        losses.append("The tech prefix is dropped.")
    if to == "credentials_and_ip":
        losses.append("DIDWW makes a username and password; the caller must be set up with them.")
    return losses


def _switch(before: Units, wanted: Units) -> Risk | None:
    was, will = before.get(TYPE), wanted.get(TYPE)
    if was is None or was == will:
        return None
    headline = f"{authentication.label(was)} becomes {authentication.label(will)}."
    losses = " ".join(losses_of_switch(before, str(will)))
    return Risk("method_switch", headline, f"{losses} Calls set up the old way stop at once.")


def _wider_networks(before: Units, wanted: Units) -> Risk | None:
    had, has = before.get(SIP_IPS, ()), wanted.get(SIP_IPS, ())
    if SIP_IPS not in before or not _is_wider(had, has):
        return None
    return Risk(
        "wider_networks",
        f"{_admitted(has)} may use this trunk instead of {_instead(had, has)}.",
        "Anyone at one of them who learns the password can call."
        if wanted.get(TYPE) == "credentials_and_ip"
        else "Anyone at one of them can call.",
    )


def _is_wider(had: Networks, has: Networks) -> bool:
    return count_addresses(has) > count_addresses(had) or count_places(has) > count_places(had)


def _admitted(networks: Networks) -> str:
    """`256 addresses`; IPv6 is counted apart, or its addresses would outnumber everything."""
    v4, v6 = reach(networks)
    parts = [_counted(v4, "IPv4 address" if v6 else "address")] if v4 else []
    if v6 >= SITE:
        parts.append(_counted(-(-v6 // SITE), "IPv6 network", " (/64)"))
    elif v6:
        parts.append(_counted(v6, "IPv6 address"))
    return " and ".join(parts) or "no address"


SITE = 2**64


def _counted(count: int, noun: str, size: str = "") -> str:
    plural = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{plural}{size}"


def _instead(had: Networks, has: Networks) -> str:
    """What was admitted before; its unit is said only where it is another one."""
    one_kind = not (reach(had)[1] or reach(has)[1])
    return f"{count_addresses(had):,}" if one_kind else _admitted(had)


def _destinations(before: Units, wanted: Units) -> Risk | None:
    if "default_dst_action" not in before:
        return None
    if not (opened := _opened(before, wanted)):
        return None
    return Risk("more_destinations", "More destinations can be dialled.", opened)


def _opened(before: Units, wanted: Units) -> str:
    was, will = before["default_dst_action"], wanted.get("default_dst_action")
    listed, lists = set(before.get("dst_prefixes", ())), set(wanted.get("dst_prefixes", ()))
    if was == will == "reject_all":
        return _prefixes("Opens", _beyond(lists, listed))
    if was == will:
        return _prefixes("No longer refused:", _beyond(listed, lists))
    if will == "allow_all":
        return "Everything is allowed except what is listed; before, only what was listed."
    return _prefixes("Opens", (lists - _beyond(lists, listed)) | (listed - _beyond(listed, lists)))


def _beyond(prefixes: set[str], others: set[str]) -> set[str]:
    """The prefixes that no other one covers: 44 covers 441."""
    return {p for p in prefixes if not others.intersection(leading_prefixes(p))}


def _prefixes(verb: str, prefixes: set[str]) -> str:
    return f"{verb} {', '.join(sorted(prefixes))}." if prefixes else ""


def _higher_limit(before: Units, wanted: Units) -> Risk | None:
    was, will = (as_decimal(units.get("threshold_amount")) for units in (before, wanted))
    if was is None or will is None or will <= was:
        return None
    headline = f"The 24-hour limit rises from {was:,.2f} to {will:,.2f} USD."
    return Risk("higher_limit", headline, _times(was, will))


def _times(was: Decimal, will: Decimal) -> str:
    if was <= 0 or will / was < 2:
        return "A stolen password can cost that much a day."
    return f"{int(will / was)} times as much a day can be lost to a stolen password."


def _more_calls(before: Units, wanted: Units) -> Risk | None:
    if "capacity_limit" not in before or before["capacity_limit"] is None:
        return None
    was, will = before["capacity_limit"], wanted.get("capacity_limit")
    if will is not None and will <= was:
        return None
    shown = "without limit" if will is None else f"{will:,} instead of {was:,}"
    return Risk("more_calls", f"Calls at once: {shown}.", "Fraud is faster the more calls run.")


def _turned_on(before: Units, wanted: Units, flag: str) -> bool:
    return flag in before and not before[flag] and bool(wanted.get(flag))


def _any_caller_id(before: Units, wanted: Units) -> Risk | None:
    if not _turned_on(before, wanted, "allow_any_did_as_cli"):
        return None
    count = len(before.get("dids", ()))
    detail = f"The {count} assigned now are unassigned by DIDWW." if count else ""
    return Risk("any_caller_id", "Every DID of the account may be the caller ID.", detail)


def _all_emergency(before: Units, wanted: Units) -> Risk | None:
    if not _turned_on(before, wanted, "emergency_enable_all"):
        return None
    return Risk(
        "all_emergency",
        "Every emergency-enabled DID may place emergency calls here.",
        "The address that responders get is the DID's own.",
    )


def _weaker_media(before: Units, wanted: Units) -> Risk | None:
    was = before.get("media_encryption_mode", "disabled")
    if was == "disabled" or wanted.get("media_encryption_mode") != "disabled":
        return None
    return Risk("weaker_media", "Media is no longer encrypted.", "Calls can be listened to.")


def _wider_rtp(before: Units, wanted: Units) -> Risk | None:
    had, has = before.get("allowed_rtp_ips"), wanted.get("allowed_rtp_ips")
    if not had or (has and not _is_wider(had, has)):
        return None
    where = "more addresses" if has else "anywhere"
    return Risk("wider_rtp", f"Media is accepted from {where}.")
