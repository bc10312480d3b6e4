"""The writable attributes of a trunk, in one table: what each may hold and what people call it.

Forms, the API, its schema and every check read this table. Limits are those of the contract
(tests/upstream); where its sources differ, the stricter one that it declares (`capacity_limit`
from 1) or upstream's own answer (`threshold_amount`'s upper end).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from trunks.domain.decimals import parse_amount
from trunks.domain.networks import is_list_of_text, parse_networks
from trunks.domain.prefixes import parse_prefixes

Kind = Literal["text", "choice", "integer", "boolean", "amount", "prefixes", "networks", "url"]


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    kind: Kind
    label: str
    nullable: bool = False
    required: bool = False  # on create
    choices: tuple[tuple[str, str], ...] = ()  # value, what people read
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(value for value, _ in self.choices)


ATTRIBUTES: Mapping[str, Attribute] = {
    a.name: a
    for a in (
        # Upstream names no limit; a create is looked for by its name, in a URL.
        Attribute("name", "text", "Name", required=True, max_length=1000),
        Attribute(
            "status", "choice", "Status", choices=(("active", "Active"), ("blocked", "Blocked"))
        ),
        Attribute("external_reference_id", "text", "Your reference", nullable=True, max_length=100),
        Attribute(
            "capacity_limit", "integer", "Calls at once", nullable=True, minimum=1, maximum=32767
        ),
        Attribute("allow_any_did_as_cli", "boolean", "Any of the account's DIDs as caller ID"),
        Attribute(
            "on_cli_mismatch_action",
            "choice",
            "When the caller ID is not allowed",
            required=True,
            choices=(
                ("reject_call", "Reject the call"),
                ("send_original_cli", "Send the original caller ID"),
                ("replace_cli", "Replace it with the default DID"),
                ("randomize_cli", "Choose one of the allowed DIDs"),
            ),
        ),
        Attribute(
            "default_dst_action",
            "choice",
            "Destinations",
            choices=(
                ("allow_all", "Allow all, except these prefixes"),
                ("reject_all", "Refuse all, except these prefixes"),
            ),
        ),
        Attribute("dst_prefixes", "prefixes", "Destination prefixes"),
        Attribute(
            "media_encryption_mode",
            "choice",
            "Media encryption",
            choices=(
                ("disabled", "None"),
                ("srtp_sdes", "SRTP SDES"),
                ("srtp_dtls", "SRTP DTLS"),
                ("zrtp", "ZRTP"),
            ),
        ),
        Attribute("allowed_rtp_ips", "networks", "RTP networks", nullable=True),
        Attribute("force_symmetric_rtp", "boolean", "Symmetric RTP"),
        Attribute("rtp_ping", "boolean", "RTP ping"),
        Attribute("rtp_timeout", "integer", "RTP timeout", minimum=30, maximum=600),
        Attribute("threshold_amount", "amount", "24-hour limit"),
        Attribute("callback_url", "url", "Callback URL", nullable=True),
        Attribute("emergency_enable_all", "boolean", "Emergency calls from any DID"),
    )
}
READ_ONLY = ("created_at", "threshold_reached")
UNIT_LABELS: Mapping[str, str] = {
    **{name: a.label for name, a in ATTRIBUTES.items()},
    "authentication_method": "Authentication",
    "authentication_method.type": "Method",
    "authentication_method.allowed_sip_ips": "Networks",
    "authentication_method.tech_prefix": "Tech prefix",
    "authentication_method.twilio_account_sid": "Twilio account SID",
    "authentication_method.username": "Username",
    "authentication_method.password": "Password",
    "dids": "DIDs",
    "emergency_dids": "Emergency DIDs",
    "default_did": "Default DID",
    "threshold_reached": "24-hour limit reached",
}


def label_of(unit: str) -> str:
    return UNIT_LABELS.get(unit, unit.rpartition(".")[2].replace("_", " ").capitalize())


def check_attribute(name: str, value: Any) -> tuple[Any, list[str]]:
    """The value as upstream would store it, and every complaint (ends of sentences).

    `value` has JSON's types: a form converts first. Unknown names raise `KeyError`.
    """
    attribute = ATTRIBUTES[name]
    if value is None:
        return None, [] if attribute.nullable else ["can't be blank"]
    return CHECKS[attribute.kind](attribute, value)


def printable(text: str) -> bool:
    """Whether a database and a terminal can hold the text: no control characters or surrogates."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _text(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    if not isinstance(value, str):
        return value, ["must be text"]
    value = value.strip()
    if not printable(value):
        return value, ["must not hold control characters"]
    if attribute.max_length and len(value) > attribute.max_length:
        return value, [f"is too long (maximum is {attribute.max_length} characters)"]
    if not value:
        return (None, []) if attribute.nullable else (value, ["can't be blank"])
    return value, []


def _choice(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    if value not in attribute.values:
        return value, [f"is not included in the list: {', '.join(attribute.values)}"]
    return value, []


def _integer(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    if isinstance(value, bool) or not isinstance(value, int):
        return value, ["is not a whole number"]
    if attribute.minimum is not None and value < attribute.minimum:
        return value, [f"must be greater than or equal to {attribute.minimum}"]
    if attribute.maximum is not None and value > attribute.maximum:
        return value, [f"must be less than or equal to {attribute.maximum}"]
    return value, []


def _boolean(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    return value, [] if isinstance(value, bool) else ["must be true or false"]


def _amount(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    if not isinstance(value, str):
        return value, ["must be a decimal in quotes, such as “50.0”"]
    try:
        return parse_amount(value.strip()), []
    except ValueError as error:
        return value, [str(error)]


def _prefixes(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    return parse_prefixes(value) if is_list_of_text(value) else (value, ["must be a list of text"])


def _networks(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    """None stands for "no restriction"; an empty list would be refused by the next API version."""
    if not is_list_of_text(value):
        return value, ["must be a list of text"]
    networks, complaints = parse_networks(value)
    return networks or None, complaints


def _url(attribute: Attribute, value: Any) -> tuple[Any, list[str]]:
    """An http or https URL; without a scheme it is read as http://, as upstream does."""
    text, complaints = _text(attribute, value)
    if complaints or text is None:
        return text, complaints
    absolute = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(absolute)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or any(c.isspace() or c in '<>"\\^`{|}' for c in absolute):
        return text, ["must be an http or https URL"]
    return absolute, []


CHECKS = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "boolean": _boolean,
    "amount": _amount,
    "prefixes": _prefixes,
    "networks": _networks,
    "url": _url,
}
