"""One attempt at a change, by kind: read, compare, send what differs, read what became of it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from trunks.domain.merge import Conflict, merge
from trunks.domain.patch import Patch, apply_patch, load_patch
from trunks.domain.problems import Invalid
from trunks.domain.rules import check_trunk
from trunks.domain.units import (
    CREDENTIALS,
    LINKAGES,
    MANAGED_BY,
    METHOD,
    TYPE,
    Units,
    describe,
    difference,
)
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.mirroring import (
    ALL,
    Mirrored,
    bury,
    fingerprint_key,
    mirror_trunks,
    numbers_of,
)
from trunks.services.problems import error_objects
from trunks.upstream import (
    Client,
    Deadline,
    Missing,
    OutcomeUnknown,
    UpstreamError,
    UpstreamTrunk,
)
from trunks.upstream.values import credentials_fingerprint

log = logging.getLogger("trunks.deliver")

State = Change.State


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt works with. `mark_sent(**fields)` is called right before a write leaves."""

    change: Change
    account: Account
    client: Client
    deadline: Deadline
    mark_sent: Callable[..., datetime]

    @property
    def patch(self) -> Patch:
        return load_patch(self.change.patch)

    @property
    def trunk_id(self) -> str:
        return str(self.change.trunk_id)


@dataclass(frozen=True, slots=True)
class Settled:
    """How the change ends, and what is written on it."""

    state: State
    fields: Mapping[str, Any] = field(default_factory=dict)


# --- update ---------------------------------------------------------------------------------------


def attempt_update(attempt: Attempt) -> Settled:
    try:
        fresh = _read(attempt)
    except Missing as error:
        return _gone(attempt, error)
    theirs = fresh.units()
    merged = merge(_rebased(attempt), attempt.patch, theirs)
    if merged.conflicts:
        return _conflicted(merged.conflicts)
    if not merged.send:
        return Settled(State.APPLIED)
    if problems := check_trunk(theirs, merged.wanted, set(attempt.patch)):
        return Settled(State.REFUSED, {"errors": error_objects(Invalid(problems))})
    sent_at = attempt.mark_sent()
    try:
        answer, request_id = attempt.client.update(
            attempt.trunk_id, merged.send, merged.wanted, attempt.deadline
        )
    except Missing as error:
        return _gone(attempt, error)
    shown, mirrored = _mirror_after(attempt, answer, sent_at, merged.send)
    expected = {u: v for u, v in merged.wanted.items() if u != "default_did"}
    return Settled(
        State.APPLIED,
        {"request_id": request_id, **_aftermath(attempt, fresh, expected, shown, mirrored)},
    )


def _read(attempt: Attempt) -> UpstreamTrunk:
    """The fresh read; what it shows that we did not ask for is mirrored as drift."""
    read_at = database_now()
    value, included = attempt.client.trunk_with_included(attempt.trunk_id, attempt.deadline)
    accounts.resume_after_trouble(attempt.account)
    mirror_trunks(
        attempt.account,
        [value],
        read_at=read_at,
        key=fingerprint_key(attempt.account),
        included=included,
    )
    return value


def _rebased(attempt: Attempt) -> Units:
    """What the actor saw, with our own changes that were applied since laid over it."""
    change = attempt.change
    since = Change.objects.filter(
        trunk=change.trunk_id,
        kind=Change.Kind.UPDATE,
        state=State.APPLIED,
        created_at__lt=change.created_at,
        settled_at__gt=change.created_at,
    )
    base: Units = change.base
    for earlier in since.order_by("settled_at"):
        laid = apply_patch(base, load_patch(earlier.patch))
        base = {unit: laid.get(unit) for unit in base}
    return base


def _conflicted(conflicts: tuple[Conflict, ...]) -> Settled:
    found = [
        {"field": c.unit, "base": c.base, "ours": c.ours, "theirs": c.theirs} for c in conflicts
    ]
    return Settled(State.CONFLICTED, {"conflicts": found})


def _mirror_after(
    attempt: Attempt, answer: UpstreamTrunk, sent_at: datetime, sent: Mapping[str, Any]
) -> tuple[UpstreamTrunk, Mirrored]:
    """Mirror the answer to a write; read once more where it cannot show all that it did.

    The write is done: a read that fails now changes nothing about that, the next pull looks.
    """
    read_at = sent_at
    included: Mapping[tuple[str, str], Mapping[str, Any]] = {}
    shown = replace(answer, **{name: sent[name] for name in LINKAGES if name in sent})
    if _moves_more_than_it_shows(set(sent)):
        again_at = database_now()
        try:
            shown, included = attempt.client.trunk_with_included(answer.id, attempt.deadline)
            read_at = again_at
        except UpstreamError as error:
            log.warning("change %s: applied, not read again: %s", attempt.change.pk, error)
    mirrored = mirror_trunks(
        attempt.account,
        [shown],
        read_at=read_at,
        key=fingerprint_key(attempt.account),
        explained={shown.id: ALL},
        included=included,
    )
    return shown, mirrored


def _moves_more_than_it_shows(sent: set[str]) -> bool:
    """Linkage, the flags that manage it, the method: their answers hold no linkage."""
    watched = {*LINKAGES, *MANAGED_BY.values(), "default_did"}
    return any(unit in watched or unit.startswith(METHOD) for unit in sent)


def _aftermath(
    attempt: Attempt,
    before: UpstreamTrunk,
    expected: Units,
    shown: UpstreamTrunk,
    mirrored: Mirrored,
) -> dict[str, Any]:
    """What upstream changed beyond the patch: the change's consequences."""
    after = shown.units()
    beyond = difference({u: v for u, v in expected.items() if u in after or u in LINKAGES}, after)
    beyond |= _unassigned(attempt, before, after)
    new_credentials = shown.id in mirrored.credentials_changed or _gained(before, shown)
    lines = describe(beyond)
    if new_credentials:
        lines += [{"field": unit, "old": "before", "new": "new"} for unit in CREDENTIALS]
    return {
        "consequences": lines,
        "credentials_changed": new_credentials,
        "did_numbers": {**attempt.change.did_numbers, **_numbers(beyond)},
    }


def _unassigned(
    attempt: Attempt, before: UpstreamTrunk, after: Units
) -> dict[str, tuple[Any, Any]]:
    """A flag that was switched on takes the list away from us: say which DIDs it was."""
    held = before.units()
    return {
        name: (held[name], ())
        for name in LINKAGES
        if held.get(name) and after.get(MANAGED_BY[name]) and name not in after
    }


def _gained(before: UpstreamTrunk, after: UpstreamTrunk) -> bool:
    return before.credentials is None and after.credentials is not None


def _numbers(changed: Mapping[str, tuple[Any, Any]]) -> dict[str, str]:
    ids = {i for name in LINKAGES if name in changed for side in changed[name] for i in side or ()}
    return numbers_of(ids)


def _gone(attempt: Attempt, error: Missing) -> Settled:
    """404: refused with upstream's words; a tombstone, unless the account's safeguard holds."""
    trunk = Trunk.objects.get(pk=attempt.trunk_id)
    if accounts.sees_known_trunks(attempt.account, attempt.client, besides=attempt.trunk_id):
        settling.settle_gone(trunk, database_now())
    else:
        accounts.pause_for_question(
            attempt.account, "No trunk known here is visible upstream. Is the key the right one?"
        )
    return Settled(State.REFUSED, {"errors": error.errors, "request_id": error.request_id})


# --- create ---------------------------------------------------------------------------------------


def attempt_create(attempt: Attempt) -> Settled:
    wanted = apply_patch({}, attempt.patch)
    named = attempt.client.trunks_named(str(wanted["name"]), attempt.deadline)
    if attempt.account.is_paused and accounts.sees_known_trunks(attempt.account, attempt.client):
        accounts.resume_after_trouble(attempt.account)
    sent_at = attempt.mark_sent(known_ids=[trunk.id for trunk in named])
    answer, request_id = attempt.client.create(wanted, attempt.deadline)
    shown, _ = _mirror_after(attempt, answer, sent_at, wanted)
    expected = {u: v for u, v in wanted.items() if u != "default_did"}
    after = shown.units()
    beyond = {u: (v, after.get(u)) for u, v in expected.items() if u in difference(expected, after)}
    return Settled(
        State.APPLIED,
        {"trunk_id": shown.id, "request_id": request_id, "consequences": describe(beyond)},
    )


# --- delete ---------------------------------------------------------------------------------------


def attempt_delete(attempt: Attempt) -> Settled:
    """All settings are compared with those that were reviewed; a 404 is what was wanted."""
    request_id = ""
    try:
        fresh = _read(attempt)
        moved = difference(attempt.change.base, fresh.units())
        if moved:
            return _conflicted(
                tuple(Conflict(unit, was, "deleted", now) for unit, (was, now) in moved.items())
            )
        attempt.mark_sent()
        request_id = attempt.client.delete(attempt.trunk_id, attempt.deadline)
    except Missing as error:
        if attempt.change.sent_at is None:
            settled = _gone(attempt, error)
            if Account.objects.get(pk=attempt.account.pk).is_paused:
                return settled
    trunk = Trunk.objects.get(pk=attempt.trunk_id)
    bury(trunk, at=database_now(), explained=True)
    return Settled(State.APPLIED, {"request_id": request_id, "errors": []})


# --- regenerate -----------------------------------------------------------------------------------


def attempt_regenerate(attempt: Attempt) -> Settled:
    """Credentials that moved before the send are a conflict: someone else has made new ones."""
    try:
        fresh = _read(attempt)
    except Missing as error:
        return _gone(attempt, error)
    key = fingerprint_key(attempt.account)
    if credentials_fingerprint(fresh.credentials, key) != attempt.change.credentials_before:
        unit = CREDENTIALS[1] if fresh.credentials else TYPE
        return _conflicted((Conflict(unit, "as reviewed", "new", "changed upstream"),))
    attempt.mark_sent()
    request_id = attempt.client.regenerate(attempt.trunk_id, attempt.deadline)
    read_at = database_now()
    try:
        value, included = attempt.client.trunk_with_included(attempt.trunk_id, attempt.deadline)
    except UpstreamError as error:
        raise OutcomeUnknown(f"regenerated, but not read again: {error}") from None
    mirrored = mirror_trunks(
        attempt.account,
        [value],
        read_at=read_at,
        key=key,
        explained={value.id: ALL},
        included=included,
    )
    if value.id not in mirrored.credentials_changed:
        raise OutcomeUnknown("upstream said yes but shows the old credentials")
    return Settled(State.APPLIED, {"request_id": request_id, "credentials_changed": True})


ATTEMPTS: Mapping[Change.Kind, Callable[[Attempt], Settled]] = {
    Change.Kind.CREATE: attempt_create,
    Change.Kind.UPDATE: attempt_update,
    Change.Kind.DELETE: attempt_delete,
    Change.Kind.REGENERATE: attempt_regenerate,
}
