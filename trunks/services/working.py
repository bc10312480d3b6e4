"""The worker's loop: sweep, drain what is due, pull what is due. Level-triggered: what is to be
done is found by query at every tick, so nothing is lost with a process."""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.db.models import F, OuterRef, Q, Subquery

from trunks.models import Account, Heartbeat, SyncRun
from trunks.models.account import AccountQuerySet
from trunks.models.clock import database_now
from trunks.services.delivering import drain
from trunks.services.leases import OWNER
from trunks.services.pulling import pull_if_free

log = logging.getLogger("trunks.worker")

TICK_SECONDS = 1.0
TROUBLE_PULL_SECONDS = 60.0  # how often an account in trouble is probed


def work(stop: threading.Event) -> None:
    """Run until `stop` is set; what is under way is finished first."""
    log.info("worker %s started", OWNER)
    while not stop.is_set():
        try:
            tick(stop)
        except Exception:  # nothing that goes wrong with one account or change ends the worker
            log.exception("something failed; trying again")
            close_old_connections()
        stop.wait(TICK_SECONDS)
    Heartbeat.objects.filter(name=OWNER).delete()
    log.info("worker %s stopped", OWNER)


def tick(stop: threading.Event) -> None:
    def goes_on() -> bool:
        still_alive()
        return not stop.is_set()

    beat()
    drain(goes_on=goes_on)
    for account in due_accounts():
        if stop.is_set():
            return
        beat(f"pulling {account}")
        pull_if_free(account, with_dids=_dids_are_due(account), progress=still_alive)
        drain(goes_on=goes_on)


def beat(doing: str = "") -> None:
    """Say that this worker is alive; forget those that have been silent for a day."""
    now = database_now()
    Heartbeat.objects.update_or_create(name=OWNER, defaults={"at": now, "doing": doing})
    Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()


def still_alive(run: SyncRun | None = None) -> None:
    Heartbeat.objects.filter(name=OWNER).update(at=database_now())


def due_accounts() -> AccountQuerySet:
    """Accounts whose pull was asked for or whose interval has passed since the last try."""
    now = database_now()
    recent = now - timedelta(seconds=settings.PULL_SECONDS)
    probed = now - timedelta(seconds=TROUBLE_PULL_SECONDS)
    latest = SyncRun.objects.filter(account=OuterRef("pk")).order_by("-started_at")
    asked = Q(pull_requested_at__isnull=False)
    last = Q(last_try__isnull=True) | Q(last_try__lt=recent)
    trouble = Q(pause=Account.Pause.TROUBLE) & (Q(last_try__isnull=True) | Q(last_try__lt=probed))
    return (
        Account.objects.annotate(last_try=Subquery(latest.values("started_at")[:1]))
        .filter(asked | (last & ~Q(pause=Account.Pause.QUESTION)) | trouble)
        .order_by(F("pull_requested_at").asc(nulls_last=True), "pk")
    )


def _dids_are_due(account: Account) -> bool:
    if account.pull_requested_at is not None or account.dids_pulled_at is None:
        return True
    return database_now() - account.dids_pulled_at > timedelta(seconds=settings.DID_PULL_SECONDS)
