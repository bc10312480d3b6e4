"""What becomes of DIDs when trunks change hands, and the writing of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.db.models import Q

from trunks.domain.units import LINKAGES, MANAGED_BY
from trunks.models import Customer, Did, Trunk

Holders = Mapping[UUID, set[int]]  # of each DID: the customers whose trunks list it


class Fate(Enum):
    """What a DID of the trunks will be."""

    SHARED = "shared"  # on trunks of several customers: seen by each, nobody's own
    TAKEN = "taken"  # comes along
    FREED = "freed"  # nobody's
    FOREIGN = "foreign"  # another customer's, and it stays that


def fates(trunks: Sequence[Trunk], customer: Customer | None) -> dict[Did, Fate]:
    """What moves, and what is worth a word: DIDs that stay as they are are left out."""
    dids = list(_dids_of(trunks))
    will = _holders(dids, trunks, customer)
    leaving = {trunk.customer_id for trunk in trunks}
    found = {did: _fate(did, will[did.pk], leaving, customer) for did in dids}
    return {did: fate for did, fate in found.items() if fate is not None}


def lend(trunks: Sequence[Trunk], customer: Customer | None, *, at: datetime) -> None:
    """Write it, under the locks of whoever calls."""
    dids = fates(trunks, customer)
    owners = _holders(list(dids), trunks, customer)
    for did, fate in dids.items():
        if fate is Fate.FOREIGN:
            continue
        owner = next(iter(owners[did.pk])) if fate is Fate.TAKEN else None
        Did.objects.filter(pk=did.pk).update(customer=owner, is_shared=fate is Fate.SHARED)
    for trunk in trunks:
        if trunk.customer_id is not None:
            trunk.left_id, trunk.left_at = trunk.customer_id, at
        trunk.customer = customer
        trunk.save(update_fields=["customer", "left", "left_at"])


def _dids_of(trunks: Iterable[Trunk]) -> Iterable[Did]:
    """What somebody has put on them; a flag that gives a trunk all there are gives no customer
    anything."""
    ids = [trunk.pk for trunk in trunks]
    linked = Q(pk__in=())
    for name in LINKAGES:
        rows = getattr(Trunk, name).through.objects.filter(trunk__in=ids)
        rows = rows.exclude(**{f"trunk__{MANAGED_BY[name]}": True})
        linked |= Q(pk__in=rows.values("did_id"))
    return Did.objects.present().filter(linked).order_by("number", "pk")


def _holders(dids: Iterable[Did], trunks: Sequence[Trunk], customer: Customer | None) -> Holders:
    """Once these trunks have moved."""
    moving = {trunk.pk for trunk in trunks}
    found: dict[UUID, set[int]] = defaultdict(set)
    ids = [did.pk for did in dids]
    for name in LINKAGES:
        rows = getattr(Trunk, name).through.objects.filter(did__in=ids, trunk__gone_at=None)
        rows = rows.exclude(**{f"trunk__{MANAGED_BY[name]}": True})
        for did, trunk, owner in rows.values_list("did_id", "trunk_id", "trunk__customer_id"):
            owner = (customer.pk if customer else None) if trunk in moving else owner
            if owner is not None:
                found[did].add(owner)
    return found


def _fate(
    did: Did, holders: set[int], leaving: set[int | None], customer: Customer | None
) -> Fate | None:
    own = did.customer_id
    if own is not None and own not in holders and own not in leaving:
        return Fate.FOREIGN if customer and own != customer.pk else None
    if len(holders) > 1:
        return None if did.is_shared else Fate.SHARED
    if not holders:
        return Fate.FREED if own is not None or did.is_shared else None
    return None if holders == {own} else Fate.TAKEN
