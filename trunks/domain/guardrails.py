"""Guard rails: what a customer's members may change by themselves.

Tightening is always free. What already stands outside the rails may stay or come closer, never go
further out. Beyond them a member asks, and staff approve or refuse; what is closed is for staff
alone. The whole resulting trunk is judged, by this one function for every face.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from trunks.domain import guardrail_words as words
from trunks.domain.destinations import ANY_NUMBER, NO_NUMBER, allowed_by, beyond, numbers_of
from trunks.domain.guardrail_values import (
    ACTS,
    ASK,
    CLOSED,
    DEFAULT,
    FREE,
    FREEDOMS,
    LEFT_OUT,
    NEW_TRUNK,
    SPOKEN_FOR,
    Act,
    Breach,
    Facts,
    Freedom,
    Rails,
    dump,
    load,
)
from trunks.domain.looseness import (
    ENCRYPTION,
    added_blocks,
    is_looser,
    is_wider_than,
    media_from,
    size_of,
)
from trunks.domain.units import LINKAGES, METHOD, SIP_IPS, TYPE, Units, difference, same


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: `before` and `after` are whole trunks."""

    rails: Rails
    before: Units
    after: Units
    facts: Facts
    is_new: bool

    def moves(self, *units: str) -> bool:
        return any(not same(u, self.before.get(u), self.after.get(u)) for u in units)

    @property
    def switches(self) -> bool:
        return not self.is_new and self.before.get(TYPE) != self.after.get(TYPE)


def judge(
    rails: Rails, before: Units | None, after: Units, *, facts: Facts | None = None
) -> tuple[Breach, ...]:
    """Every rail that going from one trunk to the other would break; `before=None`: a create."""
    is_new = before is None
    if before is None:
        before, after = NEW_TRUNK, {**LEFT_OUT, **after}
    case = Case(rails, before, after, facts or Facts(), is_new)
    new = judge_act(rails, "create") if is_new else ()
    return (*new, *(breach for check in CHECKS for breach in check(case)))


def judge_act(rails: Rails, act: Act) -> tuple[Breach, ...]:
    """Of acts that need more than a change of settings."""
    if may(rails, act):
        return ()
    unit = TYPE if act == "switch_method" else ""
    return (Breach(unit, words.RAIL_OF_ACT[act], words.ALLOWED_ACT[act], is_requestable=False),)


def may(rails: Rails, act: Act) -> bool:
    return act in rails.acts


def same_field(one: str, other: str) -> bool:
    """Whether two units are under one rail: a list and the action that it turns around."""
    return SPOKEN_FOR.get(one, one) == SPOKEN_FOR.get(other, other)


# --- The rails ------------------------------------------------------------------------------------


def _name(case: Case) -> Iterable[Breach]:
    prefix = case.facts.name_prefix
    renamed = case.is_new or case.moves("name")
    if prefix and renamed and not str(case.after.get("name") or "").startswith(prefix):
        yield Breach("name", words.NAME_PREFIX, words.begins_with(prefix), is_requestable=False)


def _switch(case: Case) -> Iterable[Breach]:
    if case.switches:
        yield from judge_act(case.rails, "switch_method")


def _unblock(case: Case) -> Iterable[Breach]:
    """Who may block may unblock; what staff or the 24-hour limit stopped is for staff."""
    if case.is_new or not case.moves("status") or case.after.get("status") == "blocked":
        return
    if case.facts.blocked_by != "member":
        allowed = words.UNBLOCKED_BY_STAFF[case.facts.blocked_by]
        yield Breach("status", words.UNBLOCKING, allowed, is_requestable=False)
    elif case.rails.freedom_of("status") != FREE:
        yield _stays(case, "status")


def _limit(unit: str) -> Callable[[Case], Iterable[Breach]]:
    def check(case: Case) -> Iterable[Breach]:
        was, will = size_of(unit, case.before), size_of(unit, case.after)
        most = _most(case.rails, unit)
        ceiling = size_of(unit, {unit: most})
        if will <= was or (case.rails.is_open(unit) and will <= ceiling):
            return
        closed = case.rails.freedom_of(unit) == CLOSED
        allowed = was if closed or most is None else max(was, ceiling)
        yield _breach(case, unit, words.at_most(unit, allowed))

    return check


def _most(rails: Rails, unit: str) -> int | str | None:
    return rails.most_calls if unit == "capacity_limit" else rails.most_spent


def _networks(case: Case) -> Iterable[Breach]:
    had, has = case.before.get(SIP_IPS, ()), case.after.get(SIP_IPS, ())
    added = added_blocks(had, has)
    widest = case.rails.widest
    if case.rails.is_open(SIP_IPS):
        added = [block for block in added if widest and is_wider_than(block, widest)]
    if added:
        limit = None if case.rails.freedom_of(SIP_IPS) == CLOSED else widest
        yield _breach(case, SIP_IPS, words.networks(added, limit))


def _media_networks(case: Case) -> Iterable[Breach]:
    unit = "allowed_rtp_ips"
    added = added_blocks(media_from(case.before), media_from(case.after))
    if added and not case.rails.is_open(unit):
        yield _breach(case, unit, words.networks(added, None))


def _destinations(case: Case) -> Iterable[Breach]:
    if not case.is_new and not case.moves("default_dst_action", "dst_prefixes"):
        return
    places = case.rails.destinations
    is_open = case.rails.is_open("dst_prefixes")
    if is_open and places is None:
        return
    inside = [numbers_of(place) for place in places or ()] if is_open else []
    before = allowed_by(case.before, unknown=NO_NUMBER)
    if opened := beyond(allowed_by(case.after, unknown=ANY_NUMBER), [before, *inside]):
        touches = case.is_new or case.moves("default_dst_action")
        unit = "default_dst_action" if touches and "" in opened else "dst_prefixes"
        yield _breach(case, unit, words.destinations(opened, places if is_open else None))


def _encryption(case: Case) -> Iterable[Breach]:
    unit, least = "media_encryption_mode", case.rails.least_encryption
    was, will = case.before.get(unit), case.after.get(unit)
    enough = least is None or ENCRYPTION.get(will, -1) >= ENCRYPTION[least]
    if case.is_new:  # the weakest is what it begins with: the floor alone counts
        fine = enough
    else:
        fine = same(unit, was, will) or not is_looser(unit, was, will)
        fine = fine or (case.rails.is_open(unit) and enough)
    if not fine:
        closed = case.rails.freedom_of(unit) == CLOSED
        yield _breach(case, unit, words.encryption(None if closed else least))


def _numbers(case: Case) -> Iterable[Breach]:
    """Only the customer's own DIDs move: those of others are neither added nor taken out."""
    for unit in (*LINKAGES, "default_did"):
        if unit in case.before and unit not in case.after:
            continue  # left to upstream by its flag
        had, has = _ids(case.before.get(unit)), _ids(case.after.get(unit))
        if (had ^ has) - case.facts.own_dids:
            yield Breach(unit, words.NUMBERS, words.OWN_NUMBERS, is_requestable=False)
        elif has - had and case.rails.freedom_of(unit) != FREE:
            yield _stays(case, unit)


def _ids(value: Any) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())


def _own_settings(case: Case) -> Iterable[Breach]:
    """What is compared by its value alone. A method chosen anew brings its own along."""
    for unit in difference(case.before, case.after):
        brought = unit.startswith(METHOD) and (case.is_new or case.switches)
        if brought or unit in JUDGED_APART or case.rails.freedom_of(unit) == FREE:
            continue
        if is_looser(unit, case.before.get(unit), case.after.get(unit)):
            yield _stays(case, unit)


JUDGED_APART = frozenset(
    {
        "name",
        "status",
        "capacity_limit",
        "threshold_amount",
        SIP_IPS,
        "allowed_rtp_ips",
        "default_dst_action",
        "dst_prefixes",
        "media_encryption_mode",
        "dids",
        "emergency_dids",
        "default_did",
        TYPE,
    }
)


def _closed_name(case: Case) -> Iterable[Breach]:
    if not case.is_new and case.moves("name") and case.rails.freedom_of("name") != FREE:
        yield _stays(case, "name")


CHECKS: tuple[Callable[[Case], Iterable[Breach]], ...] = (
    _name,
    _closed_name,
    _switch,
    _unblock,
    _limit("capacity_limit"),
    _limit("threshold_amount"),
    _networks,
    _destinations,
    _numbers,
    _encryption,
    _media_networks,
    _own_settings,
)


def _breach(case: Case, unit: str, allowed: str) -> Breach:
    is_closed = case.rails.freedom_of(unit) == CLOSED
    return Breach(unit, words.rail_of(unit), allowed, is_requestable=not is_closed)


def _stays(case: Case, unit: str) -> Breach:
    return _breach(case, unit, words.stays(unit, case.before.get(unit)))


__all__ = [
    "ACTS",
    "ASK",
    "CLOSED",
    "DEFAULT",
    "FREE",
    "FREEDOMS",
    "Act",
    "Breach",
    "Facts",
    "Freedom",
    "Rails",
    "dump",
    "judge",
    "judge_act",
    "load",
    "may",
    "same_field",
]
