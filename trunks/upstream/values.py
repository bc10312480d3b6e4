"""Documents ↔ frozen values. Reads anything and loses nothing; knows no rows."""

import hashlib
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from trunks.domain import authentication
from trunks.domain.attributes import ATTRIBUTES, READ_ONLY
from trunks.domain.authentication import AuthenticationMethod, CredentialsAndIp
from trunks.domain.networks import is_list_of_text, shown
from trunks.domain.secrets import Secret
from trunks.domain.units import LINKAGES, units_of

Document = Mapping[str, Any]
MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 100  # of lists and objects in each other; the encoders on the way give up at 254


class MalformedResource(ValueError):
    """One resource makes no sense; `id` names it where it has one. Never holds a value."""

    def __init__(self, id_: str, reason: str):
        self.id = id_
        self.reason = reason
        super().__init__(f"{id_ or 'a resource without id'}: {reason}")


@dataclass(frozen=True, slots=True)
class UpstreamTrunk:
    """A trunk as one answer showed it.

    `attributes`: the plain attributes that were sent, verbatim. `authentication_method`: None
    when it was null or not sent (`absent` tells). `dids`, `emergency_dids`: ids, or None when
    the answer held no linkage. `spent_amount`: upstream's text. `unknown`: attributes this
    version has no name for.
    """

    id: str
    attributes: Mapping[str, Any]
    authentication_method: AuthenticationMethod | None
    dids: tuple[str, ...] | None
    emergency_dids: tuple[str, ...] | None
    spent_amount: str | None
    absent: tuple[str, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)
    raw: Document = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return str(self.attributes.get("name") or "")

    @property
    def credentials(self) -> tuple[str, str] | None:
        """(username, password) in clear, None for a method that has none."""
        method = self.authentication_method
        if not isinstance(method, CredentialsAndIp) or not isinstance(method.password, Secret):
            return None
        return method.username or "", method.password.clear

    def units(self) -> dict[str, Any]:
        return units_of(self.attributes, self.authentication_method, self.dids, self.emergency_dids)

    def as_document(self) -> dict[str, Any]:
        """The resource again, in upstream's shape (links aside)."""
        attributes = {**self.attributes, **self.unknown}
        if "authentication_method" not in self.absent:
            method = self.authentication_method
            attributes["authentication_method"] = method and authentication.dump(method)
        document: dict[str, Any] = {
            "id": self.id,
            "type": "voice_out_trunks",
            "attributes": attributes,
        }
        linkages = {name: ids for name in LINKAGES if (ids := getattr(self, name)) is not None}
        if linkages:
            document["relationships"] = {n: linkage_of(ids) for n, ids in linkages.items()}
        if self.spent_amount is not None:
            document["meta"] = {"spent_amount": self.spent_amount}
        return document


@dataclass(frozen=True, slots=True)
class UpstreamDid:
    """A DID as one answer showed it; group facts are None when its group was not included."""

    id: str
    attributes: Mapping[str, Any]
    absent: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    country: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page: raw resources, what came with them, and how many there are in all.

    Resources stay raw until asked for: a trunk whose fingerprint is known needs no parsing.
    """

    resources: list[Document]
    included: Mapping[tuple[str, str], Document]
    total: int


def linkage_of(ids: tuple[str, ...]) -> dict[str, Any]:
    return {"data": [{"type": "dids", "id": id_} for id_ in ids]}


def read_trunk(resource: Document) -> UpstreamTrunk:
    """Parse one `voice_out_trunks` resource. Raises `MalformedResource`."""
    id_ = read_id(resource)
    try:
        return _read_trunk(id_, resource)
    except (AttributeError, TypeError, KeyError):
        raise MalformedResource(id_, "is not shaped like a trunk") from None
    except MalformedResource as error:  # of what it links to
        raise MalformedResource(id_, error.reason) from None


def _read_trunk(id_: str, resource: Document) -> UpstreamTrunk:
    attributes = resource.get("attributes")
    if not isinstance(attributes, Mapping):
        raise MalformedResource(id_, "has no attributes")
    if problem := storable(resource):
        raise MalformedResource(id_, problem)
    method_document = attributes.get("authentication_method")
    try:
        method = None if method_document is None else authentication.load(method_document)
    except authentication.Malformed as error:
        raise MalformedResource(id_, str(error)) from None
    known = (*ATTRIBUTES, *READ_ONLY)
    own = method.absent if method else frozenset()
    return UpstreamTrunk(
        id=id_,
        attributes={n: read_attribute(id_, n, attributes[n]) for n in known if n in attributes},
        authentication_method=method,
        dids=read_linkage(resource, "dids"),
        emergency_dids=read_linkage(resource, "emergency_dids"),
        spent_amount=read_spent(resource),
        absent=(
            *(n for n in (*known, "authentication_method") if n not in attributes),
            *(f"authentication_method.{name}" for name in sorted(own)),
        ),
        unknown={
            n: v for n, v in attributes.items() if n not in known and n != "authentication_method"
        },
        raw=resource,
    )


def read_id(resource: Any) -> str:
    if not isinstance(resource, Mapping):
        raise MalformedResource("", "is not an object")
    id_ = resource.get("id")
    try:
        return str(UUID(id_))
    except (ValueError, TypeError, AttributeError):
        readable = shown(id_, 40) if isinstance(id_, str) else ""
        raise MalformedResource(readable, "its id is not a UUID") from None


def read_attribute(id_: str, name: str, value: Any, kind: type | None = None) -> Any:
    """The value verbatim, when its JSON type is the one the contract names (or null)."""
    kind = kind or JSON_TYPES.get(name, str)
    if value is None or (isinstance(value, kind) and _fits(value, kind)):
        return value
    raise MalformedResource(id_, f"{name} is not of the expected type")


def _fits(value: Any, kind: type) -> bool:
    if kind is int:
        return not isinstance(value, bool) and abs(value) <= MAX_INTEGER
    return kind is not list or is_list_of_text(value)


JSON_TYPES: Mapping[str, type] = {
    **{
        name: {"integer": int, "boolean": bool, "prefixes": list, "networks": list}.get(a.kind, str)
        for name, a in ATTRIBUTES.items()
    },
    "threshold_reached": bool,
}


def read_linkage(resource: Document, name: str) -> tuple[str, ...] | None:
    relationship = (resource.get("relationships") or {}).get(name) or {}
    data = relationship.get("data")
    return None if data is None else tuple(read_id(item) for item in data)


def read_spent(resource: Document) -> str | None:
    """Read beside the fingerprint, so odd words about spend are no reason to stop: none."""
    meta = resource.get("meta")
    spent = meta.get("spent_amount") if isinstance(meta, Mapping) else None
    return None if spent is None or storable(str(spent)) else str(spent)


def storable(value: Any, depth: int = MAX_DEPTH) -> str | None:
    """What no database can hold, said without the value; None when all is well."""
    if isinstance(value, str):
        return "holds text that cannot be stored" if _is_odd(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "holds a number that is none"
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if not isinstance(value, list):
        return None
    if not depth:
        return "is nested too deeply"
    for item in value:
        if item is not None and (problem := storable(item, depth - 1)):
            return problem
    return None


def _is_odd(text: str) -> bool:
    if "\x00" in text:
        return True
    return not text.isascii() and any(0xD800 <= ord(c) <= 0xDFFF for c in text)


DID_ATTRIBUTES: Mapping[str, type] = {
    "number": str,
    "description": str,
    "blocked": bool,
    "awaiting_registration": bool,
    "terminated": bool,
    "emergency_enabled": bool,
    "capacity_limit": int,
    "channels_included_count": int,
    "dedicated_channels_count": int,
    "billing_cycles_count": int,
    "created_at": str,
    "expires_at": str,
}


def read_did(resource: Document, included: Mapping[tuple[str, str], Document]) -> UpstreamDid:
    """Parse one `dids` resource, its group's facts from `included`. Raises `MalformedResource`."""
    id_ = read_id(resource)
    try:
        return _read_did(id_, resource, included)
    except (AttributeError, TypeError, KeyError):
        raise MalformedResource(id_, "is not shaped like a DID") from None


def _read_did(
    id_: str, resource: Document, included: Mapping[tuple[str, str], Document]
) -> UpstreamDid:
    attributes = resource.get("attributes")
    if not isinstance(attributes, Mapping):
        raise MalformedResource(id_, "has no attributes")
    if problem := storable(resource):
        raise MalformedResource(id_, problem)
    for name, kind in DID_ATTRIBUTES.items():
        read_attribute(id_, name, attributes.get(name), kind)
    group = related(resource, "did_group", included)
    return UpstreamDid(
        id=id_,
        attributes={n: attributes[n] for n in DID_ATTRIBUTES if n in attributes},
        absent=tuple(n for n in DID_ATTRIBUTES if n not in attributes),
        features=_features(group),
        country=_name_of(related(group, "country", included)),
        city=_name_of(related(group, "city", included)) or _area(group),
    )


def related(
    resource: Document | None, name: str, included: Mapping[tuple[str, str], Document]
) -> Document | None:
    relationship = ((resource or {}).get("relationships") or {}).get(name) or {}
    data = relationship.get("data")
    if not isinstance(data, Mapping):
        return None
    return included.get((str(data.get("type")), str(data.get("id"))))


def _features(group: Document | None) -> tuple[str, ...] | None:
    features = ((group or {}).get("attributes") or {}).get("features")
    return None if features is None else tuple(str(feature) for feature in features)


def _name_of(resource: Document | None) -> str | None:
    name = ((resource or {}).get("attributes") or {}).get("name")
    return None if name is None else str(name)


def _area(group: Document | None) -> str | None:
    name = ((group or {}).get("attributes") or {}).get("area_name")
    return None if name is None else str(name)


def included_index(documents: Any) -> dict[tuple[str, str], Document]:
    items = documents if isinstance(documents, list) else []
    return {
        (str(item.get("type")), str(item.get("id"))): item
        for item in items
        if isinstance(item, Mapping)
    }


def fingerprint(resource: Document, key: bytes) -> str:
    """A keyed digest of all a trunk's settings and linkage: equal means nothing to mirror.

    Spend, links and the order of linkage are outside it. The key keeps it from telling anything
    about the password to whoever reads the database.
    """
    try:
        attributes = resource.get("attributes")
        linkage = [_linkage_ids(resource, name) for name in LINKAGES]
        content = orjson.dumps([attributes, linkage], option=orjson.OPT_SORT_KEYS)
    except (AttributeError, TypeError):
        return ""  # odd enough to be looked at each time
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _linkage_ids(resource: Document, name: str) -> list[str] | None:
    data = ((resource.get("relationships") or {}).get(name) or {}).get("data")
    return None if data is None else sorted(str(item.get("id")) for item in data)


def credentials_fingerprint(credentials: tuple[str, str] | None, key: bytes) -> str:
    """A keyed digest of username and password, "" where there are none."""
    if credentials is None:
        return ""
    return hmac.new(key, "\x00".join(credentials).encode(), hashlib.sha256).hexdigest()
