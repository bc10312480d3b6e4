"""The DIDs of an account: their own, slower part of a pull."""

import logging
from datetime import datetime

from trunks.models import Account, Did
from trunks.models.clock import database_now
from trunks.models.did import DidQuerySet
from trunks.services.dids import mirror_dids
from trunks.services.passes import Pass, put_aside
from trunks.upstream import (
    Client,
    MalformedResource,
    UpstreamError,
)
from trunks.upstream.values import read_did

log = logging.getLogger("trunks.pull")


def pull_dids(this: Pass) -> None:
    if Account.objects.filter(pk=this.account.pk).paused().exists():
        return
    began = database_now()
    seen: set[str] = set()
    total, complete, trunks = 0, True, this.run.total or 0
    for listing in this.client.did_pages():
        complete = complete and total in (0, listing.total)
        total = listing.total
        values = []
        for resource in listing.resources:
            try:
                values.append(read_did(resource, listing.included))
            except MalformedResource as error:
                put_aside(this, error, seen)
        seen.update(value.id for value in values)
        mirror_dids(this.account, values, began)
        this.run.total = trunks + total
        this.note(dids_seen=len(listing.resources))
    if complete and len(seen) == total:
        _drop_missing_dids(Did.objects.filter(account=this.account), seen, began)
        Account.objects.filter(pk=this.account.pk).update(
            dids_pulled_at=began, balance=_balance(this.client)
        )


def _balance(client: Client) -> str:
    """Good to show, never a reason for a pull to fail."""
    try:
        return client.balance()
    except UpstreamError as error:
        log.info("the balance cannot be read: %s", error)
        return ""


def _drop_missing_dids(dids: DidQuerySet, seen: set[str], began: datetime) -> None:
    """A number that a complete pass no longer shows was given back; trunks keep their own word."""
    older = dids.present().filter(read_at__lt=began)
    gone = [pk for pk in older.values_list("pk", flat=True) if str(pk) not in seen]
    for start in range(0, len(gone), 500):
        Did.objects.filter(pk__in=gone[start : start + 500]).update(gone_at=began)
