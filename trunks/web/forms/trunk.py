"""The plain settings of a trunk, one field for each row of the domain's table."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from trunks.domain.attributes import ATTRIBUTES, Attribute, label_of
from trunks.domain.units import TYPE, Units
from trunks.models import Account
from trunks.web.forms.settings import Amount, Choice, Flag, Lines, Setting, SettingsForm, Whole

# What a new trunk begins with: upstream's own defaults where it has some, else the careful one.
NEW: Units = {
    "status": "active",
    "on_cli_mismatch_action": "reject_call",
    "default_dst_action": "allow_all",
    "media_encryption_mode": "disabled",
    "rtp_timeout": 30,
    TYPE: "credentials_and_ip",
}
PLAIN: Mapping[str, type[Setting]] = {
    "text": Setting,
    "url": Setting,
    "integer": Whole,
    "amount": Amount,
    "boolean": Flag,
    "prefixes": Lines,
    "networks": Lines,
}


# As they stand on the page: the first wrong one is the one that is focused.
PAGE_ORDER = (
    "account",
    "name",
    "external_reference_id",
    "status",
    "auth_type",
    "default_dst_action",
    "dst_prefixes",
    "allow_any_did_as_cli",
    "dids",
    "on_cli_mismatch_action",
    "default_did",
    "capacity_limit",
    "threshold_amount",
    "media_encryption_mode",
    "allowed_rtp_ips",
    "force_symmetric_rtp",
    "rtp_ping",
    "rtp_timeout",
    "emergency_enable_all",
    "emergency_dids",
    "callback_url",
)


class Numbers(forms.Field):
    """A place for the errors of a picker of numbers; the picker reads what was chosen itself."""

    def __init__(self, unit: str):
        super().__init__(required=False, label=label_of(unit))


class TrunkForm(SettingsForm):
    """Upstream's attribute names are the field names."""

    def __init__(self, data: Any = None, *, seen: Units, accounts: Sequence[Account] = ()):
        super().__init__(data, seen=seen)
        for name, attribute in ATTRIBUTES.items():
            self.fields[name] = field = field_of(attribute, seen.get(name), is_new=not seen)
            field.initial = field.shown(seen.get(name))
        for unit in ("dids", "emergency_dids", "default_did"):
            self.fields[unit] = Numbers(unit)
        self.fields["auth_type"] = forms.Field(
            required=False, label=label_of(TYPE), initial=seen.get(TYPE)
        )
        if len(accounts) > 1:
            self.fields["account"] = account_field(accounts)
        self.order_fields(PAGE_ORDER)


def field_of(attribute: Attribute, current: Any, *, is_new: bool = False) -> Setting:
    if attribute.kind == "choice":
        may_be_unset = not is_new and current is None
        return Choice(
            label=attribute.label,
            choices=((("", "Not set upstream"),) if may_be_unset else ()) + attribute.choices,
            current=current,
        )
    return PLAIN[attribute.kind](label=attribute.label)


def account_field(accounts: Sequence[Account]) -> forms.Field:
    choices = [("", "Choose the account"), *((str(a.pk), a.name) for a in accounts)]
    return forms.Field(required=False, label="Account", widget=forms.Select(choices=choices))
