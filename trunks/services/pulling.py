"""Pull: upstream → us. Complete, paged, tolerant, and slow to believe that something is gone."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.decimals import as_decimal
from trunks.models import Account, Did, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.models.did import DidQuerySet
from trunks.services import accounts, settling
from trunks.services.dids import mirror_dids
from trunks.services.errors import ForeignTrunk, Invalid, LeaseLost, Unreadable
from trunks.services.leases import PullLease, take_pull_lease
from trunks.services.mirroring import fingerprint_key
from trunks.upstream import (
    Client,
    Listing,
    MalformedResource,
    Missing,
    Unauthorized,
    UpstreamError,
    fingerprint,
)
from trunks.upstream.errors import Unavailable
from trunks.upstream.values import UpstreamTrunk, read_did, read_id, read_spent, read_trunk

log = logging.getLogger("trunks.pull")

Progress = Callable[[SyncRun], None]
SUSPICIOUS_SHARE = 0.05  # of the known trunks gone at once …
SUSPICIOUS_COUNT = 10  # … and at least so many: a person is asked
WAIT_SECONDS = 0.5


class NotReliable(Exception):
    """The pass was read to its end, but the list shifted, or what it lacks needs a person."""


@dataclass(slots=True)
class Pass:
    """What one pull carries along: its row, what is known, what was seen."""

    account: Account
    client: Client
    lease: PullLease
    run: SyncRun
    key: bytes
    progress: Progress
    known: dict[str, tuple[str, str | None]]  # trunk id → (fingerprint, spent_amount)
    seen: set[str] = field(default_factory=set)
    complete: bool = True
    problem: str = ""  # why the pass, though read to its end, is not one to rely on

    def note(self, **counts: int) -> None:
        """Add to the counts and save them, under the lease."""
        self.lease.renew()
        for name, count in counts.items():
            setattr(self.run, name, getattr(self.run, name) + count)
        self.run.save(update_fields=[*counts, "total"])
        self.progress(self.run)


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
    try:
        _work(account, lease, run, progress)
    except LeaseLost as error:
        return _end(run, SyncRun.State.STOPPED, str(error))
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
    log.info(
        "pull of %s %s: %d seen, %d created, %d updated, %d drifted, %d missing",
        run.account_id,
        state,
        run.seen,
        run.created,
        run.updated,
        run.drifted,
        run.missing,
    )
    return run


def _sentence(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return "no key in SEALING_KEYS opens the account's API key"
    return str(error) or type(error).__name__


def _work(account: Account, lease: PullLease, run: SyncRun, progress: Progress) -> None:
    client = accounts.client_for(account, before_send=lease.renew)
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
        _pull_trunks(this)
        if run.with_dids:
            _pull_dids(this)
        if this.problem:
            raise NotReliable(this.problem)
    except Unauthorized as error:
        accounts.pause_for_trouble(account, str(error))
        raise
    except Unavailable as error:
        if error.is_trouble:
            accounts.pause_for_trouble(account, str(error))
        raise
    finally:
        client.close()


def _pull_trunks(this: Pass) -> None:
    began = read_at = database_now()
    for listing in this.client.trunk_pages():
        _note_total(this, listing)
        _mirror_page(this, listing, read_at)
        read_at = database_now()  # before the next page is asked for
    this.complete = this.complete and len(this.seen) == this.run.total
    if this.seen & this.known.keys() or not this.known:
        accounts.resume_after_trouble(this.account)
    if this.complete:
        _look_for_missing(this, began)
    else:
        this.problem = "the list shifted while it was read: nothing was declared missing"
    if this.complete and not Account.objects.filter(pk=this.account.pk).paused().exists():
        Account.objects.filter(pk=this.account.pk).update(pulled_at=began)


def _note_total(this: Pass, listing: Listing) -> None:
    if this.run.total is not None and this.run.total != listing.total:
        this.complete = False
    this.run.total = listing.total


def _mirror_page(this: Pass, listing: Listing, read_at: datetime) -> None:
    changed: list[UpstreamTrunk] = []
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
                changed.append(read_trunk(resource))
        except MalformedResource as error:
            _set_aside(this, error, this.seen)
    _mirror(this, changed, listing, read_at)
    _note_spent(this, spent, read_at)
    this.note(seen=len(listing.resources))


def _set_aside(this: Pass, odd: MalformedResource, seen: set[str]) -> None:
    """One bad resource stops no pull; it counts as seen where it can be told from others."""
    this.run.set_aside.append({"id": odd.id, "reason": odd.reason})
    if odd.id:
        seen.add(odd.id)


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


def _look_for_missing(this: Pass, began: datetime) -> None:
    absent = sorted(set(this.known) - this.seen)
    missing = [
        trunk
        for start in range(0, len(absent), 500)
        for trunk in Trunk.objects.filter(pk__in=absent[start : start + 500], read_at__lt=began)
    ]
    if not missing:
        Account.objects.filter(pk=this.account.pk).update(missing_believed=False)
        return
    account = Account.objects.get(pk=this.account.pk)
    if account.pause == Account.Pause.QUESTION:
        this.problem = account.pause_reason
        return  # somebody is still to answer, and no 404 is believed meanwhile
    if not this.account.missing_believed and (question := _question(this, len(missing))):
        accounts.pause_for_question(this.account, question)
        this.problem = question
        return
    for trunk in missing:
        _ask_for(this, trunk)
    Account.objects.filter(pk=this.account.pk).update(missing_believed=False)


def _question(this: Pass, missing: int) -> str:
    """What a person is asked when too much is gone at once; "" when it is believable."""
    known = len(this.known)
    if not this.seen & this.known.keys():
        return (
            f"None of the {known} trunks known here is visible upstream. Another account's key"
            " looks like this. Are they really gone?"
        )
    if missing >= SUSPICIOUS_COUNT and missing > known * SUSPICIOUS_SHARE:
        return f"{missing} of {known} trunks are gone upstream at once. Are they really gone?"
    return ""


def _ask_for(this: Pass, trunk: Trunk) -> None:
    """What a complete pass misses is asked for by id before it becomes a tombstone."""
    at = database_now()
    try:
        value, included = this.client.trunk_with_included(str(trunk.pk))
    except Missing:
        settling.settle_gone(trunk, at)
        this.note(missing=1)
        return
    settling.mirror_and_settle(this.account, [value], read_at=at, key=this.key, included=included)


def _pull_dids(this: Pass) -> None:
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
                _set_aside(this, error, seen)
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
