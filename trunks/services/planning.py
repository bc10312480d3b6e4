"""Planning: from what an actor asks for and what is known here to a `Change` that is not saved.

Of staff's it reads nothing: `gather` (proposing.py) has read what it must know, for one trunk or a
thousand. Guard rails may have to ask who blocked a trunk and whose a DID is.
"""

from collections.abc import Sequence
from typing import Any

from trunks.domain.actor import Actor, Denied
from trunks.domain.guardrails import Breach
from trunks.domain.networks import shown
from trunks.domain.patch import dump_patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.risks import Risk, find_risks
from trunks.domain.rules import check_trunk
from trunks.domain.units import LINKAGES, METHOD, TYPE, Units, describe, difference, same
from trunks.models import Change
from trunks.services.courses import Ask, Course, Facts
from trunks.services.errors import BeyondRails
from trunks.services.guarding import find_breaches
from trunks.services.rights import rights_for

CREDENTIALS_SEEN = "credentials_fingerprint"  # in `base`, beside the units


def plan(course: Course, facts: Facts, *, actor: Actor, origin: str, reason: str = "") -> Change:
    """The `planned` change, unsaved. Raises `Denied`, and `Invalid` with every problem:
    `BeyondRails` where nothing is wrong with it but that."""
    ask = course.ask
    _check_rights(course, actor)
    breaches = _breaches(course, facts)
    _check(course, facts, breaches)
    return Change(
        **_subject(course),
        kind=ask.kind,
        origin=origin,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        reason=reason,
        patch=dump_patch(ask.patch),
        base=_base(course),
        diff=_diff(course),
        risks=[risk.as_dict() for risk in _risks(course)],
        did_numbers=facts.numbers(course.moved_dids),
        credentials_before=_credentials_before(ask),
        seen_at=ask.seen_at,
        is_railed=facts.bound_by is not None,
        breaches=[breach.as_dict() for breach in breaches],
        created_at=facts.at,
    )


def _subject(course: Course) -> dict[str, Any]:
    """Which trunk, where, and whose: kept in words that no later deletion touches."""
    trunk = course.ask.trunk
    customer = trunk.customer if trunk else course.ask.customer
    return {
        "account_id": _account_id(course),
        "trunk": trunk,
        "trunk_label": str(course.wanted.get("name") or (trunk.name if trunk else "") or ""),
        "customer_id": str(customer.pk) if customer else "",
        "customer_label": str(customer or ""),
    }


def _account_id(course: Course) -> int:
    if course.account_id is None:
        raise Invalid([Problem("account", "must be chosen: there is more than one")])
    return course.account_id


def _credentials_before(ask: Ask) -> str:
    """The fingerprint the actor's page stood on, for a regenerate; else that of the mirror."""
    mirrored = ask.trunk.credentials_fingerprint if ask.trunk else ""
    return str((ask.base or {}).get(CREDENTIALS_SEEN, mirrored))


def _check_rights(course: Course, actor: Actor) -> None:
    switches = TYPE in course.ask.patch and course.before.get(TYPE) != course.wanted.get(TYPE)
    for right in sorted(rights_for(course.ask.kind, switches=switches)):
        if not actor.may(right):
            raise Denied(f"{actor.label} may not {right.replace('_', ' ')}")


# --- Checks ---------------------------------------------------------------------------------------


def _breaches(course: Course, facts: Facts) -> tuple[Breach, ...]:
    """What goes beyond the guard rails of whoever asks, seen from what the change will meet."""
    if facts.bound_by is None:
        return ()
    before = None if course.is_create else course.planned
    ask = course.ask
    return find_breaches(facts.bound_by, ask.kind, ask.trunk, before, course.wanted)


def _check(course: Course, facts: Facts, breaches: Sequence[Breach]) -> None:
    ask = course.ask
    problems: list[Problem] = []
    if ask.trunk is not None and ask.trunk.is_gone:
        problems.append(Problem("", "no longer exists upstream"))
    elif ask.kind == Change.Kind.REGENERATE:
        problems += _check_regenerate(course.planned)
    elif ask.kind == Change.Kind.UPDATE and not ask.patch:
        problems.append(Problem("", "has nothing to change"))
    if ask.patch or course.is_create:
        before = None if course.is_create else course.planned
        problems += check_trunk(before, course.wanted, set(ask.patch))
        problems += _check_dids(course, facts)
    beyond = BeyondRails(breaches)
    if problems:
        raise Invalid([*problems, *beyond.problems])
    if breaches and not (ask.on_request and beyond.is_requestable):
        raise beyond


def _check_regenerate(units: Units) -> list[Problem]:
    if units.get(TYPE) == "credentials_and_ip":
        return []
    return [Problem("", "has no credentials to regenerate")]


def _check_dids(course: Course, facts: Facts) -> list[Problem]:
    """A number of another account can be told here; whether one can call is upstream's to say."""
    return [
        Problem(unit, f"{shown(id_)} is not one of the account's DIDs")
        for unit, ids in course.stated_dids.items()
        for id_ in sorted(ids)
        if facts.is_foreign(id_, course.account_id)
    ]


# --- What is written on the change ----------------------------------------------------------------


def _base(course: Course) -> dict[str, Any]:
    """What the actor saw of what the change touches; a delete touches everything."""
    kind, patch, seen = course.ask.kind, course.ask.patch, course.ask.base or {}
    source = {**course.before, **{u: v for u, v in seen.items() if u != CREDENTIALS_SEEN}}
    if kind in (Change.Kind.CREATE, Change.Kind.REGENERATE):
        return {}
    if kind == Change.Kind.DELETE:
        return source
    needs_type = any(unit.startswith(METHOD) for unit in patch)
    return {u: v for u, v in source.items() if u in patch or (needs_type and u == TYPE)}


def _diff(course: Course) -> list[dict[str, Any]]:
    if course.ask.kind == Change.Kind.DELETE:
        return [{"field": "presence", "old": "present", "new": "gone"}]
    if course.ask.kind == Change.Kind.REGENERATE:
        return [{"field": METHOD + "password", "old": "current", "new": "new"}]
    before, wanted = course.planned, course.wanted
    changed = difference(before, wanted)
    for name in LINKAGES:  # a linkage whose flag goes off in the same change was not shown before
        if name in wanted and name not in before and wanted[name]:
            changed[name] = ((), wanted[name])
    return describe(changed)


def _risks(course: Course) -> list[Risk]:
    if course.ask.kind == Change.Kind.DELETE:
        return [Risk("delete", "The trunk is deleted.", "Calls on it end at once. No undo.")]
    if course.ask.kind == Change.Kind.REGENERATE:
        return [
            Risk(
                "regenerate",
                "The username or password in use stops working at once.",
                "The caller must be set up with the new credentials.",
            )
        ]
    return [] if course.is_create else find_risks(course.planned, course.wanted) + _freed(course)


def _freed(course: Course) -> list[Risk]:
    """Unblocking what the 24-hour limit has stopped."""
    was, will = course.planned.get("status"), course.wanted.get("status")
    trunk = course.ask.trunk
    if not (
        trunk and trunk.threshold_reached and was == "blocked" and same("status", will, "active")
    ):
        return []
    return [Risk("unblock", "The 24-hour limit stopped this trunk.", "It can spend again at once.")]
