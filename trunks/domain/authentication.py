"""The authentication method: a closed union of values, one `load`, one `dump`.

A method is a type and its own attributes. The three documented types each have a class; what
upstream invents next is an `Unknown`, kept whole and treated as secret. Nothing read is lost or
invented: attributes that a known method does not have yet are kept in `extra`, members beside
type and attributes in `beside`; attributes left out are named in `absent` and lists sent as null
in `nulls` (absent is not null, null is not empty), where `attributes` itself may stand too.
Source: the contract in tests/upstream.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from trunks.domain.networks import is_list_of_text, parse_networks
from trunks.domain.prefixes import check_tech_prefix, check_twilio_sid
from trunks.domain.problems import Problem
from trunks.domain.secrets import Sealed, Secret

Extra = Mapping[str, Any]
Password = Secret | Sealed | None


@dataclass(frozen=True, slots=True)
class CredentialsAndIp:
    """An INVITE from an allowed network is challenged for username and password."""

    allowed_sip_ips: tuple[str, ...] = ()
    tech_prefix: str | None = None
    username: str | None = None
    password: Password = None
    extra: Extra = field(default_factory=dict, repr=False)
    absent: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    nulls: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    beside: Extra = field(default_factory=dict, repr=False)

    type = "credentials_and_ip"


@dataclass(frozen=True, slots=True)
class IpOnly:
    """Calls are admitted by address alone. Set by DIDWW on request, left only one way."""

    allowed_sip_ips: tuple[str, ...] = ()
    tech_prefix: str | None = None
    extra: Extra = field(default_factory=dict, repr=False)
    absent: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    nulls: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    beside: Extra = field(default_factory=dict, repr=False)

    type = "ip_only"


@dataclass(frozen=True, slots=True)
class Twilio:
    """Calls are admitted from one Twilio account."""

    twilio_account_sid: str | None = None
    extra: Extra = field(default_factory=dict, repr=False)
    absent: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    nulls: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    beside: Extra = field(default_factory=dict, repr=False)

    type = "twilio"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A method this version does not know: its attributes are kept whole, and secret."""

    type: str
    attributes: Extra = field(default_factory=dict, repr=False)
    absent: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    nulls: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    beside: Extra = field(default_factory=dict, repr=False)


AuthenticationMethod = CredentialsAndIp | IpOnly | Twilio | Unknown

KNOWN: Mapping[str, type[CredentialsAndIp] | type[IpOnly] | type[Twilio]] = {
    "credentials_and_ip": CredentialsAndIp,
    "ip_only": IpOnly,
    "twilio": Twilio,
}
# What a request may set, by method (the contract's request schemas).
SETTABLE: Mapping[str, tuple[str, ...]] = {
    "credentials_and_ip": ("allowed_sip_ips", "tech_prefix"),
    "ip_only": ("allowed_sip_ips", "tech_prefix"),
    "twilio": ("twilio_account_sid",),
}
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "credentials_and_ip": ("allowed_sip_ips", "tech_prefix", "username", "password"),
    "ip_only": ("allowed_sip_ips", "tech_prefix"),
    "twilio": ("twilio_account_sid",),
}
LISTS = ("allowed_sip_ips",)
ATTRIBUTES = "attributes"
LABELS = {
    "credentials_and_ip": "Credentials + IP",
    "ip_only": "IP only",
    "twilio": "Twilio",
}


class Malformed(ValueError):
    """Not an authentication method at all; the message never holds a value."""


def load(document: Any) -> AuthenticationMethod:
    """Read `{"type": str, "attributes": {...}}` as upstream sends it.

    Unknown types and unknown members survive; a null list reads as an empty one and is
    remembered in `nulls`.
    Raises `Malformed` for what has no type or whose known members are of another JSON type.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("type"), str):
        raise Malformed("authentication_method has no type")
    sent = document.get("attributes")
    if sent is not None and not isinstance(sent, Mapping):
        raise Malformed("authentication_method.attributes is not an object")
    attributes = dict(sent or {})
    absent = frozenset() if ATTRIBUTES in document else frozenset({ATTRIBUTES})
    nulls = frozenset({ATTRIBUTES} if sent is None else ()) - absent
    beside = {n: v for n, v in document.items() if n not in ("type", ATTRIBUTES)}
    type_ = document["type"]
    if type_ not in KNOWN:
        return Unknown(type_, attributes, absent=absent, nulls=nulls, beside=beside)
    known = {name: attributes.pop(name) for name in MEMBERS[type_] if name in attributes}
    absent |= frozenset(MEMBERS[type_]) - set(known)
    nulls |= {name for name in LISTS if name in known and known[name] is None}
    values = {name: _read(name, value) for name, value in known.items()}
    return KNOWN[type_](**values, extra=attributes, absent=absent, nulls=nulls, beside=beside)


def _read(name: str, value: Any) -> Any:
    if name == "allowed_sip_ips":
        if value is None:
            return ()
        if not is_list_of_text(value):
            raise Malformed("allowed_sip_ips is not a list of text")
        return tuple(value)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{name} is not text")
    return Secret(value) if name == "password" and value is not None else value


def dump(method: AuthenticationMethod, *, password: str | None = None) -> dict[str, Any]:
    """Write the method in upstream's shape.

    A `Secret` password is written in clear; a `Sealed` one cannot be, so the caller who opened
    it passes `password`, and without it the answer holds `null`.
    """
    if ATTRIBUTES in method.absent:
        return {"type": method.type, **method.beside}
    attributes = None if ATTRIBUTES in method.nulls else _attributes(method, password)
    return {"type": method.type, "attributes": attributes, **method.beside}


def _attributes(method: AuthenticationMethod, password: str | None) -> dict[str, Any]:
    match method:
        case CredentialsAndIp():
            clear = method.password.clear if isinstance(method.password, Secret) else password
            return _present(
                method,
                allowed_sip_ips=list(method.allowed_sip_ips),
                tech_prefix=method.tech_prefix,
                username=method.username,
                password=clear,
            )
        case IpOnly():
            return _present(
                method,
                allowed_sip_ips=list(method.allowed_sip_ips),
                tech_prefix=method.tech_prefix,
            )
        case Twilio():
            return _present(method, twilio_account_sid=method.twilio_account_sid)
        case Unknown():
            return dict(method.attributes)
    assert_never(method)


def _present(method: CredentialsAndIp | IpOnly | Twilio, **members: Any) -> dict[str, Any]:
    shown = {
        name: None if name in method.nulls else value
        for name, value in members.items()
        if name not in method.absent
    }
    return {**shown, **method.extra}


def label(type_: str | None) -> str:
    return LABELS.get(type_ or "", type_ or "none")


def check(type_: str, attributes: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Hold what someone wants to send against the rules of the method.

    Returns the attributes normalised as upstream would, and every problem, under flat names such
    as `authentication_method.tech_prefix`.
    """
    if type_ not in SETTABLE:
        return {}, [Problem("authentication_method.type", "is not a known method")]
    clean: dict[str, Any] = {}
    problems = []
    for name in SETTABLE[type_]:
        unit = f"authentication_method.{name}"
        clean[name], complaints = CHECKS[name](attributes.get(name))
        problems += [Problem(unit, complaint) for complaint in complaints]
    return clean, problems


def _check_sip_ips(value: Any) -> tuple[tuple[str, ...], list[str]]:
    if not value:
        return (), ["can't be blank: list at least one network"]
    if not is_list_of_text(value):
        return (), ["must be a list of text"]
    return parse_networks(value)


def _check_tech_prefix(value: Any) -> tuple[str | None, list[str]]:
    if value in (None, ""):
        return None, []
    if not isinstance(value, str):
        return None, ["must be text"]
    try:
        return check_tech_prefix(value), []
    except ValueError as error:
        return value, [str(error)]


def _check_sid(value: Any) -> tuple[str | None, list[str]]:
    if value in (None, ""):
        return None, ["can't be blank"]
    if not isinstance(value, str):
        return None, ["must be text"]
    try:
        return check_twilio_sid(value), []
    except ValueError as error:
        return value, [str(error)]


CHECKS: Mapping[str, Callable[[Any], tuple[Any, list[str]]]] = {
    "allowed_sip_ips": _check_sip_ips,
    "tech_prefix": _check_tech_prefix,
    "twilio_account_sid": _check_sid,
}


def stored(
    type_: str,
    attributes: Mapping[str, Any] | None,
    *,
    username: str | None,
    password: Sealed | None,
    absent: frozenset[str],
) -> AuthenticationMethod:
    """The method as a row keeps it: credentials apart, an unknown one by names alone."""
    method = load({"type": type_, "attributes": attributes})
    if isinstance(method, CredentialsAndIp):
        return replace(method, username=username, password=password, absent=absent)
    return replace(method, absent=absent)
