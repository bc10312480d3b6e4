"""A read that shows what became of a change settles it; shared by pulls, refreshes, deliveries.

A write whose answer was lost is never sent again blindly: it is found done by reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from trunks.domain.authentication import MEMBERS
from trunks.domain.merge import is_shown
from trunks.domain.patch import load_patch
from trunks.domain.units import CREDENTIALS, MANAGED_BY, METHOD, TYPE
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.services.drift import NOTHING, Explanation
from trunks.services.mirroring import Mirrored, bury, mirror_trunks
from trunks.upstream import UpstreamTrunk

NO_LONGER_EXISTS = {
    "title": "No longer exists",
    "detail": "The trunk no longer exists upstream.",
    "code": "404",
    "status": "404",
}


def in_flight(trunk_ids: Iterable[str]) -> dict[str, Change]:
    """The change being delivered (or of unknown outcome) of each trunk, by trunk id."""
    found = Change.objects.filter(state=Change.State.DELIVERING, trunk_id__in=list(trunk_ids))
    return {str(change.trunk_id): change for change in found}


def is_held_back(change: Change | None) -> bool:
    """A trunk under a live delivery is mirrored by that delivery, not by a pull."""
    if change is None or change.lease_until is None:
        return False
    return change.lease_until > database_now()


def explanation_of(change: Change) -> Explanation:
    """What a change on its way accounts for in what a read shows; nothing before it is sent."""
    if not change.sent_at:
        return NOTHING
    moves = {linkage for linkage, flag in MANAGED_BY.items() if flag in change.patch}
    if change.kind == Change.Kind.REGENERATE:
        moves |= set(CREDENTIALS)
    if TYPE in change.patch:
        moves |= {METHOD + name for names in MEMBERS.values() for name in names}
    return Explanation(load_patch(change.patch), frozenset(moves))


def births(account: Account, values: Iterable[UpstreamTrunk]) -> dict[str, Change]:
    """Creates of unknown outcome that a new trunk shows to be done, by the new trunk's id."""
    waiting = list(
        Change.objects.outcome_unknown().filter(account=account, kind=Change.Kind.CREATE)
    )
    waiting = [change for change in waiting if not is_held_back(change)]
    found = {}
    for value in values if waiting else ():
        for change in waiting:
            if change.trunk_label == value.name and _is_born_of(change, value):
                found[value.id] = change
    return found


def _is_born_of(change: Change, value: UpstreamTrunk) -> bool:
    new = value.id not in (change.known_ids or [])
    return new and is_shown(load_patch(change.patch), value.units())


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
        values = [v for v in values if not is_held_back(flights.get(v.id))]
        born = births(account, values)
        mirrored = mirror_trunks(
            account,
            values,
            read_at=read_at,
            key=key,
            explained={id_: explanation_of(change) for id_, change in flights.items()},
            included=included,
            customers={id_: c for id_, change in born.items() if (c := customer_of(change))},
        )
        _settle_shown(values, flights, born, read_at)
    return mirrored


def _settle_shown(
    values: Iterable[UpstreamTrunk],
    flights: Mapping[str, Change],
    born: Mapping[str, Change],
    read_at: datetime,
) -> None:
    """Only a read begun after the send can show what it did."""
    for value in values:
        if change := born.get(value.id):
            _settle(change, Change.State.APPLIED, trunk_id=value.id)
        change = flights.get(value.id)
        if change and change.sent_at and change.sent_at <= read_at and _is_done(change, value):
            renewed = change.kind == Change.Kind.REGENERATE
            _settle(change, Change.State.APPLIED, credentials_changed=renewed)


def _is_done(change: Change, value: UpstreamTrunk) -> bool:
    if change.kind == Change.Kind.REGENERATE:
        row = Trunk.objects.get(pk=value.id)
        return bool(row.credentials_fingerprint) and (
            row.credentials_fingerprint != change.credentials_before
        )
    return change.kind == Change.Kind.UPDATE and is_shown(load_patch(change.patch), value.units())


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
            elif not is_held_back(change):
                _settle(change, Change.State.REFUSED, errors=[NO_LONGER_EXISTS])


def _settle(change: Change, state: Change.State, **fields: object) -> None:
    """The end of an unknown outcome, unless someone settled it first."""
    Change.objects.filter(
        pk=change.pk, state=Change.State.DELIVERING, lease_epoch=change.lease_epoch
    ).update(
        state=state,
        settled_at=database_now(),
        waiting_reason="",
        lease_owner="",
        lease_until=None,
        **fields,
    )
