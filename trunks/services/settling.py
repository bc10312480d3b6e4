"""A read that shows what became of a change settles it; shared by pulls, refreshes, deliveries.

A write whose answer was lost is never sent again blindly: it is found done by reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from trunks.domain.authentication import MEMBERS
from trunks.domain.merge import is_shown
from trunks.domain.units import CREDENTIALS, MANAGED_BY, METHOD, TYPE, describe
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.services.drift import NOTHING, Explanation, numbers_moved
from trunks.services.mirroring import Mirrored, bury, mirror_trunks
from trunks.services.progress import note_settled
from trunks.upstream import UpstreamTrunk

NO_LONGER_EXISTS = {
    "title": "No longer exists",
    "detail": "The trunk no longer exists upstream.",
    "code": "404",
    "status": "404",
}


def in_flight(trunk_ids: Iterable[str]) -> dict[str, Change]:
    """The change being delivered (or of unknown outcome) of each trunk, by trunk id; else one
    that left before and was believed lost: it may still show."""
    state = Q(state=Change.State.DELIVERING) | Q(state=Change.State.PENDING, sends__gt=0)
    found = Change.objects.filter(state, trunk_id__in=list(trunk_ids))
    return {str(change.trunk_id): change for change in found.order_by("-state")}


def is_in_hand(change: Change | None, read_at: datetime | None = None) -> bool:
    """A trunk under a live delivery is mirrored by that delivery, not by a pull; and a read that
    began before a write was sent cannot tell what that did."""
    if change is None:
        return False
    if read_at is not None and change.sent_at is not None and change.sent_at > read_at:
        return True
    return change.lease_until is not None and change.lease_until > database_now()


def explanation_of(change: Change, *, is_told: bool = True) -> Explanation:
    """What a change on its way accounts for in what a read shows; nothing before it is sent.

    `is_told`: the read settles the change, which then says itself what it did.
    """
    if not change.sends:
        return NOTHING
    moves = {linkage for linkage, flag in MANAGED_BY.items() if flag in change.patch}
    if change.kind == Change.Kind.REGENERATE:
        moves |= set(CREDENTIALS)
    if TYPE in change.patch:
        moves |= {METHOD + name for names in MEMBERS.values() for name in names}
    return Explanation(change.ops(), frozenset(moves), is_told)


def births(account: Account, values: Iterable[UpstreamTrunk]) -> dict[str, Change]:
    """Creates of unknown outcome that a new trunk shows to be done, by the new trunk's id."""
    unknown = Change.objects.outcome_unknown().filter(quarantined_at=None, held_at=None)
    waiting = list(unknown.filter(account=account, kind=Change.Kind.CREATE))
    waiting = [change for change in waiting if not is_in_hand(change)]
    found = {}
    for value in values if waiting else ():
        for change in waiting:
            if change.trunk_label == value.name and _is_born_of(change, value):
                found[value.id] = change
    return found


def _is_born_of(change: Change, value: UpstreamTrunk) -> bool:
    new = value.id not in change.known_of_its_name()
    return new and is_shown(change.ops(), value.units())


def customer_of(change: Change) -> int | None:
    return int(change.customer_id) if change.customer_id else None


def awaited(account: Account) -> set[str]:
    """Ids of the trunks that changes of unknown outcome wait to see, changed or not since the
    last read: its process may have died between reading and settling."""
    waiting = Change.objects.outcome_unknown().filter(account=account)
    found = {str(pk) for pk in waiting.exclude(trunk=None).values_list("trunk_id", flat=True)}
    names = waiting.filter(kind=Change.Kind.CREATE).values("trunk_label")
    born = Trunk.objects.filter(account=account, name__in=names)
    return found | {str(pk) for pk in born.values_list("pk", flat=True)}


def mirror_and_settle(
    account: Account,
    values: Sequence[UpstreamTrunk],
    *,
    read_at: datetime,
    key: bytes,
    included: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Mirrored:
    """Mirror what a read showed, but for trunks that a delivery has in hand, and settle as
    applied what it shows to be done: both or neither."""
    with transaction.atomic():
        flights = in_flight([value.id for value in values])
        values = [v for v in values if not is_in_hand(flights.get(v.id), read_at)]
        done = {v.id for v in values if _is_shown_done(flights.get(v.id), v)}
        born = births(account, values)
        mirrored = mirror_trunks(
            account,
            values,
            read_at=read_at,
            key=key,
            explained={
                id_: explanation_of(change, is_told=id_ in done) for id_, change in flights.items()
            },
            included=included,
            customers={id_: c for id_, change in born.items() if (c := customer_of(change))},
        )
        _settle_shown(values, flights, born, mirrored)
    return mirrored


def _settle_shown(
    values: Iterable[UpstreamTrunk],
    flights: Mapping[str, Change],
    born: Mapping[str, Change],
    mirrored: Mirrored,
) -> None:
    for value in values:
        if change := born.get(value.id):
            _settle(change, Change.State.APPLIED, trunk_id=value.id)
        change = flights.get(value.id)
        if change and _is_shown_done(change, value):
            what = what_was_done(change, mirrored.explained.get(value.id, {}))
            _settle(change, Change.State.APPLIED, **what)
        elif change and _is_regenerated(change, value):
            _settle(change, Change.State.APPLIED, credentials_changed=True)


def _is_shown_done(change: Change | None, value: UpstreamTrunk) -> bool:
    """An update whose outcome is unknown and that the read shows whole."""
    if change is None or change.kind != Change.Kind.UPDATE or not change.sent_at:
        return False
    ops = change.ops()
    visible = set(ops) - {"default_did"}  # which upstream never shows
    return bool(visible) and is_shown(ops, value.units())


def _is_regenerated(change: Change, value: UpstreamTrunk) -> bool:
    if change.kind != Change.Kind.REGENERATE or not change.sent_at:
        return False
    row = Trunk.objects.get(pk=value.id)
    return bool(row.credentials_fingerprint) and (
        row.credentials_fingerprint != change.credentials_before
    )


def what_was_done(change: Change, moved: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """What a read showed that a change had done: the diff says what of the patch moved something,
    the consequences what moved beyond it."""
    asked = {u: p for u, p in moved.items() if u in change.patch or u.startswith(METHOD)}
    beyond = {u: p for u, p in moved.items() if u not in asked}
    never_shown = [line for line in change.diff if line["field"] == "default_did"]
    return {
        "diff": [*describe(asked), *never_shown],
        "consequences": describe(beyond),
        "credentials_changed": asked.get(TYPE, ("", ""))[1] == "credentials_and_ip",
        "did_numbers": {**change.did_numbers, **numbers_moved(moved)},
    }


def settle_gone(trunk: Trunk, at: datetime) -> None:
    """Upstream has no such trunk: a delete of ours is done by that, else it is news; any other
    change whose answer was lost can no longer be done."""
    lost = list(Change.objects.outcome_unknown().filter(trunk=trunk))
    deletes = [change for change in lost if change.kind == Change.Kind.DELETE]
    with transaction.atomic():
        bury(trunk, at=at, explained=bool(deletes))
        for change in lost:
            if change in deletes:
                _settle(change, Change.State.APPLIED)
            elif not is_in_hand(change):
                _settle(change, Change.State.REFUSED, errors=[NO_LONGER_EXISTS])


def _settle(change: Change, state: Change.State, **fields: object) -> None:
    """The end of an unknown outcome, unless someone settled it first."""
    open_ = Change.objects.filter(
        pk=change.pk, state=Change.State.DELIVERING, lease_epoch=change.lease_epoch
    )
    if open_.update(
        state=state,
        settled_at=database_now(),
        waiting_reason="",
        lease_owner="",
        lease_until=None,
        **fields,
    ):
        note_settled(change, state)
