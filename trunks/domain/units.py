"""Units of comparison: a trunk's settings as one flat map.

Scalars are compared whole, lists element by element, the method's type and each of its own
attributes apart from each other. Names are upstream's, the method's with a dotted path:

    name, capacity_limit, …, authentication_method.type, authentication_method.allowed_sip_ips,
    authentication_method.tech_prefix, authentication_method.twilio_account_sid, dids,
    emergency_dids

A unit that upstream did not send, or that the trunk's method does not have, is missing from the
map. Values are in normal form (networks, amounts, empty text), lists are tuples.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.authentication import SETTABLE, AuthenticationMethod
from trunks.domain.decimals import canonical
from trunks.domain.lists import without
from trunks.domain.networks import normal_form

Units = Mapping[str, Any]

METHOD = "authentication_method."
TYPE = "authentication_method.type"
SIP_IPS = "authentication_method.allowed_sip_ips"
LISTS = frozenset({"dst_prefixes", "allowed_rtp_ips", SIP_IPS, "dids", "emergency_dids"})
LINKAGES = ("dids", "emergency_dids")
# The flag that, while true, leaves a linkage to upstream. Source: the contract.
MANAGED_BY = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}
CREDENTIALS = ("authentication_method.username", "authentication_method.password")


def units_of(
    attributes: Mapping[str, Any],
    method: AuthenticationMethod | None,
    dids: Iterable[str] | None,
    emergency_dids: Iterable[str] | None,
) -> dict[str, Any]:
    """The flat map of what upstream sent; linkages that were not asked for are None."""
    units = {name: normal(name, attributes[name]) for name in ATTRIBUTES if name in attributes}
    if method is not None:
        units[TYPE] = method.type
        for name in SETTABLE.get(method.type, ()):
            units[METHOD + name] = normal(METHOD + name, getattr(method, name))
    for name, ids in (("dids", dids), ("emergency_dids", emergency_dids)):
        if ids is not None and not units.get(MANAGED_BY[name]):
            units[name] = tuple(ids)
    return units


def normal(unit: str, value: Any) -> Any:
    """The form in which two values of a unit are compared."""
    if unit in LISTS:
        return normal_list(unit, value)
    if unit == "threshold_amount" and isinstance(value, str):
        return canonical(value)
    if value == "" and unit != "name":
        return None
    return value


def normal_list(unit: str, values: Any) -> tuple[str, ...]:
    """Each element once, in normal form, in the order given; null and [] are both "none"."""
    form = normal_form if unit in (SIP_IPS, "allowed_rtp_ips") else str
    return tuple(dict.fromkeys(form(value) for value in values or ()))


def same(unit: str, one: Any, other: Any) -> bool:
    if unit in LISTS:
        return frozenset(one or ()) == frozenset(other or ())
    return bool(one == other)


def difference(before: Units, after: Units) -> dict[str, tuple[Any, Any]]:
    """Units that differ, as (before, after).

    A unit that one side lacks differs only where the other holds something: a method's own
    attributes come and go with its type; a linkage that was not read says nothing.
    """
    found = {}
    for unit in {**before, **after}:
        if unit in LINKAGES and (unit not in before or unit not in after):
            continue
        old, new = before.get(unit), after.get(unit)
        if not same(unit, old, new):
            found[unit] = (old, new)
    return found


def moved(before: Units, after: Units) -> dict[str, tuple[Any, Any]]:
    """All that one and the same trunk's settings moved by: `difference`, and the linkage that a
    flag, switched on, took away or, switched off, gave back."""
    found = difference(before, after)
    for name, flag in MANAGED_BY.items():
        if name not in after and after.get(flag) and before.get(name):
            found[name] = (before[name], ())
        if name not in before and before.get(flag) and after.get(name):
            found[name] = ((), after[name])
    return found


def describe(changed: Mapping[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    """A difference as a change keeps it and people read it.

    Scalars: `{"field", "old", "new"}`; lists: `{"field", "added", "removed"}`.
    """
    lines: list[dict[str, Any]] = []
    for unit in sorted(changed, key=_reading_order):
        old, new = changed[unit]
        if unit in LISTS:
            had, has = tuple(old or ()), tuple(new or ())
            added, removed = without(has, had), without(had, has)
            lines.append({"field": unit, "added": list(added), "removed": list(removed)})
        else:
            lines.append({"field": unit, "old": old, "new": new})
    return lines


ORDER = {name: position for position, name in enumerate((*ATTRIBUTES, "dids", "emergency_dids"))}


def _reading_order(unit: str) -> tuple[int, int, str]:
    if unit.startswith(METHOD):
        return (1, 0 if unit == TYPE else 1, unit)
    return (0 if unit in ("name", "status") else 2, ORDER.get(unit, 99), unit)
