"""The values of guard rails: rails, the facts beside a trunk, a breach; and rails as JSON.

Of each field rails say how free it is:

    free     any value, up to its ceiling if it has one; beyond that on request
    ask      tighter values, and those up to its ceiling if it has one; all else on request
    closed   tighter values; all else is for staff
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from trunks.domain.attributes import ATTRIBUTES, check_attribute
from trunks.domain.destinations import parse_place
from trunks.domain.looseness import ENCRYPTION
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import METHOD, SIP_IPS, Units

Freedom = Literal["free", "ask", "closed"]
Act = Literal["create", "delete", "regenerate", "switch_method"]
FREE: Freedom = "free"
ASK: Freedom = "ask"
CLOSED: Freedom = "closed"
ACTS: tuple[Act, ...] = get_args(Act)
TECH_PREFIX, TWILIO_SID = METHOD + "tech_prefix", METHOD + "twilio_account_sid"
# How free each field is without a template. `dst_prefixes` speaks for all of the destinations.
FREEDOMS: Mapping[str, Freedom] = {
    "name": FREE,
    "external_reference_id": FREE,
    "status": FREE,
    SIP_IPS: ASK,
    TECH_PREFIX: ASK,
    TWILIO_SID: ASK,
    "dst_prefixes": ASK,
    "dids": FREE,
    "on_cli_mismatch_action": CLOSED,
    "allow_any_did_as_cli": CLOSED,
    "capacity_limit": ASK,
    "threshold_amount": ASK,
    "media_encryption_mode": ASK,
    "allowed_rtp_ips": ASK,
    "force_symmetric_rtp": ASK,
    "rtp_ping": ASK,
    "rtp_timeout": ASK,
    "emergency_dids": FREE,
    "emergency_enable_all": CLOSED,
    "callback_url": CLOSED,
}
SPOKEN_FOR = {"default_dst_action": "dst_prefixes", "default_did": "dids"}

# What upstream makes of what a create leaves out, and from where a new trunk is judged: it may be
# so without asking. Source: the contract's recorded answers.
LEFT_OUT: Units = {
    "status": "active",
    "capacity_limit": None,
    "allow_any_did_as_cli": False,
    "default_dst_action": "allow_all",
    "dst_prefixes": (),
    "media_encryption_mode": "disabled",
    "allowed_rtp_ips": (),
    "force_symmetric_rtp": False,
    "rtp_ping": False,
    "rtp_timeout": 30,
    "threshold_amount": "3000.0",
    "callback_url": None,
    "emergency_enable_all": False,
}
LIMITS = ("capacity_limit", "threshold_amount", "default_dst_action", "dst_prefixes")
NEW_TRUNK: Units = {
    **{unit: value for unit, value in LEFT_OUT.items() if unit not in LIMITS},
    "on_cli_mismatch_action": "reject_call",
}


@dataclass(frozen=True, slots=True)
class Rails:
    """`fields`: where they differ from `FREEDOMS`. A ceiling that is None is none."""

    fields: Mapping[str, Freedom] = field(default_factory=dict)
    acts: frozenset[Act] = frozenset({"regenerate"})
    most_calls: int | None = None
    most_spent: str | None = None  # the 24-hour limit, in USD
    widest: Mapping[int, int] | None = None  # prefix length by IP version: {4: 29, 6: 64}
    destinations: tuple[str, ...] | None = None  # countries and prefixes: "ES", "44"
    least_encryption: str | None = None

    def freedom_of(self, unit: str) -> Freedom:
        unit = SPOKEN_FOR.get(unit, unit)
        return self.fields.get(unit, FREEDOMS.get(unit, CLOSED))

    def has_ceiling(self, unit: str) -> bool:
        ceilings = {
            "capacity_limit": self.most_calls,
            "threshold_amount": self.most_spent,
            SIP_IPS: self.widest,
            "dst_prefixes": self.destinations,
            "media_encryption_mode": self.least_encryption,
        }
        return ceilings.get(SPOKEN_FOR.get(unit, unit)) is not None

    def is_open(self, unit: str) -> bool:
        """Whether more than tightening is allowed: up to the ceiling, if there is one."""
        freedom = self.freedom_of(unit)
        return freedom == FREE or (freedom == ASK and self.has_ceiling(unit))


DEFAULT = Rails()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the trunk alone does not tell.

    `blocked_by`: who blocked it, "staff", "threshold", "member" (of this customer) or "" where
    nobody knows; `own_dids`: of the DIDs that are moved, those that are the customer's;
    `name_prefix`: what the customer's names begin with.
    """

    blocked_by: str = ""
    own_dids: frozenset[str] = frozenset()
    name_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rail that a change would go beyond.

    `unit` as in `Problem`, "" for the whole trunk; `rail` names the rail, `allowed` says what
    would be allowed. `is_requestable`: staff may be asked for it, else it is for staff alone.
    """

    unit: str
    rail: str
    allowed: str
    is_requestable: bool = True

    @property
    def message(self) -> str:
        """The end of a sentence that begins with the field."""
        return f"is beyond your guard rail “{self.rail}”: {self.allowed}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "rail": self.rail,
            "allowed": self.allowed,
            "is_requestable": self.is_requestable,
        }


# --- As JSON --------------------------------------------------------------------------------------

MEMBERS = (
    "fields",
    "acts",
    "most_calls",
    "most_spent",
    "widest_ipv4",
    "widest_ipv6",
    "destinations",
    "least_encryption",
)
LONGEST = {"widest_ipv4": 32, "widest_ipv6": 128}
# Of one version alone was spoken: the other may not be the way around it.
UNSAID = {"widest_ipv4": 32, "widest_ipv6": 64}
CEILINGS = {"most_calls": "capacity_limit", "most_spent": "threshold_amount"}


def dump(rails: Rails) -> dict[str, Any]:
    """`load` makes the same rails of it; what is as without a template is left out."""
    widest = {f"widest_ipv{version}": length for version, length in (rails.widest or {}).items()}
    document: dict[str, Any] = {
        "fields": {u: f for u, f in sorted(rails.fields.items()) if f != FREEDOMS[u]},
        "acts": [act for act in ACTS if act in rails.acts],
        "most_calls": rails.most_calls,
        "most_spent": rails.most_spent,
        **widest,
        "destinations": None if rails.destinations is None else list(rails.destinations),
        "least_encryption": rails.least_encryption,
    }
    return {name: value for name, value in document.items() if value not in (None, {})}


def load(document: Any) -> Rails:
    """Raises `Invalid` with every problem; their units are the members' names."""
    if not isinstance(document, Mapping):
        raise Invalid([Problem("", "must be an object")])
    problems = [Problem(str(n), "is not a guard rail") for n in document if n not in MEMBERS]
    given = {name: value for name, value in document.items() if value is not None}
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name in READERS:
            try:
                read[name] = READERS[name](name, value)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
    if problems:
        raise Invalid(problems)
    lengths = {int(name[-1]): read.pop(name, UNSAID[name]) for name in LONGEST}
    said = any(name in given for name in LONGEST)
    return Rails(**read, widest=lengths if said else None)


def _fields(name: str, value: Any) -> dict[str, Freedom]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an object")
    for unit, freedom in value.items():
        if unit not in FREEDOMS:
            raise ValueError(f"knows no field “{str(unit)[:60]}”")
        if freedom not in get_args(Freedom):
            raise ValueError(f"must be {', '.join(get_args(Freedom))} for {unit}")
    return {unit: freedom for unit, freedom in value.items() if freedom != FREEDOMS[unit]}


def _acts(name: str, value: Any) -> frozenset[Act]:
    if not isinstance(value, list) or not all(act in ACTS for act in value):
        raise ValueError(f"must be a list of {', '.join(ACTS)}")
    return frozenset(value)


def _ceiling(name: str, value: Any) -> Any:
    clean, complaints = check_attribute(CEILINGS[name], value)
    if complaints:
        raise ValueError(complaints[0])
    return clean


def _length(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST[name]:
        raise ValueError(f"must be a whole number from 0 to {LONGEST[name]}")
    return value


def _places(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(place, str) for place in value):
        raise ValueError("must be a list of text")
    return tuple(dict.fromkeys(parse_place(place) for place in value))


def _encryption(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in ENCRYPTION:
        modes = ATTRIBUTES["media_encryption_mode"].values
        raise ValueError(f"is not included in the list: {', '.join(modes)}")
    return value


READERS = {
    "fields": _fields,
    "acts": _acts,
    "most_calls": _ceiling,
    "most_spent": _ceiling,
    "widest_ipv4": _length,
    "widest_ipv6": _length,
    "destinations": _places,
    "least_encryption": _encryption,
}
