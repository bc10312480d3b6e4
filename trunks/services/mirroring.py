"""Upstream's answers become rows, and what they show that nobody here asked for becomes drift.

One function mirrors one trunk or a thousand, in a constant number of queries: a pull, a refresh
and a delivery's own reads all come through it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.db.models import prefetch_related_objects

from trunks.domain.authentication import CredentialsAndIp, IpOnly, Unknown, dump
from trunks.domain.decimals import as_decimal
from trunks.domain.networks import normal_form
from trunks.domain.secrets import Secret
from trunks.domain.units import LINKAGES, describe, moved
from trunks.models import Account, Change, Trunk, TrunkNetwork, TrunkPrefix
from trunks.models.fields import current_seal
from trunks.models.trunk import MIRRORED
from trunks.services.dids import ensure_dids
from trunks.services.drift import Explained, Seen, observe, observed_change
from trunks.services.errors import ForeignTrunk
from trunks.upstream.values import UpstreamTrunk, credentials_fingerprint, fingerprint

NEVER_UPDATED = ("id", "account", "customer", "left", "left_at", "first_seen_at")
TOLD = (*MIRRORED, "auth_type", "auth_attributes", "absent", "credentials_fingerprint", "gone_at")
UPDATED = [f.name for f in Trunk._meta.concrete_fields if f.name not in NEVER_UPDATED]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a round of mirroring did, by trunk id."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    credentials_changed: set[str] = field(default_factory=set)
    # What moved and no observed change tells: for the change that explains it to tell.
    explained: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)


def fingerprint_key(account: Account) -> bytes:
    return current_seal().open(account.fingerprint_key).clear.encode()


def mirror_trunks(
    account: Account,
    values: Sequence[UpstreamTrunk],
    *,
    read_at: datetime,
    key: bytes,
    explained: Explained | None = None,
    included: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    customers: Mapping[str, int] | None = None,
) -> Mirrored:
    """Write what upstream showed, atomically.

    `read_at` is the database's instant before the read began; a row that was read later is left
    alone. `explained` tells, by trunk id, what a change of ours accounts for (`ALL`: everything);
    what else differs is kept as an `observed` change. `customers` gives new
    trunks their customer. Raises `ForeignTrunk` for an id mirrored under another account.
    """
    mirrored = Mirrored()
    with transaction.atomic():
        rows = _lock_rows(values)
        values = [v for v in values if _is_news(account, rows.get(v.id), read_at)]
        if changed := _note_unchanged(values, rows, read_at, key):
            prefetch_related_objects([rows[v.id] for v in changed if v.id in rows], *LINKAGES)
            ensure_dids(account, _linked_ids(changed), included or {}, read_at)
            fresh = [_fill(account, rows.get(v.id), v, read_at=read_at, key=key) for v in changed]
            seen = [(rows.get(v.id), row, v) for row, v in zip(fresh, changed, strict=True)]
            _tell(mirrored, seen, explained or {})
            _save(fresh, changed)
        _lend(customers or {})
        Change.objects.bulk_create(mirrored.drift)
    return mirrored


def _tell(mirrored: Mirrored, seen: Sequence[Seen], explained: Explained) -> None:
    """What is new, what moved, and what of it nobody here asked for."""
    mirrored.drift.extend(observe(seen, explained, mirrored.credentials_changed))
    mirrored.explained.update(_untold(seen, explained, mirrored.drift))
    for old, row, value in seen:
        if old is None:
            mirrored.created.append(value.id)
        elif _has_moved(old, row, value):
            mirrored.updated.append(value.id)


def _has_moved(old: Trunk, row: Trunk, value: UpstreamTrunk) -> bool:
    """A trunk read without its linkage has no fingerprint and is read again by the next pull: it
    counts as updated only when something in it is another."""
    if (old.fingerprint and row.fingerprint) or row.unknown is not None or old.unknown is not None:
        return True
    is_told = any(getattr(old, name) != getattr(row, name) for name in TOLD)
    return is_told or bool(moved(old.units(), value.units()))


def _untold(
    seen: Iterable[Seen], explained: Explained, observed: Iterable[Change]
) -> dict[str, dict[str, tuple[Any, Any]]]:
    told = {(str(change.trunk_id), line["field"]) for change in observed for line in change.diff}
    return {
        value.id: {
            unit: pair
            for unit, pair in moved(old.units(), value.units()).items()
            if (value.id, unit) not in told
        }
        for old, _, value in seen
        if old is not None and value.id in explained
    }


def _lock_rows(values: Iterable[UpstreamTrunk]) -> dict[str, Trunk]:
    ids = [value.id for value in values]
    locked = Trunk.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    locked = locked.select_related("customer").order_by("pk")  # one order: no deadlock
    return {str(row.pk): row for row in locked}


def _is_news(account: Account, row: Trunk | None, read_at: datetime) -> bool:
    if row is None:
        return True
    if row.account_id != account.pk:
        raise ForeignTrunk(f"trunk {row.pk} is mirrored under another account")
    return row.read_at <= read_at


def _note_unchanged(
    values: Iterable[UpstreamTrunk], rows: Mapping[str, Trunk], read_at: datetime, key: bytes
) -> list[UpstreamTrunk]:
    """Those that say something new; of the others, what the fingerprint leaves out is noted."""
    changed, same = [], []
    for value in values:
        row = rows.get(value.id)
        if row is None or not row.fingerprint or row.fingerprint != _fingerprint(value, key):
            changed.append(value)
        else:
            row.read_at = read_at
            _note_spent(row, value)
            same.append(row)
    Trunk.objects.bulk_update(same, ["read_at", "spent_amount", "spent_value"], batch_size=500)
    return changed


def _fingerprint(value: UpstreamTrunk, key: bytes) -> str:
    """Of a trunk shown with its linkage; without, there is none and it is read each time."""
    complete = value.dids is not None and value.emergency_dids is not None
    return fingerprint(value.raw, key) if complete else ""


def _note_spent(row: Trunk, value: UpstreamTrunk) -> None:
    row.spent_amount = value.spent_amount
    row.spent_value = as_decimal(value.spent_amount)


def _linked_ids(values: Iterable[UpstreamTrunk]) -> set[str]:
    return {id_ for v in values for name in LINKAGES for id_ in getattr(v, name) or ()}


def _fill(
    account: Account, old: Trunk | None, value: UpstreamTrunk, *, read_at: datetime, key: bytes
) -> Trunk:
    """A row that holds what upstream said; it is not saved."""
    row = Trunk(id=value.id, account=account, first_seen_at=read_at, read_at=read_at)
    if old is not None:
        row.customer, row.first_seen_at = old.customer, old.first_seen_at
        row._state.adding = False
    for name in MIRRORED:
        setattr(row, name, value.attributes.get(name))
    row.absent = list(value.absent)
    _note_spent(row, value)
    row.threshold_value = as_decimal(value.attributes.get("threshold_amount"))
    row.fingerprint = _fingerprint(value, key)
    _fill_method(row, value)
    _fill_credentials(row, old, value, read_at, key)
    return row


def _fill_method(row: Trunk, value: UpstreamTrunk) -> None:
    method = value.authentication_method
    row.auth_type = method.type if method else None
    row.auth_attributes = {}
    unknown: dict[str, Any] = {"attributes": dict(value.unknown)} if value.unknown else {}
    if isinstance(method, Unknown):
        row.auth_attributes = dict.fromkeys(method.attributes)
        unknown["authentication_method"] = dict(method.attributes)
    elif method is not None:
        attributes = dump(method).get("attributes") or {}
        hidden = {"username", "password", *method.extra}
        row.auth_attributes = {n: v for n, v in attributes.items() if n not in hidden}
        if method.extra:
            unknown["authentication_method"] = dict(method.extra)
    if method is not None and method.beside:
        unknown["beside"] = dict(method.beside)
    if method is not None and "attributes" in method.nulls:
        row.auth_attributes = None
    row.unknown = Secret(orjson.dumps(unknown).decode()) if unknown else None
    if isinstance(method, CredentialsAndIp):
        row.auth_username = method.username


def _fill_credentials(
    row: Trunk, old: Trunk | None, value: UpstreamTrunk, read_at: datetime, key: bytes
) -> None:
    """Keep the sealed password as it is while it is the same: no needless re-sealing."""
    row.credentials_fingerprint = _secrets_fingerprint(value, key)
    same = old is not None and old.credentials_fingerprint == row.credentials_fingerprint
    if same and old is not None and old.auth_password is not None:
        row.auth_password, row.credentials_known_at = old.auth_password, old.credentials_known_at
    elif isinstance(method := value.authentication_method, CredentialsAndIp):
        row.auth_password = method.password
        row.credentials_known_at = read_at if value.credentials else None


def _secrets_fingerprint(value: UpstreamTrunk, key: bytes) -> str:
    """Of the credentials, or of all that an unknown method holds: its values are as secret."""
    method = value.authentication_method
    if isinstance(method, Unknown):
        whole = json.dumps(method.attributes, sort_keys=True)
        return credentials_fingerprint((method.type, whole), key)
    return credentials_fingerprint(value.credentials, key)


def _lend(customers: Mapping[str, int]) -> None:
    """A new trunk goes to the customer it was made for, whoever mirrors it first."""
    for trunk_id, customer_id in customers.items():
        Trunk.objects.filter(pk=trunk_id, customer=None).update(customer=customer_id)


def _save(rows: list[Trunk], values: Sequence[UpstreamTrunk]) -> None:
    Trunk.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=UPDATED, batch_size=500
    )
    _save_linkage(values)
    _save_search(rows, values)


def _save_linkage(values: Sequence[UpstreamTrunk]) -> None:
    for name in LINKAGES:
        through = getattr(Trunk, name).through
        shown = [value for value in values if getattr(value, name) is not None]
        through.objects.filter(trunk_id__in=[value.id for value in shown]).delete()
        through.objects.bulk_create(
            [
                through(trunk_id=value.id, did_id=did_id)
                for value in shown
                for did_id in dict.fromkeys(getattr(value, name))
            ],
            batch_size=2000,
        )


def _save_search(rows: list[Trunk], values: Sequence[UpstreamTrunk]) -> None:
    """The side tables behind search by address and by destination."""
    ids = [row.pk for row in rows]
    TrunkNetwork.objects.filter(trunk_id__in=ids).delete()
    TrunkPrefix.objects.filter(trunk_id__in=ids).delete()
    networks = [
        TrunkNetwork(trunk_id=value.id, cidr=cidr)
        for value in values
        if isinstance(value.authentication_method, CredentialsAndIp | IpOnly)
        for cidr in {normal_form(n) for n in value.authentication_method.allowed_sip_ips}
        if len(cidr) <= 60
    ]
    prefixes = [
        TrunkPrefix(trunk_id=row.pk, prefix=prefix)
        for row in rows
        for prefix in {p for p in row.dst_prefixes or () if isinstance(p, str) and len(p) <= 40}
    ]
    TrunkNetwork.objects.bulk_create(networks, batch_size=2000)
    TrunkPrefix.objects.bulk_create(prefixes, batch_size=2000)


def bury(trunk: Trunk, *, at: datetime, explained: bool) -> None:
    """Make the row a tombstone: its last settings stay, its secrets go.

    Unless a delete of ours explains it, an `observed` change says that upstream removed it.
    """
    with transaction.atomic():
        buried = Trunk.objects.filter(pk=trunk.pk, gone_at=None).update(
            gone_at=at, read_at=at, auth_password=None, unknown=None, fingerprint=""
        )
        if buried and not explained:
            lines = describe({"presence": ("present", "gone")})
            observed_change(trunk, lines, is_drift=True, at=at).save(force_insert=True)
