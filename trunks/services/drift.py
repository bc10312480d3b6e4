"""Drift: what upstream holds now that no change of ours explains, as `observed` changes.

Whether a trunk drifted and what the diff shows come from one computation: the lines that are left
once everything explained, ignored or meant the same is taken away. Those are the drift, never an
empty one; the lines taken away, where they tell something, are kept as a fact of their own.
Spend, the 24-hour limit and a block by it are facts too.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trunks.domain.patch import Patch, apply_patch
from trunks.domain.spelling import Line, respelled, written_of
from trunks.domain.units import CREDENTIALS, LINKAGES, MANAGED_BY, describe, moved, same
from trunks.models import Change, Did, IgnoredField, Trunk
from trunks.upstream.values import UpstreamTrunk

ALL = None  # explained: whatever differs is known to come from a change of ours
# The `why` of a line: somebody asked not to be told of it; a change on its way did it.
IGNORED, OURS = "ignored", "ours"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a change on its way accounts for: its patch, where upstream holds what that asks for,
    and the units that upstream moves along with it, whatever they are now."""

    patch: Patch = field(default_factory=dict)
    moves: frozenset[str] = frozenset()
    is_told: bool = True  # the change itself says what it did; else that is kept as a fact


NOTHING = Explanation()


# How a diff tells that credentials moved, without their values.
SECRETS_LINE = {"field": "credentials", "old": "the old ones", "new": "new ones"}


Explained = Mapping[str, Explanation | None]
Moved = Mapping[str, tuple[Any, Any]]
Seen = tuple[Trunk | None, Trunk, UpstreamTrunk]  # as it was mirrored, as it is now, the answer


@dataclass(frozen=True, slots=True)
class Finding:
    """What of one trunk differs and is not explained, before anybody's wish not to be told."""

    row: Trunk
    drift: Moved
    facts: Moved
    ours: Moved  # by a change on its way, which does not tell it itself
    respelled: Sequence[Line]
    new_credentials: bool

    def __bool__(self) -> bool:
        quiet = self.facts or self.ours or self.respelled
        return bool(self.drift or quiet or self.new_credentials)


def observe(
    seen: Iterable[Seen], explained: Explained, credentials_changed: set[str]
) -> list[Change]:
    """The `observed` changes, unsaved, for what nobody here asked for, in a constant number of
    queries. Ids of trunks whose credentials are new are added to `credentials_changed`."""
    found = [
        finding
        for old, row, value in seen
        if old and (finding := _find(old, row, value, explained, credentials_changed))
    ]
    ignored = _ignored(finding for finding in found if finding.drift)
    changes = [c for finding in found for c in _changes(finding, ignored)]
    _number(changes)
    return changes


def _find(
    old: Trunk,
    row: Trunk,
    value: UpstreamTrunk,
    explained: Explained,
    credentials_changed: set[str],
) -> Finding | None:
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
    whole = _moved(old, value)
    drift = _unexplained(old, whole, explanation)
    facts = _facts(old, row, drift)
    ours = {} if explanation.is_told else {u: p for u, p in whole.items() if u not in drift}
    return Finding(
        row,
        {unit: pair for unit, pair in drift.items() if unit not in facts},
        facts,
        ours,
        _respelled(old, value, explanation),
        new_credentials and not explanation.moves & set(CREDENTIALS),
    )


def _moved(old: Trunk, value: UpstreamTrunk) -> dict[str, tuple[Any, Any]]:
    back = {"presence": ("gone", "present")} if old.is_gone else {}
    return {**moved(old.units(), value.units()), **back}


def _unexplained(old: Trunk, whole: Moved, explanation: Explanation) -> dict[str, tuple[Any, Any]]:
    left = {unit: pair for unit, pair in whole.items() if unit not in explanation.moves}
    if not explanation.patch or not left:
        return left
    ours = apply_patch(old.units(), explanation.patch)
    return {
        unit: (was, now)
        for unit, (was, now) in left.items()
        if unit not in explanation.patch or not same(unit, ours.get(unit), now)
    }


def _facts(old: Trunk, row: Trunk, drift: Moved) -> dict[str, tuple[Any, Any]]:
    """What the 24-hour limit did by itself: worth a line in the timeline, never drift."""
    facts = {}
    if bool(old.threshold_reached) != bool(row.threshold_reached):
        facts["threshold_reached"] = (old.threshold_reached, row.threshold_reached)
        blocked_by_it = row.threshold_reached and row.status == "blocked"
        if "status" in drift and blocked_by_it:
            facts["status"] = drift["status"]
    return facts


def _respelled(old: Trunk, value: UpstreamTrunk, explanation: Explanation) -> list[Line]:
    lines = respelled(
        written_of(old.attributes(), old.authentication_method),
        written_of(value.attributes, value.authentication_method),
    )
    ours = {*explanation.patch, *explanation.moves}
    return [line for line in lines if line["field"] not in ours]


def _ignored(findings: Iterable[Finding]) -> dict[str, set[str]]:
    """Units that somebody asked not to be told of, by trunk id."""
    ids = [finding.row.pk for finding in findings]
    if not ids:
        return {}
    units: dict[str, set[str]] = {}
    rows = IgnoredField.objects.filter(trunk_id__in=ids).values_list("trunk_id", "unit")
    for trunk_id, unit in rows:
        units.setdefault(str(trunk_id), set()).add(unit)
    return units


def _changes(finding: Finding, ignored: Mapping[str, set[str]]) -> list[Change]:
    """The drift and the facts of a trunk, each a change of its own, neither without a line."""
    row, units = finding.row, ignored.get(str(finding.row.pk), set())
    passed = {u: p for u, p in finding.drift.items() if is_ignored(u, units)}
    drift = describe({u: p for u, p in finding.drift.items() if u not in passed})
    if finding.new_credentials:
        drift.append(SECRETS_LINE)
    facts = [
        *describe(finding.facts),
        *({**line, "why": OURS} for line in describe(finding.ours)),
        *({**line, "why": IGNORED} for line in describe(passed)),
        *finding.respelled,
    ]
    new = finding.new_credentials
    drifted = observed_change(row, drift, is_drift=True, at=row.read_at, credentials_changed=new)
    fact = observed_change(row, facts, is_drift=False, at=row.read_at)
    return [change for change in (drifted, fact) if change.diff]


def is_ignored(unit: str, ignored: AbstractSet[str]) -> bool:
    """A list goes with the flag that manages it."""
    return unit in ignored or MANAGED_BY.get(unit) in ignored


def observed_change(
    trunk: Trunk,
    lines: Sequence[Line],
    *,
    is_drift: bool,
    at: datetime,
    credentials_changed: bool = False,
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
        diff=list(lines),
        credentials_changed=credentials_changed,
        is_drift=is_drift,
        created_at=at,
        settled_at=at,
    )


def _number(changes: Iterable[Change]) -> None:
    """The numbers of the DIDs that moved, as they are now: kept with each change."""
    named = [(change, _dids_in(change)) for change in changes]
    numbers = numbers_of(id_ for _, ids in named for id_ in ids)
    for change, ids in named:
        change.did_numbers = {i: numbers[i] for i in sorted(ids) if i in numbers}


def _dids_in(change: Change) -> set[str]:
    lines = [line for line in change.diff if line["field"] in LINKAGES]
    return {id_ for line in lines for side in ("added", "removed") for id_ in line.get(side) or ()}


def numbers_moved(*changed: Moved) -> dict[str, str]:
    """DID id → number, of those that moved."""
    sides = [side for each in changed for unit in LINKAGES if unit in each for side in each[unit]]
    return numbers_of(id_ for side in sides for id_ in side or ())


def numbers_of(ids: Iterable[str]) -> dict[str, str]:
    """DID id → number, for those mirrored here."""
    ids = set(ids)
    if not ids:
        return {}
    found = Did.objects.filter(pk__in=ids).values_list("pk", "number")
    return {str(pk): number for pk, number in found if number}
