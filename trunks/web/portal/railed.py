"""A trunk's form held within guard rails: what is locked and why, how far the rest goes, and what
each setting means."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm

from trunks import access
from trunks.access import Asker
from trunks.domain.guardrail_hints import allowances, locked_fields
from trunks.domain.guardrail_words import ONLY_TIGHTER
from trunks.domain.guardrails import CLOSED, Rails, may
from trunks.domain.units import METHOD, TYPE
from trunks.models import Customer, Trunk
from trunks.services.guarding import facts_for_form
from trunks.services.rails import rails_of
from trunks.web.forms.editing import Editing

HELP: Mapping[str, str] = {
    "name": "What you call this trunk.",
    "external_reference_id": "Up to 100 characters: the id it has in a system of yours.",
    "status": "A blocked trunk takes no calls.",
    METHOD + "allowed_sip_ips": (
        "The internet addresses your phone system calls from, one a line: 203.0.113.7, or a range "
        "like 203.0.113.0/29. Calls from anywhere else are turned away."
    ),
    METHOD + "tech_prefix": (
        "Digits your phone system dials before every number, as a further check. Empty: none."
    ),
    METHOD + "twilio_account_sid": "34 characters, from the Twilio console.",
    "default_dst_action": "For numbers that begin with none of the digits listed below.",
    "dst_prefixes": (
        "First digits of phone numbers, country code first and without +, one a line: 47 is "
        "Norway, 4721 is Oslo."
    ),
    "allow_any_did_as_cli": "Then every number of the carrier account may be shown as the caller.",
    "dids": "The numbers this trunk may show to whoever is called.",
    "on_cli_mismatch_action": "If your phone system shows another number as the caller.",
    "default_did": "The number that calls are shown to come from instead.",
    "capacity_limit": "How many calls may run at the same time. Empty: any number.",
    "threshold_amount": "Once this much is spent within 24 hours, the trunk is stopped.",
    "media_encryption_mode": "How the sound of your calls is protected on its way.",
    "allowed_rtp_ips": "Addresses the sound of a call may come from. Empty: anywhere.",
    "force_symmetric_rtp": "Send sound back to where it really comes from: helps behind a router.",
    "rtp_ping": "Send an empty packet first: helps where both sides wait for each other.",
    "rtp_timeout": "30 to 600. A call without any sound for this long is ended.",
    "emergency_enable_all": "Then every number that can make emergency calls may do so here.",
    "emergency_dids": "Numbers that may make emergency calls on this trunk.",
    "callback_url": "An address that is told when the trunk is blocked or unblocked.",
}


def customer_of(asker: Asker) -> Customer:
    """The member's own customer, with its rails."""
    rows = Customer.objects.select_related("account", "rails")
    return rows.get(members__user=access.person_of(asker))


def may_create(asker: Asker) -> bool:
    has_right = access.actor_of(asker).may("add_trunk")
    return has_right and may(rails_of(customer_of(asker)), "create")


def locked_in(trunk: Trunk | None, customer: Customer, seen: Mapping[str, Any]) -> dict[str, str]:
    """Settings that its members cannot move at all, with the reason."""
    kind = "update" if trunk else "create"
    facts = facts_for_form(trunk, customer)
    before = dict(seen) if trunk else None
    return locked_fields(rails_of(customer), kind, before=before, facts=facts)


def hold(editing: Editing, customer: Customer) -> str:
    """Locks the form's fields and says beside each what is allowed. Returns why the method cannot
    be switched, "" if it can."""
    locked = locked_in(editing.trunk, customer, editing.seen)
    told = _told(rails_of(customer), locked)
    _hold(editing.form, "", locked, told)
    if editing.method.form:
        _hold(editing.method.form, METHOD, locked, told)
    return locked.get(TYPE, "")


def _told(rails: Rails, locked: Mapping[str, str]) -> dict[str, str]:
    """What may be tightened alone says so, also where the hints speak of approval."""
    closed = {unit: ONLY_TIGHTER for unit in HELP if rails.freedom_of(unit) == CLOSED}
    return {**allowances(rails), **closed, **locked}


def _hold(form: BaseForm, prefix: str, locked: Mapping[str, str], told: Mapping[str, str]) -> None:
    for name, field in form.fields.items():
        unit = prefix + name
        field.disabled = unit in locked
        field.help_text = f"{HELP.get(unit, '')} {told.get(unit, '')}".strip()
