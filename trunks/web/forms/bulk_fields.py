"""The settings that may be changed on many trunks at once, as they stand on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trunks.domain.attributes import ATTRIBUTES, label_of
from trunks.domain.units import LISTS, METHOD, SIP_IPS
from trunks.web.forms.authentication import PREFIX
from trunks.web.forms.numbers import KINDS
from trunks.web.forms.settings import Amount, Setting, Whole

LEAVE, SET, CLEAR, ADD, REMOVE, REPLACE, OWN = "", "set", "clear", "add", "remove", "replace", "own"
LEAVE_AS_IS = (LEAVE, "Leave as is")
OP = "-op"  # the name of the choice beside a value
TECH_PREFIX = METHOD + "tech_prefix"
CALLBACK = "callback_url"

# How "none" is called where a setting may be taken away.
NONE = {
    "capacity_limit": "No limit",
    "allowed_rtp_ips": "From anywhere",
    "dst_prefixes": "Empty the list",
    "dids": "Take all away",
    "emergency_dids": "Take all away",
    "external_reference_id": "Empty",
    TECH_PREFIX: "None",
    CALLBACK: "None",
}


@dataclass(frozen=True)
class Field:
    """One setting of the form. `unit`: what it sets; `width`, `help`, `mono`: how it is shown."""

    unit: str
    help: str = ""
    width: str = "m"
    suffix: str = ""

    @property
    def name(self) -> str:
        return f"{PREFIX}-{self.unit.removeprefix(METHOD)}" if METHOD in self.unit else self.unit

    @property
    def choice_name(self) -> str:
        return self.name + OP if self.has_value else self.name

    @property
    def label(self) -> str:
        return label_of(self.unit)

    @property
    def is_picker(self) -> bool:
        return self.unit in KINDS

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What may be done with it; for a choice or a flag these are the values themselves."""
        attribute = ATTRIBUTES.get(self.unit)
        if attribute and attribute.kind == "choice":
            return (LEAVE_AS_IS, *attribute.choices)
        if attribute and attribute.kind == "boolean":
            return (LEAVE_AS_IS, ("true", "On"), ("false", "Off"))
        none = ((CLEAR, NONE[self.unit]),) if self.unit in NONE else ()
        if self.unit in LISTS:
            return (LEAVE_AS_IS, (ADD, "Add"), (REMOVE, "Remove"), (REPLACE, "Replace by"), *none)
        return (LEAVE_AS_IS, (SET, "Set to"), *none)

    @property
    def has_value(self) -> bool:
        """Whether a value is typed or picked beside the choice."""
        return any(key in (SET, ADD) for key, _ in self.choices)


GROUPS: Sequence[tuple[str, Sequence[Field]]] = (
    (
        "General",
        (
            Field("status", "A blocked trunk takes no calls."),
            Field("external_reference_id"),
        ),
    ),
    (
        "Who may call",
        (
            Field(SIP_IPS, "One a line. Trunks whose method has no networks are left as they are."),
            Field(TECH_PREFIX, "Left as it is where the method has none.", width="s"),
        ),
    ),
    (
        "What may be dialled",
        (
            Field("default_dst_action"),
            Field("dst_prefixes", "Digits only, without +, one a line."),
        ),
    ),
    (
        "As whom",
        (
            Field("allow_any_did_as_cli", "On: DIDWW unassigns the numbers chosen one by one."),
            Field("dids"),
            Field("on_cli_mismatch_action"),
            Field("default_did", "Only where the caller ID is replaced by it."),
        ),
    ),
    (
        "How much",
        (
            Field("capacity_limit", width="s", suffix="calls"),
            Field("threshold_amount", width="s", suffix="USD"),
        ),
    ),
    (
        "Media",
        (
            Field("media_encryption_mode"),
            Field("allowed_rtp_ips", "One a line."),
            Field("force_symmetric_rtp"),
            Field("rtp_ping"),
            Field("rtp_timeout", "30 to 600.", width="s", suffix="seconds"),
        ),
    ),
    ("Emergency", (Field("emergency_enable_all"), Field("emergency_dids"))),
    ("Callbacks", (Field(CALLBACK, "http or https."),)),
)
FIELDS = tuple(field for _, fields in GROUPS for field in fields)
VALUE_FIELDS: Mapping[str, type[Setting]] = {
    "capacity_limit": Whole,
    "rtp_timeout": Whole,
    "threshold_amount": Amount,
}
