"""The cards of a trunk's page, each answering one question; values here, places in the template."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trunks.domain import authentication
from trunks.domain.authentication import CredentialsAndIp, IpOnly, Twilio
from trunks.domain.decimals import as_decimal
from trunks.models import Change, Did, Trunk
from trunks.models.change import UNSETTLED
from trunks.templatetags._words import amount_in_words
from trunks.web.countries import number_in_words
from trunks.web.diff_lines import row_of
from trunks.web.words import (
    attribute_in_words,
    capacity_in_words,
    choice_in_words,
    counted,
    destinations,
    dialling_rule,
    method_hint,
    on_or_off,
    percent,
)

Card = dict[str, Any]
CHIPS_SHOWN = 12


def chips(values: Sequence[Any]) -> dict[str, Any]:
    """A list to show: the first ones at once, the rest behind one click."""
    rest = values[CHIPS_SHOWN:] if len(values) > CHIPS_SHOWN + 2 else values[:0]
    first = values[: len(values) - len(rest)]
    return {"first": first, "rest": rest, "count": len(values)}


def cards_of(
    trunk: Trunk, changes: Iterable[Change], *, dids: Sequence[Did], emergency: Sequence[Did]
) -> dict[str, Card]:
    """`dids`, `emergency`: what it lists, as far as the reader may see it; `waiting` tells what
    unsettled changes ask for, by unit."""
    return {
        "who": who(trunk),
        "dialled": dialled(trunk),
        "whom": whom(trunk, dids),
        "much": much(trunk),
        "media": media(trunk),
        "emergency": emergency_card(trunk, emergency, dids),
        "waiting": waiting_values(changes),
    }


def waiting_values(changes: Iterable[Change]) -> dict[str, str]:
    """What the unsettled changes ask for: unit with `.` as `_` → `→ 30`, `+2 −1`."""
    found: dict[str, str] = {}
    for change in changes:
        if change.state not in UNSETTLED or change.kind != Change.Kind.UPDATE:
            continue
        for line in change.diff:
            found[line["field"].replace(".", "_")] = _asked(change, line)
    return found


def _asked(change: Change, line: Mapping[str, Any]) -> str:
    row = row_of(change, line)
    if row.get("new") is not None:
        return f"→ {row['new']}"
    signed = (("+", row.get("added")), ("−", row.get("removed")))
    return " ".join(f"{sign}{len(values)}" for sign, values in signed if values)


def who(trunk: Trunk) -> Card:
    method = trunk.authentication_method
    card: Card = {
        "method": authentication.label(trunk.auth_type),
        "hint": method_hint(trunk.auth_type),
        "type": trunk.auth_type,
    }
    match method:
        case CredentialsAndIp() | IpOnly():
            networks = list(method.allowed_sip_ips)
            card |= {"networks": chips(networks), "tech_prefix": method.tech_prefix or "none"}
            card["anyone"] = any(_is_everything(network) for network in networks)
        case Twilio():
            card["sid"] = method.twilio_account_sid or "none"
        case authentication.Unknown():
            card["names"] = sorted(method.attributes)
    if isinstance(method, CredentialsAndIp):
        card |= {"username": method.username or "none", "has_password": method.password is not None}
    return card


def _is_everything(network: str) -> bool:
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen == 0
    except ValueError:
        return False


def dialled(trunk: Trunk) -> Card:
    found = destinations([p for p in trunk.dst_prefixes or () if isinstance(p, str)])
    action = trunk.default_dst_action
    if not found:
        rule = {"allow_all": "All destinations", "reject_all": "Nothing: all refused"}
        return {"rule": rule.get(action or "") or dialling_rule(action or "not said")}
    label = "Refused" if action == "allow_all" else "Allowed"
    return {"rule": dialling_rule(action), "label": label, "prefixes": chips(found)}


def number_chips(dids: Iterable[Did]) -> dict[str, Any]:
    return chips([number_in_words(did.number) for did in dids])


CLI_RULES = {
    "reject_call": "Reject the call unless the caller ID is {}",
    "send_original_cli": "Passed on as it is, even when it is not {}",
    "replace_cli": "Replaced by the default DID unless it is {}",
    "randomize_cli": "Replaced by one of the allowed DIDs unless it is {}",
}


def whom(trunk: Trunk, dids: Sequence[Did]) -> Card:
    action = trunk.on_cli_mismatch_action or ""
    allowed = f"one of the {counted(len(dids), 'DID')}" if len(dids) > 1 else "the DID below"
    if not dids:
        allowed = "one of the trunk's DIDs"
    if trunk.allow_any_did_as_cli:
        allowed = "one of the account's DIDs"
    rule = CLI_RULES.get(action)
    sentence = rule.format(allowed) if rule else choice_in_words("on_cli_mismatch_action", action)
    return {
        "rule": sentence,
        "any": bool(trunk.allow_any_did_as_cli),
        "dids": number_chips(dids),
        "none_passes": action == "reject_call" and not dids and not trunk.allow_any_did_as_cli,
    }


def much(trunk: Trunk) -> Card:
    limit = trunk.threshold_amount
    spent = f"{amount_in_words(trunk.spent_amount or 0)} USD"
    if limit is not None:
        spent = f"{amount_in_words(trunk.spent_amount or 0)} of {attribute_in_words(LIMIT, limit)}"
    value = as_decimal(limit)
    return {
        "spent": spent,
        "part": trunk.spent_amount or 0,
        "limit": limit if value else None,
        "share": percent(trunk.spent_share),
        "reached": bool(trunk.threshold_reached),
        "capacity": capacity_in_words(trunk.capacity_limit),
    }


LIMIT = "threshold_amount"


def media(trunk: Trunk) -> Card:
    return {
        "encryption": choice_in_words("media_encryption_mode", trunk.media_encryption_mode),
        "rtp_ips": chips(list(trunk.allowed_rtp_ips or ())),
        "timeout": "not said" if trunk.rtp_timeout is None else f"{trunk.rtp_timeout} s",
        "symmetric": on_or_off(trunk.force_symmetric_rtp),
        "ping": on_or_off(trunk.rtp_ping),
    }


def emergency_card(trunk: Trunk, linked: Sequence[Did], dids: Sequence[Did]) -> Card:
    ready = [did for did in linked if did.emergency_enabled and not did.gone_at]
    prefix = getattr(trunk.authentication_method, "tech_prefix", None)
    card: Card = {"dids": number_chips(linked), "prefix": prefix}
    if trunk.is_gone:
        sentence = "Upstream no longer has this trunk, so no emergency call passes it."
        return card | {"label": "Gone", "tone": "neutral", "sentence": sentence}
    if trunk.emergency_enable_all:
        sentence = "Every emergency-enabled DID of the account may place emergency calls here."
        return card | {"label": "Ready", "tone": "ok", "sentence": sentence}
    if not linked:
        sentence = "No DID may place emergency calls on this trunk."
        return card | {"label": "Off", "tone": "neutral", "sentence": sentence}
    sentence = f"Emergency calls work from {len(ready)} of {counted(len(linked), 'DID')}."
    if len(ready) < len(linked):
        return card | {"label": "Not all ready", "tone": "attention", "sentence": sentence}
    return card | {"label": "Ready", "tone": "ok", "sentence": sentence}
