"""DIDs: mirrored by their own, slower pull; a trunk's linkage brings unknown ones along."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from trunks.models import Account, Did
from trunks.models.did import ATTRIBUTES
from trunks.upstream.values import MalformedResource, UpstreamDid, read_did

UPDATED = [*ATTRIBUTES, "absent", "read_at", "gone_at"]
FROM_GROUP = ["voice_out", "country", "city"]


def ensure_dids(
    account: Account,
    ids: Iterable[str],
    included: Mapping[tuple[str, str], Mapping[str, Any]],
    at: datetime,
) -> None:
    """See to it that every linked DID has a row, with what came along of it."""
    wanted = set(ids)
    if not wanted:
        return
    known = Did.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    unknown = wanted - {str(pk) for pk in known}
    rows = [row_of(account, _included_did(id_, included), at) for id_ in sorted(unknown)]
    Did.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _included_did(id_: str, included: Mapping[tuple[str, str], Mapping[str, Any]]) -> UpstreamDid:
    resource = included.get(("dids", id_))
    if resource is None:
        return UpstreamDid(id_, {}, absent=tuple(ATTRIBUTES))
    try:
        return read_did(resource, included)
    except MalformedResource:
        return UpstreamDid(id_, {}, absent=tuple(ATTRIBUTES))


def row_of(account: Account, value: UpstreamDid, at: datetime) -> Did:
    return Did(
        id=value.id,
        account=account,
        **{name: value.attributes.get(name) for name in ATTRIBUTES},
        absent=list(value.absent),
        voice_out=None if value.features is None else "voice_out" in value.features,
        country=value.country or "",
        city=value.city or "",
        first_seen_at=at,
        read_at=at,
    )


def mirror_dids(account: Account, values: Iterable[UpstreamDid], at: datetime) -> None:
    """Write one page of DIDs; a group that was not included leaves what is known of it."""
    rows = [row_of(account, value, at) for value in values]
    with_group = [row for row in rows if row.voice_out is not None]
    without = [row for row in rows if row.voice_out is None]
    for batch, fields in ((with_group, UPDATED + FROM_GROUP), (without, UPDATED)):
        Did.objects.bulk_create(
            batch,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=fields,
            batch_size=1000,
        )
