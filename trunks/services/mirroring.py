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

from trunks.domain.authentication import CredentialsAndIp, IpOnly, Unknown, dump
from trunks.domain.decimals import as_decimal
from trunks.domain.networks import normal_form
from trunks.domain.patch import Patch, apply_patch
from trunks.domain.secrets import Secret
from trunks.domain.units import CREDENTIALS, LINKAGES, describe, difference, same
from trunks.models import Account, Change, Did, Trunk, TrunkNetwork, TrunkPrefix
from trunks.models.fields import current_seal
from trunks.models.trunk import MIRRORED
from trunks.services.dids import ensure_dids
from trunks.services.errors import ForeignTrunk
from trunks.upstream.values import UpstreamTrunk, credentials_fingerprint, fingerprint

ALL = None  # explained: whatever differs is known to come from a change of ours
NEVER_UPDATED = ("id", "account", "customer", "first_seen_at")
UPDATED = [f.name for f in Trunk._meta.concrete_fields if f.name not in NEVER_UPDATED]


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


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a round of mirroring did, by trunk id."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    credentials_changed: set[str] = field(default_factory=set)


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
        ensure_dids(account, _linked_ids(values), included or {}, read_at)
        fresh = [
            _fill(account, rows.get(value.id), value, read_at=read_at, key=key) for value in values
        ]
        drift = [
            change
            for row, value in zip(fresh, values, strict=True)
            if (change := _observe(rows.get(value.id), row, value, explained or {}, mirrored))
        ]
        for value in values:
            (mirrored.updated if value.id in rows else mirrored.created).append(value.id)
        _save(fresh, values)
        _lend(customers or {})
        mirrored.drift.extend(Change.objects.bulk_create(drift))
    return mirrored


def _lock_rows(values: Iterable[UpstreamTrunk]) -> dict[str, Trunk]:
    ids = [value.id for value in values]
    locked = Trunk.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    locked = locked.select_related("customer").prefetch_related(*LINKAGES)
    return {str(row.pk): row for row in locked.order_by("pk")}  # one order: no deadlock


def _is_news(account: Account, row: Trunk | None, read_at: datetime) -> bool:
    if row is None:
        return True
    if row.account_id != account.pk:
        raise ForeignTrunk(f"trunk {row.pk} is mirrored under another account")
    return row.read_at <= read_at


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
    row.spent_amount = value.spent_amount
    row.spent_value = as_decimal(value.spent_amount)
    row.threshold_value = as_decimal(value.attributes.get("threshold_amount"))
    complete = value.dids is not None and value.emergency_dids is not None
    row.fingerprint = fingerprint(value.raw, key) if complete else ""
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
        attributes = dump(method)["attributes"]
        hidden = {"username", "password", *method.extra}
        row.auth_attributes = {n: v for n, v in attributes.items() if n not in hidden}
        if method.extra:
            unknown["authentication_method"] = dict(method.extra)
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


def _observe(
    old: Trunk | None,
    row: Trunk,
    value: UpstreamTrunk,
    explained: Explained,
    mirrored: Mirrored,
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
        mirrored.credentials_changed.add(value.id)
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
            observed_change(trunk, {"presence": ("present", "gone")}, is_drift=True, at=at).save(
                force_insert=True
            )
