"""The authentication method in a form: one small form a method, and the group that shows it.

A new method costs its class in the domain and a small form here. A method without a form (set by
DIDWW alone, or unknown to this version) is shown and cannot be chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trunks.domain.attributes import label_of
from trunks.domain.authentication import LABELS, check, label
from trunks.domain.problems import Problem
from trunks.domain.risks import losses_of_switch
from trunks.domain.units import METHOD, SIP_IPS, TYPE, Units
from trunks.web.forms.settings import Lines, Setting, SettingsForm

PREFIX = "auth"
CARRIED = "auth-other-"  # what was typed for a method that is not shown


class MethodForm(SettingsForm):
    """What a person sets of one method. `when`: in one sentence, when to choose it."""

    type: ClassVar[str]
    when: ClassVar[str]
    prefix = PREFIX

    def unit_of(self, name: str) -> str:
        return METHOD + name


class CredentialsAndIpForm(MethodForm):
    type = "credentials_and_ip"
    when = "Username and password, from fixed networks. The safest: choose it for any PBX."

    allowed_sip_ips = Lines(
        label=label_of(SIP_IPS),
        help_text="Addresses or CIDR networks, one a line, at most 60. Only they may call.",
    )
    tech_prefix = Setting(
        label=label_of(METHOD + "tech_prefix"),
        help_text="Up to 8 digits or #, dialled before the number. Empty: none.",
    )


class TwilioForm(MethodForm):
    type = "twilio"
    when = "Calls from one Twilio account, known by its SID. No networks, no password."

    twilio_account_sid = Setting(
        label=label_of(METHOD + "twilio_account_sid"),
        help_text="34 characters, from the Twilio console. One trunk in all of DIDWW may have it.",
    )


METHOD_FORMS: Mapping[str, type[MethodForm]] = {
    form.type: form for form in (CredentialsAndIpForm, TwilioForm)
}
NAMES = tuple(dict.fromkeys(name for form in METHOD_FORMS.values() for name in form.base_fields))
IP_ONLY_WHEN = "By address alone, without a password."
IP_ONLY_REASON = "Set by DIDWW on request; leaving it cannot be undone."


def method_cards(current: str | None) -> list[dict[str, Any]]:
    """A card for every method: those with a form, `ip_only`, and the present one if unknown."""
    types = list(dict.fromkeys((*LABELS, *METHOD_FORMS, *([current] if current else []))))
    return [_card(type_, current) for type_ in types]


def _card(type_: str, current: str | None) -> dict[str, Any]:
    card: dict[str, Any] = {"value": type_, "label": label(type_)}
    if type_ in METHOD_FORMS:
        return {**card, "text": METHOD_FORMS[type_].when}
    if type_ != "ip_only":
        return {**card, "text": "Set upstream; trunkadmin does not know this method yet."}
    if type_ == current:
        return {**card, "text": f"{IP_ONLY_WHEN} {IP_ONLY_REASON}"}
    return {**card, "text": IP_ONLY_WHEN, "disabled": True, "reason": IP_ONLY_REASON}


@dataclass
class MethodGroup:
    """The part of the form that changes with the chosen method."""

    chosen: str
    seen: Units
    form: MethodForm | None
    carried: list[tuple[str, str]]

    @classmethod
    def of(cls, seen: Units, data: Any = None) -> "MethodGroup":
        """From what was sent, or as the trunk is. Nothing is judged here."""
        current = seen.get(TYPE) or ""
        chosen = data.get("auth_type", current) if data is not None else current
        typed = texts_in(data) if data is not None else {}
        made = METHOD_FORMS.get(chosen)
        form = (
            made(_bound(made, seen, typed) if data is not None else None, seen=seen)
            if made
            else None
        )
        shown = form.fields if form else {}
        carried = [(CARRIED + name, text) for name, text in typed.items() if name not in shown]
        return cls(chosen, seen, form, carried)

    @property
    def label(self) -> str:
        return label(self.chosen)

    @property
    def switched(self) -> bool:
        return self.chosen != (self.seen.get(TYPE) or "")

    @property
    def losses(self) -> list[str]:
        return losses_of_switch(self.seen, self.chosen) if self.form else []

    @property
    def facts(self) -> list[tuple[str, list[str]]]:
        """The settings of a method that cannot be set here, to read."""
        if self.form or self.switched:
            return []
        units = [u for u in self.seen if u.startswith(METHOD) and u != TYPE]
        return [(label_of(unit), _as_list(self.seen[unit])) for unit in units]

    def wanted(self) -> tuple[dict[str, Any], list[Problem]]:
        """The units a person touched, in normal form, and what is wrong with them."""
        if not self.switched and (self.form is None or not self.form.touched()):
            return {}, []
        if self.form is None:
            return {TYPE: self.chosen}, []
        held = self.form.entered() if self.switched else {**self.seen, **self.form.touched()}
        attributes = {unit.removeprefix(METHOD): value for unit, value in held.items()}
        clean, problems = check(self.chosen, attributes)
        units = {METHOD + name: value for name, value in clean.items()}
        return {TYPE: self.chosen, **units} if self.switched else units, problems


def texts_in(data: Any) -> dict[str, str]:
    """What was typed for any method, shown or carried, by the name of its setting.

    Methods that share a setting share its text.
    """
    found = {}
    for name in NAMES:
        text = data.get(f"{PREFIX}-{name}", data.get(CARRIED + name))
        if text is not None:
            found[name] = text
    return found


def _bound(made: type[MethodForm], seen: Units, typed: Mapping[str, str]) -> dict[str, Any]:
    """Data for a method's form: what was typed, else what the trunk has."""
    fields = made.base_fields
    return {
        f"{PREFIX}-{name}": typed.get(name, field.shown(seen.get(METHOD + name)))
        for name, field in fields.items()
        if isinstance(field, Setting)
    }


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(v) for v in value]
