"""After a restore yesterday's outbox must not act today: what was unsettled waits for a person.

The back-up does not know what became of its changes since it was made: they may be done, undone,
or asked for again. Holding them loses nothing; sending them could.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Max, Model, QuerySet

from trunks.domain.actor import SYSTEM, Actor
from trunks.domain.secrets import Unreadable
from trunks.models import (
    Account,
    Batch,
    CallbackEvent,
    Change,
    Decision,
    Heartbeat,
    Notice,
    SyncRun,
    UpstreamRequest,
)
from trunks.models.change import ChangeQuerySet
from trunks.models.clock import database_now
from trunks.models.fields import current_seal
from trunks.services import audit
from trunks.services.submitting import require_decision

log = logging.getLogger("trunks.restore")

LONGEST_STOP = timedelta(hours=6)  # an update or an outage is over by then
Signs = tuple[tuple[type[Model], str], ...]
OF_WORKERS: Signs = ((Heartbeat, "at"), (SyncRun, "started_at"))
SIGNS: Signs = (
    *OF_WORKERS,
    (UpstreamRequest, "at"),
    (Change, "created_at"),
    (CallbackEvent, "received_at"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """What was put on hold now, and what stood on hold before. Counts by account's name."""

    last_sign_of_life: datetime | None
    now: dict[str, int]
    before: dict[str, int]
    batches: int  # paused now
    mails: int  # of notices, not sent any more: they stand in the page


def hold_unsettled(*, actor: Actor, reason: str = "", until: datetime | None = None) -> Held:
    """Hold every unsettled change, submitted by then, pause every such batch that runs, and mail no
    notice of that time; doing it twice does no more."""
    last = last_sign_of_life()
    reason = reason or f"restored from a back-up{_as_of(last)}"
    with transaction.atomic():
        before = _by_account(Change.objects.held())
        unheld = Change.objects.unsettled().filter(held_at=None)
        running = Batch.objects.filter(state=Batch.State.RUNNING)
        mails = Notice.objects.filter(next_mail_at__isnull=False)
        if until is not None:
            unheld = unheld.filter(submitted_at__lte=until)
            running = running.filter(started_at__lte=until)
            mails = mails.filter(at__lte=until)
        now = _by_account(unheld)
        unheld.update(held_at=database_now(), hold_reason=reason)
        batches = running.update(state=Batch.State.PAUSED, pause_reason=reason)
        unsent = mails.update(next_mail_at=None)
        if now or batches:
            count = sum(now.values())
            audit.record("changes_held", actor=actor, reason=reason, changes=count, batches=batches)
    return Held(last, now, before, batches, unsent)


def hold_after_long_silence() -> Held | None:
    """Called when a worker starts, before it is heard itself. A database in which no worker lived
    for hours is a restored back-up, or was stopped so long that a person should look at what
    waits since then; what was submitted later is today's. None when workers lived lately."""
    last, now = last_sign_of_life(OF_WORKERS), database_now()
    if last is None or now - last < LONGEST_STOP:
        return None
    reason = f"no worker lived here since {_instant(last)}: a restored back-up looks like that"
    held = hold_unsettled(actor=SYSTEM, reason=reason, until=now - LONGEST_STOP)
    if held.now or held.batches:
        count = sum(held.now.values())
        log.warning("%d changes and %d batches held: %s", count, held.batches, reason)
    return held


def sealed_otherwise() -> list[str]:
    """Names of the accounts whose key none of `SEALING_KEYS` opens: they are another back-up's."""
    return [a.name for a in Account.objects.order_by("name") if not _opens(a)]


def _opens(account: Account) -> bool:
    try:
        current_seal().open(account.api_key)
    except Unreadable:
        return False
    return True


def release_all(changes: ChangeQuerySet, *, actor: Actor) -> int:
    """Let all of these go on that are held back; how many. Raises `Denied`."""
    require_decision(actor)
    now = database_now()
    with transaction.atomic():
        held = list(changes.held().values_list("pk", flat=True))
        Decision.objects.bulk_create(
            Decision(
                change_id=pk,
                kind=Decision.Kind.RELEASED,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_label=actor.label,
                at=now,
            )
            for pk in held
        )
        return Change.objects.filter(pk__in=held).update(
            held_at=None, hold_reason="", next_attempt_at=now
        )


def last_sign_of_life(signs: Signs = SIGNS) -> datetime | None:
    """The latest instant at which anything is known to have happened in this database."""
    found = [_latest(model._default_manager.all(), field) for model, field in signs]
    return max((at for at in found if at is not None), default=None)


def _latest(rows: "QuerySet[Model]", field: str) -> datetime | None:
    latest: datetime | None = rows.aggregate(latest=Max(field))["latest"]
    return latest


def _by_account(changes: ChangeQuerySet) -> dict[str, int]:
    named = changes.order_by().values(name=F("account__name"))
    return {row["name"]: row["n"] for row in named.annotate(n=Count("pk")).order_by("name")}


def _as_of(at: datetime | None) -> str:
    return f" of {_instant(at)}" if at else ""


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
