"""A read that shows what became of a change settles it; shared by pulls, refreshes, deliveries.

A write whose answer was lost is never sent again blindly: it is found done by reading.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from trunks.domain.authentication import MEMBERS
from trunks.domain.merge import is_shown
from trunks.domain.patch import load_patch
from trunks.domain.units import CREDENTIALS, MANAGED_BY, METHOD, TYPE
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.services.mirroring import bury
from trunks.upstream import UpstreamTrunk


def in_flight(trunk_ids: Iterable[str]) -> dict[str, Change]:
    """The change being delivered (or of unknown outcome) of each trunk, by trunk id."""
    found = Change.objects.filter(state=Change.State.DELIVERING, trunk_id__in=list(trunk_ids))
    return {str(change.trunk_id): change for change in found}


def is_held_back(change: Change | None) -> bool:
    """A trunk under a live delivery is mirrored by that delivery, not by a pull."""
    if change is None or change.lease_until is None:
        return False
    return change.lease_until > database_now()


def units_in(change: Change) -> frozenset[str]:
    """The units a change in flight accounts for, if it was sent: those of its patch, and what
    upstream moves along with them."""
    if not change.sent_at:
        return frozenset()
    units = set(change.patch)
    units |= {linkage for linkage, flag in MANAGED_BY.items() if flag in units}
    if change.kind == Change.Kind.REGENERATE:
        units |= set(CREDENTIALS)
    if TYPE in units:
        units |= {METHOD + name for names in MEMBERS.values() for name in names}
    return frozenset(units)


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


def settle_shown(
    values: Iterable[UpstreamTrunk],
    flights: Mapping[str, Change],
    born: Mapping[str, Change],
    read_at: datetime,
) -> None:
    """Settle as applied what a read begun after the send shows to be done."""
    for value in values:
        if change := born.get(value.id):
            settle_unknown(change, trunk_id=value.id)
        change = flights.get(value.id)
        if change and change.sent_at and change.sent_at <= read_at and _is_done(change, value):
            settle_unknown(change)


def _is_done(change: Change, value: UpstreamTrunk) -> bool:
    if change.kind == Change.Kind.REGENERATE:
        row = Trunk.objects.get(pk=value.id)
        return bool(row.credentials_fingerprint) and (
            row.credentials_fingerprint != change.credentials_before
        )
    return change.kind == Change.Kind.UPDATE and is_shown(load_patch(change.patch), value.units())


def settle_unknown(change: Change, **fields: object) -> bool:
    """An unknown outcome becomes applied, unless someone settled it first."""
    return bool(
        Change.objects.filter(
            pk=change.pk, state=Change.State.DELIVERING, lease_epoch=change.lease_epoch
        ).update(
            state=Change.State.APPLIED,
            settled_at=database_now(),
            waiting_reason="",
            lease_owner="",
            lease_until=None,
            credentials_changed=change.kind == Change.Kind.REGENERATE,
            **fields,
        )
    )


def settle_gone(trunk: Trunk, at: datetime) -> None:
    """Upstream has no such trunk: a delete of ours is done by that, else it is news."""
    deletes = Change.objects.outcome_unknown().filter(trunk=trunk, kind=Change.Kind.DELETE)
    with transaction.atomic():
        done = [change for change in deletes if settle_unknown(change)]
        bury(trunk, at=at, explained=bool(done))
