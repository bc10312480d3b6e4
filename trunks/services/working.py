"""What there is to do, found by query, and the doing of it: the same for both kinds of worker.

Level-triggered: nothing is remembered between two ticks, so nothing is lost with a process, a
message or a queue. Rows and leases keep any number of workers from doing a thing twice.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Subquery

from trunks.models import Account, CallbackEvent, Change, SyncRun
from trunks.models.account import AccountQuerySet
from trunks.models.clock import database_now
from trunks.services.delivering import drain, sweep
from trunks.services.errors import Stopped
from trunks.services.pulling import pull_if_free
from trunks.services.waking import Work

TICK_SECONDS = 1.0
TURN_SECONDS = 20.0  # then a drain lets another account have its place

GoesOn = Callable[[], bool]


def find_work() -> list[tuple[Work, int]]:
    """What is due now, by account id; deliveries first."""
    sweep()
    now = database_now()
    return [
        *((Work.DRAIN, pk) for pk in to_drain(now).values_list("pk", flat=True)),
        *((Work.PULL, pk) for pk in to_pull(now).values_list("pk", flat=True)),
    ]


def to_drain(now: datetime) -> AccountQuerySet:
    """Accounts with something to send, to look for or to read again, and those in trouble that
    are to be asked whether they answer again."""
    changes = Change.objects.filter(account=OuterRef("pk"))
    reads = CallbackEvent.objects.due(now).filter(account=OuterRef("pk"))
    due = Exists(changes.ready(now)) | Exists(changes.to_look_for(now)) | Exists(reads)
    probe = Q(pause=Account.Pause.TROUBLE, probe_at__lte=now)
    return Account.objects.filter(probe | Q(due, pause="")).order_by("pk")


def to_pull(now: datetime) -> AccountQuerySet:
    """Accounts whose pull was asked for, whose interval has passed since the last try, or whose
    pull lost its process. One that is paused is pulled only when asked for."""
    runs = SyncRun.objects.filter(account=OuterRef("pk"))
    latest = Subquery(runs.order_by("-started_at").values("started_at")[:1])
    recent = now - timedelta(seconds=settings.PULL_SECONDS)
    due = Q(last_try=None) | Q(last_try__lt=recent) | Exists(runs.filter(state="running"))
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    asked = Q(pull_requested_at__isnull=False)
    return (
        Account.objects.annotate(last_try=latest)
        .filter(free, asked | Q(due, pause=""))
        .order_by(F("pull_requested_at").asc(nulls_last=True), "pk")
    )


def take_turn(work: Work, account_id: int, goes_on: GoesOn) -> None:
    """Do it for this account, as long as it goes on: that is asked before each change and page."""
    account = Account.objects.get(pk=account_id)
    match work:
        case Work.DRAIN:
            end = time.monotonic() + TURN_SECONDS
            drain(account, goes_on=lambda: goes_on() and time.monotonic() < end)
        case Work.PULL:
            _pull(account, goes_on)


def _pull(account: Account, goes_on: GoesOn) -> None:
    """Unless another does; what is left when it is told to stop goes on in another."""

    def go_on(run: SyncRun) -> None:
        if not goes_on():
            raise Stopped

    pull_if_free(account, with_dids=_dids_are_due(account), progress=go_on)


def _dids_are_due(account: Account) -> bool:
    if account.pull_requested_at is not None or account.dids_pulled_at is None:
        return True
    return database_now() - account.dids_pulled_at > timedelta(seconds=settings.DID_PULL_SECONDS)
