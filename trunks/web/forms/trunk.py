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


class Numbers(forms.Field):
    """A place for the errors of a picker of numbers; the picker reads what was chosen itself."""

    def __init__(self, unit: str):
        super().__init__(required=False, label=label_of(unit))


class TrunkForm(SettingsForm):
    """Upstream's attribute names are the field names."""

    def __init__(self, data: Any = None, *, seen: Units, accounts: Sequence[Account] = ()):
        super().__init__(data, seen=seen)
        self.fields |= {name: field_of(a, seen.get(name)) for name, a in ATTRIBUTES.items()}
        for name, field in self.settings():
            field.initial = field.shown(seen.get(name))
        for unit in ("dids", "emergency_dids", "default_did"):
            self.fields[unit] = Numbers(unit)
        self.fields["auth_type"] = forms.Field(
            required=False, label=label_of(TYPE), initial=seen.get(TYPE)
        )
        if len(accounts) > 1:
            self.fields["account"] = account_field(accounts)


def field_of(attribute: Attribute, current: Any) -> Setting:
    if attribute.kind == "choice":
        return Choice(label=attribute.label, choices=attribute.choices, current=current)
    return PLAIN[attribute.kind](label=attribute.label)


def account_field(accounts: Sequence[Account]) -> forms.Field:
    choices = [("", "Choose the account"), *((str(a.pk), a.name) for a in accounts)]
    return forms.Field(required=False, label="Account", widget=forms.Select(choices=choices))
