"""One attempt at a change, by kind: read, compare, send what differs, read what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trunks.domain.merge import Conflict, is_shown, merge
from trunks.domain.patch import Patch, apply_patch
from trunks.domain.problems import Invalid
from trunks.domain.rules import check_trunk
from trunks.domain.units import CREDENTIALS, TYPE, Units, difference
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.services import accounts
from trunks.services.aftermath import (
    Shown,
    after_create,
    after_regenerate,
    after_update,
    read_after,
)
from trunks.services.drift import NOTHING, Explanation
from trunks.services.guarding import refusal
from trunks.services.mirroring import bury, fingerprint_key, mirror_trunks
from trunks.services.problems import error_objects
from trunks.services.settling import explanation_of, what_was_done
from trunks.upstream import (
    Client,
    Deadline,
    Missing,
    NotSent,
    OutcomeUnknown,
    Refused,
    UpstreamError,
    UpstreamTrunk,
)
from trunks.upstream.values import credentials_fingerprint

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
        return self.change.ops()

    @property
    def trunk_id(self) -> str:
        """ "" for a create."""
        return str(self.change.trunk_id or "")


class InDoubt(Exception):
    """What was sent before may be there after all: it is looked for again, nothing is sent."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How the change ends, and what is written on it.

    `mirror` writes what the answers showed and returns what more that says of the change; it
    runs in the transaction that settles, so that no crash leaves one without the other.
    """

    state: State
    fields: Mapping[str, Any] = field(default_factory=dict)
    mirror: Callable[[], Mapping[str, Any]] = dict


# --- update ---------------------------------------------------------------------------------------


def attempt_update(attempt: Attempt) -> Settled:
    try:
        fresh, done = _read_again(attempt)
    except Missing as error:
        return _gone(attempt, error)
    theirs = fresh.units()
    merged = merge(rebased(attempt.change), attempt.patch, theirs)
    if merged.conflicts:
        return _conflicted(merged.conflicts)
    if not merged.send:
        return Settled(State.APPLIED, what_was_done(attempt.change, done))
    if problems := check_trunk(theirs, merged.wanted, set(attempt.patch)):
        return Settled(State.REFUSED, {"errors": error_objects(Invalid(problems))})
    if errors := refusal(attempt.change, theirs, merged.wanted):
        return Settled(State.REFUSED, {"errors": errors})
    attempt.mark_sent()
    try:
        answer, request_id = attempt.client.update(
            attempt.trunk_id, merged.send, merged.wanted, attempt.deadline
        )
    except Missing as error:
        return _gone(attempt, error)
    shown = read_after(attempt.client, answer, merged.send, attempt.deadline)
    expected = {u: v for u, v in merged.wanted.items() if u != "default_did"}
    return Settled(
        State.APPLIED,
        {"request_id": request_id},
        mirror=lambda: after_update(attempt.account, attempt.change, fresh, expected, shown),
    )


def _read(attempt: Attempt) -> UpstreamTrunk:
    return _read_again(attempt)[0]


def _read_again(attempt: Attempt) -> tuple[UpstreamTrunk, Mapping[str, tuple[Any, Any]]]:
    """The fresh read, and what it shows of this very change, believed lost when it was sent
    before. What else it shows that we did not ask for is mirrored as drift."""
    read_at = database_now()
    value, included = attempt.client.trunk_with_included(attempt.trunk_id, attempt.deadline)
    accounts.resume_after_trouble(attempt.account)
    mirrored = mirror_trunks(
        attempt.account,
        [value],
        read_at=read_at,
        key=fingerprint_key(attempt.account),
        explained={value.id: _own_share(attempt, value)},
        included=included,
    )
    return value, mirrored.explained.get(value.id, {})


def _own_share(attempt: Attempt, value: UpstreamTrunk) -> Explanation:
    """What an update that was sent before accounts for; shown whole, it says so itself."""
    if attempt.change.kind != Change.Kind.UPDATE:
        return NOTHING
    is_whole = "default_did" not in attempt.patch and is_shown(attempt.patch, value.units())
    return explanation_of(attempt.change, is_told=is_whole)


def rebased(change: Change) -> Units:
    """What the actor saw, with our own changes laid over it that were on their way at that time
    and have been applied since."""
    since = Change.objects.filter(
        trunk=change.trunk_id,
        kind=Change.Kind.UPDATE,
        state=State.APPLIED,
        submitted_at__lt=change.created_at,
        settled_at__gte=change.created_at,
    )
    base: Units = change.base
    for earlier in since.order_by("settled_at"):
        base = apply_patch(base, earlier.ops())
    return {unit: value for unit, value in base.items() if unit != "default_did"}  # never shown


def _conflicted(conflicts: tuple[Conflict, ...]) -> Settled:
    found = [
        {"field": c.unit, "base": c.base, "ours": c.ours, "theirs": c.theirs} for c in conflicts
    ]
    return Settled(State.CONFLICTED, {"conflicts": found})


def _gone(attempt: Attempt, error: Missing) -> Settled:
    """404: refused with upstream's words; a tombstone, unless the account's safeguard holds."""
    fields = {"errors": error.errors, "request_id": error.request_id}
    if not _sees_our_trunks(attempt):
        return Settled(State.REFUSED, fields)
    return Settled(State.REFUSED, fields, mirror=lambda: _bury(attempt, explained=False))


def _sees_our_trunks(attempt: Attempt) -> bool:
    """Whether the key shows what is known here: under another account's everything is a 404.
    If it does the account goes on, if not a person is asked."""
    seen = accounts.sees_known_trunks(
        attempt.account, attempt.client, attempt.deadline, besides=attempt.trunk_id
    )
    if seen:
        accounts.resume_after_trouble(attempt.account)
    else:
        accounts.pause_for_question(attempt.account, accounts.NONE_VISIBLE)
    return seen


def _bury(attempt: Attempt, *, explained: bool) -> dict[str, Any]:
    trunk = Trunk.objects.get(pk=attempt.trunk_id)
    bury(trunk, at=database_now(), explained=explained)
    return {}


# --- create ---------------------------------------------------------------------------------------


def attempt_create(attempt: Attempt) -> Settled:
    """A name that is free tells nothing of whose account it is free in: something known is asked
    for first."""
    if not _sees_our_trunks(attempt):
        raise NotSent(f"the account is paused: {accounts.NONE_VISIBLE}")
    wanted = apply_patch({}, attempt.patch)
    named = attempt.client.ids_named(str(wanted["name"]), attempt.deadline)
    known = attempt.change.known_of_its_name() if attempt.change.sends else set(named)
    if set(named) - known:
        raise InDoubt("a trunk of that name has appeared since this was sent")
    if errors := refusal(attempt.change, None, wanted):
        return Settled(State.REFUSED, {"errors": errors})
    sent_at = attempt.mark_sent(known_ids=sorted(known))
    try:
        answer, request_id = attempt.client.create(wanted, attempt.deadline)
    except Refused as error:
        if attempt.change.sends > 1 and _is_taken(error) and not named:
            raise InDoubt("upstream says the name is taken: by what was sent before?") from None
        raise
    if Trunk.objects.filter(pk=answer.id, first_seen_at__lt=sent_at).exists():
        raise OutcomeUnknown("upstream answers with a trunk that was there before")
    shown = read_after(attempt.client, answer, wanted, attempt.deadline)
    return Settled(
        State.APPLIED,
        {"trunk_id": answer.id, "request_id": request_id},
        mirror=lambda: after_create(attempt.account, attempt.change, wanted, shown),
    )


def _is_taken(error: Refused) -> bool:
    """Whether the name was what upstream refused; its words are not relied upon."""
    pointers = [(e.get("source") or {}).get("pointer") for e in error.errors]
    return error.status in (409, 422) and "/data/attributes/name" in pointers


# --- delete ---------------------------------------------------------------------------------------


def attempt_delete(attempt: Attempt) -> Settled:
    """All settings are compared with those that were reviewed; a 404 is what was wanted."""
    try:
        fresh = _read(attempt)
    except Missing as error:
        if not _sees_our_trunks(attempt):
            return Settled(State.REFUSED, {"errors": error.errors})
        return Settled(State.APPLIED, {"diff": []}, mirror=lambda: _bury(attempt, explained=False))
    moved = difference(rebased(attempt.change), fresh.units())
    if moved:
        return _conflicted(
            tuple(Conflict(unit, was, "deleted", now) for unit, (was, now) in moved.items())
        )
    if errors := refusal(attempt.change, fresh.units(), {}):
        return Settled(State.REFUSED, {"errors": errors})
    attempt.mark_sent()
    try:
        request_id = attempt.client.delete(attempt.trunk_id, attempt.deadline)
    except Missing as error:
        request_id = error.request_id
    return Settled(
        State.APPLIED,
        {"request_id": request_id},
        mirror=lambda: _bury(attempt, explained=True),
    )


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
    if errors := refusal(attempt.change, fresh.units(), fresh.units()):
        return Settled(State.REFUSED, {"errors": errors})
    attempt.mark_sent()
    request_id = attempt.client.regenerate(attempt.trunk_id, attempt.deadline)
    try:
        shown = Shown(*attempt.client.trunk_with_included(attempt.trunk_id, attempt.deadline))
    except UpstreamError as error:
        raise OutcomeUnknown(f"regenerated, but not read again: {error}") from None
    now = credentials_fingerprint(shown.trunk.credentials, key)
    if now in ("", attempt.change.credentials_before):
        raise OutcomeUnknown("upstream said yes but shows the old credentials")
    return Settled(
        State.APPLIED,
        {"request_id": request_id},
        mirror=lambda: after_regenerate(attempt.account, attempt.change, shown),
    )


ATTEMPTS: Mapping[Change.Kind, Callable[[Attempt], Settled]] = {
    Change.Kind.CREATE: attempt_create,
    Change.Kind.UPDATE: attempt_update,
    Change.Kind.DELETE: attempt_delete,
    Change.Kind.REGENERATE: attempt_regenerate,
}
