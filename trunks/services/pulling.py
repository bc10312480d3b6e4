"""Pull: upstream → us. Complete, paged, tolerant, and slow to believe that something is gone."""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.decimals import as_decimal
from trunks.domain.occasion import occasion
from trunks.models import Account, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.errors import ForeignTrunk, Invalid, LeaseLost, Stopped, Unreadable
from trunks.services.leases import PullLease, take_pull_lease
from trunks.services.mirroring import fingerprint_key
from trunks.services.missing import look_for_missing
from trunks.services.pace import Lane
from trunks.services.passes import NotReliable, Pass, Progress, put_aside
from trunks.services.pulling_dids import pull_dids
from trunks.services.waking import Work, wake
from trunks.upstream import (
    Listing,
    MalformedResource,
    UpstreamError,
    fingerprint,
)
from trunks.upstream.values import UpstreamTrunk, read_id, read_spent, read_trunk

log = logging.getLogger("trunks.pull")

WAIT_SECONDS = 0.5


def pull(
    account: Account, *, with_dids: bool = True, progress: Progress = lambda run: None
) -> SyncRun:
    """Mirror one account; the finished `SyncRun` tells what happened, also when it failed.

    Waits for a running pull of the account, or the end of its lease. Never raises for what
    upstream does.
    """
    while (run := pull_if_free(account, with_dids=with_dids, progress=progress)) is None:
        time.sleep(WAIT_SECONDS)
    return run


def pull_if_free(
    account: Account, *, with_dids: bool = True, progress: Progress = lambda run: None
) -> SyncRun | None:
    """As `pull`, but None while another process is pulling the account."""
    if (lease := take_pull_lease(account.pk)) is None:
        return None
    account.refresh_from_db()
    run = _begin(account, with_dids)
    with occasion(account=account.pk, sync=run.pk):
        return _pull(account, lease, run, progress)


def _pull(account: Account, lease: PullLease, run: SyncRun, progress: Progress) -> SyncRun:
    try:
        _work(account, lease, run, progress)
    except LeaseLost as error:
        return _end(run, SyncRun.State.STOPPED, str(error))
    except Stopped:
        Account.objects.filter(pk=account.pk).update(pull_requested_at=database_now())
        return _end(run, SyncRun.State.STOPPED, "its worker was told to stop; the next goes on")
    except (NotReliable, UpstreamError, ForeignTrunk, Invalid, Unreadable) as error:
        return _end(run, SyncRun.State.FAILED, _sentence(error))
    except BaseException:
        _end(run, SyncRun.State.FAILED, "stopped by an error of trunkadmin's own")
        raise
    finally:
        lease.release()
    return _end(run, SyncRun.State.DONE)


def request_pull(account: Account, *, actor: Actor) -> None:
    """Ask the worker to pull the account now."""
    if not actor.may("pull_account"):
        raise Denied(f"{actor.label} may not pull an account")
    Account.objects.filter(pk=account.pk).update(pull_requested_at=database_now())
    wake(account.pk, Work.PULL)


def _begin(account: Account, with_dids: bool) -> SyncRun:
    now = database_now()
    with transaction.atomic():
        SyncRun.objects.filter(account=account, state=SyncRun.State.RUNNING).update(
            state=SyncRun.State.STOPPED, finished_at=now, error="its process ended before it did"
        )
        Account.objects.filter(pk=account.pk).update(pull_requested_at=None)
        return SyncRun.objects.create(account=account, started_at=now, with_dids=with_dids)


def _end(run: SyncRun, state: SyncRun.State, error: str = "") -> SyncRun:
    run.state, run.error, run.finished_at = state, error, database_now()
    run.save()
    log.log(
        logging.INFO if state == SyncRun.State.DONE else logging.WARNING,
        "pull of %s %s: %d seen, %d created, %d updated, %d drifted, %d missing. %s",
        run.account_id,
        state,
        run.seen,
        run.created,
        run.updated,
        run.drifted,
        run.missing,
        error,
    )
    return run


def _sentence(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return "no key in SEALING_KEYS opens the account's API key"
    return str(error) or type(error).__name__


def _work(account: Account, lease: PullLease, run: SyncRun, progress: Progress) -> None:
    client = accounts.client_for(account, lane=Lane.PULL, before_send=lease.renew)
    known = Trunk.objects.filter(account=account, gone_at=None)
    this = Pass(
        account,
        client,
        lease,
        run,
        fingerprint_key(account),
        progress,
        {str(pk): rest for pk, *rest in known.values_list("pk", "fingerprint", "spent_amount")},  # type: ignore[misc]
    )
    try:
        with accounts.noting_trouble(account):
            _pull_trunks(this)
            if run.with_dids:
                pull_dids(this)
        if this.problem:
            raise NotReliable(this.problem)
    finally:
        client.close()


def _pull_trunks(this: Pass) -> None:
    began = read_at = database_now()
    unsure: list[tuple[Listing, datetime]] = []
    for listing in this.client.trunk_pages():
        _note_total(this, listing)
        unsure.append((listing, read_at))
        if _is_this_account(this, listing):
            for page in unsure:
                _mirror_page(this, *page)
            unsure.clear()
        read_at = database_now()  # before the next page is asked for
    for listing, _ in unsure:
        _pass_over(this, listing)
    this.complete = this.complete and len(this.seen) == this.run.total
    if this.seen & this.known.keys() or not this.known:
        accounts.resume_after_trouble(this.account)
    if this.complete:
        look_for_missing(this, began)
    else:
        this.problem = "the list shifted while it was read: nothing was declared missing"
    if this.complete and not Account.objects.filter(pk=this.account.pk).paused().exists():
        Account.objects.filter(pk=this.account.pk).update(pulled_at=began)


def _is_this_account(this: Pass, listing: Listing) -> bool:
    """Whether anything known was seen: until then the list may be another account's, reached by
    its key, and nothing of it is mirrored."""
    if not this.known or this.account.missing_believed or this.seen & this.known.keys():
        return True
    return any(id_ in this.known for resource in listing.resources if (id_ := _id_of(resource)))


def _id_of(resource: Any) -> str:
    try:
        return read_id(resource)
    except MalformedResource:
        return ""


def _pass_over(this: Pass, listing: Listing) -> None:
    """Seen, and not mirrored."""
    this.seen.update(id_ for resource in listing.resources if (id_ := _id_of(resource)))
    this.note(seen=len(listing.resources))


def _note_total(this: Pass, listing: Listing) -> None:
    if this.run.total is not None and this.run.total != listing.total:
        this.complete = False
    this.run.total = listing.total


def _mirror_page(this: Pass, listing: Listing, read_at: datetime) -> None:
    changed: dict[str, UpstreamTrunk] = {}  # one named twice says what it says last
    spent: dict[str, str | None] = {}
    awaited = settling.awaited(this.account)
    for resource in listing.resources:
        try:
            trunk_id = read_id(resource)
            if trunk_id in this.seen:
                this.complete = False  # the list shifted under us
            this.seen.add(trunk_id)
            was = None if trunk_id in awaited else this.known.get(trunk_id)
            if was and was[0] and was[0] == fingerprint(resource, this.key):
                if (amount := read_spent(resource)) != was[1]:
                    spent[trunk_id] = amount
            else:
                changed[trunk_id] = read_trunk(resource)
        except MalformedResource as error:
            put_aside(this, error, this.seen)
    _mirror(this, [*changed.values()], listing, read_at)
    _note_spent(this, spent, read_at)
    this.note(seen=len(listing.resources))


def _mirror(this: Pass, values: list[UpstreamTrunk], listing: Listing, read_at: datetime) -> None:
    if not values:
        return
    mirrored = settling.mirror_and_settle(
        this.account, values, read_at=read_at, key=this.key, included=listing.included
    )
    this.run.created += len(mirrored.created)
    this.run.updated += len(mirrored.updated)
    this.run.drifted += sum(1 for change in mirrored.drift if change.is_drift)
    this.run.save(update_fields=["created", "updated", "drifted"])


def _note_spent(this: Pass, spent: Mapping[str, str | None], read_at: datetime) -> None:
    """Spend moves all day long: written in bulk, never drift."""
    rows = [
        Trunk(
            id=id_,
            account_id=this.account.pk,
            spent_amount=amount,
            spent_value=as_decimal(amount),
            first_seen_at=read_at,
            read_at=read_at,
        )
        for id_, amount in spent.items()
    ]
    Trunk.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["spent_amount", "spent_value"],
        batch_size=500,
    )
