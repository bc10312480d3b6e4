"""Drift: what upstream holds now that no change of ours explains, as an `observed` change.

Spend, the 24-hour limit and a block by it are facts: worth a line in the timeline, never drift.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trunks.domain.patch import Patch, apply_patch
from trunks.domain.units import CREDENTIALS, LINKAGES, describe, difference, same
from trunks.models import Change, Did, Trunk
from trunks.upstream.values import UpstreamTrunk

ALL = None  # explained: whatever differs is known to come from a change of ours


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a change on its way accounts for: its patch, where upstream holds what that asks for,
    and the units that upstream moves along with it, whatever they are now."""

    patch: Patch = field(default_factory=dict)
    moves: frozenset[str] = frozenset()


NOTHING = Explanation()


# How a diff tells that credentials moved, without their values.
SECRETS_LINE = {"field": "credentials", "old": "the old ones", "new": "new ones"}


Explained = Mapping[str, Explanation | None]


def observe(
    old: Trunk | None,
    row: Trunk,
    value: UpstreamTrunk,
    explained: Explained,
    credentials_changed: set[str],
) -> Change | None:
    """The `observed` change for what nobody here asked for, or None."""
    if old is None:
        return None
    changed = difference(old.units(), value.units())
    if old.is_gone:
        changed["presence"] = ("gone", "present")
    new_credentials = bool(
        old.credentials_fingerprint
        and row.credentials_fingerprint
        and old.credentials_fingerprint != row.credentials_fingerprint
    )
    if new_credentials:
        credentials_changed.add(value.id)
    explanation = explained.get(value.id, NOTHING)
    if explanation is ALL:
        return None
    new_credentials = new_credentials and not explanation.moves & set(CREDENTIALS)
    drift = _unexplained(old, changed, explanation)
    facts = _facts(old, row, drift)
    if not drift and not facts and not new_credentials:
        return None
    return observed_change(
        row,
        {**{u: p for u, p in drift.items() if u not in facts}, **facts},
        is_drift=bool(set(drift) - set(facts)) or new_credentials,
        credentials_changed=new_credentials,
        at=row.read_at,
        numbers=_numbers(row, drift),
    )


def _unexplained(
    old: Trunk, changed: Mapping[str, tuple[Any, Any]], explanation: Explanation
) -> dict[str, tuple[Any, Any]]:
    left = {unit: pair for unit, pair in changed.items() if unit not in explanation.moves}
    if not explanation.patch or not left:
        return left
    ours = apply_patch(old.units(), explanation.patch)
    return {
        unit: (was, now)
        for unit, (was, now) in left.items()
        if unit not in explanation.patch or not same(unit, ours.get(unit), now)
    }


def _facts(
    old: Trunk, row: Trunk, changed: Mapping[str, tuple[Any, Any]]
) -> dict[str, tuple[Any, Any]]:
    """What the 24-hour limit did by itself: worth a line in the timeline, never drift."""
    facts = {}
    if bool(old.threshold_reached) != bool(row.threshold_reached):
        facts["threshold_reached"] = (old.threshold_reached, row.threshold_reached)
        blocked_by_it = row.threshold_reached and row.status == "blocked"
        if "status" in changed and blocked_by_it:
            facts["status"] = changed["status"]
    return facts


def observed_change(
    trunk: Trunk,
    changed: Mapping[str, tuple[Any, Any]],
    *,
    is_drift: bool,
    at: datetime,
    credentials_changed: bool = False,
    numbers: dict[str, str] | None = None,
) -> Change:
    """A change that upstream made; not saved."""
    return Change(
        account_id=trunk.account_id,
        trunk_id=trunk.pk,
        trunk_label=trunk.name or "",
        kind=Change.Kind.OBSERVED,
        state=Change.State.OBSERVED,
        origin=Change.Origin.UPSTREAM,
        actor_kind="system",
        actor_label="Upstream",
        customer_id=str(trunk.customer_id or ""),
        customer_label=str(trunk.customer or ""),
        diff=[*describe(changed), *([SECRETS_LINE] if credentials_changed else [])],
        did_numbers=numbers or {},
        credentials_changed=credentials_changed,
        is_drift=is_drift,
        created_at=at,
        settled_at=at,
    )


def _numbers(row: Trunk, changed: Mapping[str, tuple[Any, Any]]) -> dict[str, str]:
    ids = {id_ for name in LINKAGES if name in changed for id_ in _moved(changed[name])}
    return numbers_of(ids)


def _moved(pair: tuple[Any, Any]) -> set[str]:
    return set(pair[0] or ()) ^ set(pair[1] or ())


def numbers_of(ids: Iterable[str]) -> dict[str, str]:
    """DID id → number, for those mirrored here."""
    ids = set(ids)
    if not ids:
        return {}
    found = Did.objects.filter(pk__in=ids).values_list("pk", "number")
    return {str(pk): number for pk, number in found if number}
