"""What a form can say of guard rails before anything is typed: what is locked, and how far each
field goes without asking."""

from trunks.domain import guardrail_words as words
from trunks.domain.destinations import names_of
from trunks.domain.guardrails import CLOSED, FREE, FREEDOMS, Facts, Rails, may
from trunks.domain.looseness import CALLER_ID, FLAGS
from trunks.domain.units import SIP_IPS, TYPE, Units

# Closed or not, these can always be made tighter: there is something to type.
NARROWED = frozenset(
    {
        "capacity_limit",
        "threshold_amount",
        SIP_IPS,
        "dst_prefixes",
        "default_dst_action",
        "allowed_rtp_ips",
        "media_encryption_mode",
        "dids",
        "emergency_dids",
    }
)


def locked_fields(
    rails: Rails, kind: str = "update", *, before: Units | None = None, facts: Facts | None = None
) -> dict[str, str]:
    """Fields that a member cannot move at all, with the reason in a sentence.

    `kind`: of the change the form is for. `before`: the trunk as it stands, for an update.
    """
    before, facts = before or {}, facts or Facts()
    reasons = {
        unit: words.LOCKED
        for unit in FREEDOMS
        if rails.freedom_of(unit) == CLOSED and not _can_tighten(unit, kind, before)
    }
    if kind == "create":
        return {u: r for u, r in reasons.items() if u not in ("name", "status", "dids")}
    if not may(rails, "switch_method"):
        reasons[TYPE] = _sentence(words.ALLOWED_ACT["switch_method"])
    if before.get("status") == "blocked" and facts.blocked_by != "member":
        reasons["status"] = _sentence(words.UNBLOCKED_BY_STAFF[facts.blocked_by])
    return reasons


def _can_tighten(unit: str, kind: str, before: Units) -> bool:
    if unit in NARROWED:
        return True
    if kind == "create":
        return False
    if unit in FLAGS:
        return before.get(unit) is True
    if unit == "on_cli_mismatch_action":
        return CALLER_ID.get(before.get(unit), 0) > 0
    return unit == "status" and before.get(unit) != "blocked"


def allowances(rails: Rails) -> dict[str, str]:
    """How far each field goes without asking, in a sentence for beside the field; none for what
    is free altogether."""
    told = {
        unit: words.ONLY_TIGHTER if unit in NARROWED else words.ON_REQUEST
        for unit in FREEDOMS
        if rails.freedom_of(unit) != FREE and not rails.is_open(unit)
    }
    return told | _ceilings(rails)


def _ceilings(rails: Rails) -> dict[str, str]:
    found = {}
    for unit, most in (
        ("capacity_limit", rails.most_calls),
        ("threshold_amount", rails.most_spent),
    ):
        if most is not None:
            found[unit] = words.without_asking(words.at_most_text(unit, most))
    if rails.widest is not None:
        found[SIP_IPS] = words.without_asking(f"none wider than {words.lengths(rails.widest)}")
    if rails.destinations is not None:
        found["dst_prefixes"] = words.without_asking(names_of(rails.destinations) or "none")
    if rails.least_encryption is not None:
        found["media_encryption_mode"] = words.without_asking(
            words.encryption(rails.least_encryption)
        )
    return {unit: text for unit, text in found.items() if rails.is_open(unit)}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
