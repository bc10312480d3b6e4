"""Trunks as hypothesis makes them up: settings in units, method documents, patches."""

import ipaddress
from functools import cache
from typing import Any

from hypothesis import strategies as st

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.patch import Edit, Op, Put, Whole
from trunks.domain.units import LISTS, METHOD, SIP_IPS, TYPE

PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_TEXT, inner, max_size=3),
    max_leaves=6,
)
# A few of each, so that two trunks often meet in the same value.
NETWORKS = (
    "10.0.0.0/8",
    "10.1.0.0/16",
    "192.0.2.1/32",
    "198.51.100.0/24",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1/128",
    "::/0",
)
PREFIXES = ("1", "44", "441", "4420", "49", "491")
DIDS = tuple(f"{n}1111111-1111-4111-8111-111111111111" for n in range(1, 6))
SIDS = tuple(f"AC{digit * 32}" for digit in "0aF")


@cache
def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=4).map(tuple)


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A network in normal form."""
    address = draw(st.ip_addresses())
    length = draw(st.integers(0, address.max_prefixlen))
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


@cache
def scalar(name: str) -> st.SearchStrategy[Any]:
    """Any good value of a plain attribute, in normal form."""
    a = ATTRIBUTES[name]
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": PLAIN_TEXT.map(str.strip).filter(bool),
        "choice": st.sampled_from(a.values or ("",)),
        "integer": st.integers(a.minimum or 0, a.maximum or 100),
        "boolean": st.booleans(),
        "amount": st.sampled_from(("0.0", "10.0", "50.25", "3000.0", "100000.0")),
        "prefixes": some(PREFIXES),
        "networks": some(NETWORKS),
        "url": st.sampled_from(("http://example.com/hook", "https://example.com/")),
    }
    may_be_none = a.nullable and name not in LISTS
    return kinds[a.kind] | st.none() if may_be_none else kinds[a.kind]


@cache
@st.composite
def methods(draw: st.DrawFn, types: tuple[str, ...]) -> dict[str, Any]:
    """The method's units."""
    type_ = draw(st.sampled_from(types))
    if type_ == "twilio":
        return {TYPE: type_, METHOD + "twilio_account_sid": draw(st.sampled_from(SIDS))}
    if type_ == "carrier_pigeon":
        return {TYPE: type_}
    prefix = draw(st.none() | st.sampled_from(("1", "12#", "#")))
    return {
        TYPE: type_,
        SIP_IPS: draw(some(NETWORKS, least=1)),
        METHOD + "tech_prefix": prefix,
    }


DEFAULTS: dict[str, Any] = {
    "name": "Berlin",
    "status": "active",
    "external_reference_id": None,
    "capacity_limit": None,
    "allow_any_did_as_cli": False,
    "on_cli_mismatch_action": "reject_call",
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


@cache
@st.composite
def trunks(
    draw: st.DrawFn, types: tuple[str, ...] = ("credentials_and_ip", "twilio")
) -> dict[str, Any]:
    """The units of a trunk as a read shows it: no linkage while a flag manages it."""
    varied = draw(st.sets(st.sampled_from(sorted(ATTRIBUTES)), max_size=4))
    units = DEFAULTS | {name: draw(scalar(name)) for name in sorted(varied)} | draw(methods(types))
    if not units["allow_any_did_as_cli"]:
        units["dids"] = draw(some(DIDS))
    if not units["emergency_enable_all"]:
        units["emergency_dids"] = draw(some(DIDS))
    return units


def operation(unit: str, value: Any) -> st.SearchStrategy[Op]:
    """Some way of asking for a value of this kind."""
    if unit not in LISTS:
        return st.just(Put(value))
    removed = st.sampled_from(ELEMENTS[unit])
    return st.one_of(
        st.just(Whole(value)),
        st.builds(
            lambda remove: Edit(tuple(v for v in value if v not in remove), tuple(remove)),
            st.lists(removed, unique=True, max_size=2),
        ),
    )


ELEMENTS = {
    "dst_prefixes": PREFIXES,
    "allowed_rtp_ips": NETWORKS,
    SIP_IPS: NETWORKS,
    "dids": DIDS,
    "emergency_dids": DIDS,
}


@cache
@st.composite
def patches(draw: st.DrawFn) -> dict[str, Op]:
    """A few units of some other trunk, asked for one way or another."""
    source = draw(trunks())
    chosen = draw(st.lists(st.sampled_from(sorted(source)), unique=True, min_size=1, max_size=5))
    if TYPE in chosen:
        chosen = sorted({*chosen, *(u for u in source if u.startswith(METHOD))})
    return {unit: draw(operation(unit, source[unit])) for unit in chosen}


@cache
@st.composite
def method_documents(draw: st.DrawFn) -> dict[str, Any]:
    """`authentication_method` as upstream might send it one day."""
    texts = PLAIN_TEXT | st.none()
    lists = st.lists(networks(), max_size=3) | st.none()
    known: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "credentials_and_ip": {
            "allowed_sip_ips": lists,
            "tech_prefix": texts,
            "username": texts,
            "password": texts,
        },
        "ip_only": {"allowed_sip_ips": lists, "tech_prefix": texts},
        "twilio": {"twilio_account_sid": texts},
    }
    type_ = draw(st.sampled_from(sorted(known)) | PLAIN_TEXT)
    members = draw(st.fixed_dictionaries({}, optional=known.get(type_, {})))
    taken = {"allowed_sip_ips", "tech_prefix", "username", "password", "twilio_account_sid"}
    extra = draw(st.dictionaries(PLAIN_TEXT.filter(lambda n: n not in taken), JSON, max_size=3))
    attributes = st.sampled_from(({"attributes": None}, {}))
    names = PLAIN_TEXT.filter(lambda n: n not in ("type", "attributes"))
    beside = draw(st.dictionaries(names, JSON, max_size=2))
    whole = st.just({"attributes": {**members, **extra}})
    return {"type": type_, **draw(whole | attributes), **beside}
