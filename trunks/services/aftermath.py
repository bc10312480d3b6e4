"""What a write did: read once more where its answer cannot show it, mirrored, put into words."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trunks.domain.units import (
    CREDENTIALS,
    LINKAGES,
    MANAGED_BY,
    METHOD,
    Units,
    describe,
    difference,
    moved,
)
from trunks.models import Account, Change
from trunks.models.clock import database_now
from trunks.services.drift import ALL, NOTHING, Explanation, numbers_moved
from trunks.services.mirroring import Mirrored, fingerprint_key, mirror_trunks
from trunks.services.settling import customer_of
from trunks.upstream import Client, Deadline, UpstreamError, UpstreamTrunk

log = logging.getLogger("trunks.deliver")


@dataclass(frozen=True, slots=True)
class Shown:
    """A trunk as the answers to a write showed it, and the DIDs that came along."""

    trunk: UpstreamTrunk
    included: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)


def read_after(
    client: Client, answer: UpstreamTrunk, sent: Mapping[str, Any], deadline: Deadline
) -> Shown:
    """The answer, or a second read where the answer cannot show all that the write did.

    The write is done: a read that fails now changes nothing about that, the next pull looks.
    """
    if _moves_more_than_it_shows(set(sent)):
        try:
            return Shown(*client.trunk_with_included(answer.id, deadline))
        except UpstreamError as error:
            log.warning("trunk %s: written, not read again: %s", answer.id, error)
    return Shown(replace(answer, **{name: sent[name] for name in LINKAGES if name in sent}))


def _moves_more_than_it_shows(sent: set[str]) -> bool:
    """Linkage, the flags that manage it, the method: their answers hold no linkage."""
    watched = {*LINKAGES, *MANAGED_BY.values(), "default_did"}
    return any(unit in watched or unit.startswith(METHOD) for unit in sent)


def mirror_after(
    account: Account, change: Change, shown: Shown, explanation: Explanation | None = ALL
) -> Mirrored:
    """Mirror what a write led to; what the explanation does not cover is drift.

    It is dated when it is written: an older read, begun while the write was on its way, must
    not bring back what was there before.
    """
    customer = customer_of(change)
    return mirror_trunks(
        account,
        [shown.trunk],
        read_at=database_now(),
        key=fingerprint_key(account),
        explained={shown.trunk.id: explanation},
        included=shown.included,
        customers={shown.trunk.id: customer} if customer else {},
    )


def after_update(
    account: Account, change: Change, before: UpstreamTrunk, expected: Units, shown: Shown
) -> dict[str, Any]:
    """Mirrors, and writes down what was done: the diff says what of the patch moved something,
    the consequences what upstream changed beyond it. Together they lead from what was held before
    to what is held now: history is walked along them."""
    mirrored = mirror_after(account, change, shown)
    asked, now = _with_lists(expected), _units_now(before, shown.trunk)
    done, beyond = moved(before.units(), asked), moved(asked, now)
    gained = before.credentials is None and shown.trunk.credentials is not None
    new_credentials = gained or shown.trunk.id in mirrored.credentials_changed
    lines = describe(beyond)
    if new_credentials:
        lines += [{"field": unit, "old": "before", "new": "new"} for unit in CREDENTIALS]
    never_shown = [line for line in change.diff if line["field"] == "default_did"]
    return {
        "diff": [*describe(done), *never_shown],
        "consequences": lines,
        "credentials_changed": new_credentials,
        "did_numbers": {**change.did_numbers, **numbers_moved(done, beyond)},
    }


def _with_lists(expected: Units) -> dict[str, Any]:
    """A flag that was switched off leaves an empty list, unless one was asked for."""
    ours = {name: () for name, flag in MANAGED_BY.items() if not expected.get(flag)}
    return {**ours, **expected}


def _units_now(before: UpstreamTrunk, now: UpstreamTrunk) -> dict[str, Any]:
    """What is mirrored now: linkage that no answer showed stays as it was."""
    linkage = {name: getattr(before, name) for name in LINKAGES if getattr(now, name) is None}
    return replace(now, **linkage).units()


def after_create(account: Account, change: Change, wanted: Units, shown: Shown) -> dict[str, Any]:
    """Mirrors; where upstream made something else of what was asked for is a consequence."""
    mirror_after(account, change, shown, NOTHING)
    expected = {unit: value for unit, value in wanted.items() if unit != "default_did"}
    beyond = difference(expected, shown.trunk.units())
    return {"consequences": describe({u: pair for u, pair in beyond.items() if u in expected})}


def after_regenerate(account: Account, change: Change, shown: Shown) -> dict[str, Any]:
    mirror_after(account, change, shown, Explanation(moves=frozenset(CREDENTIALS)))
    return {"credentials_changed": True}
