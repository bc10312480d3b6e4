"""A trunk that upstream told something about is read again: soon, once, and until it works."""

import logging
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

from django.db.models import F

from trunks.models import Account, CallbackEvent, Trunk
from trunks.models.clock import database_now
from trunks.services.errors import (
    ForeignTrunk,
    Invalid,
    Refused,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from trunks.services.pace import Lane
from trunks.services.refreshing import REFRESH_SECONDS, refresh
from trunks.services.waits import back_off

log = logging.getLogger("trunks.callbacks")

AT_MOST = 200  # events of one round; the rest has its turn in the next


def refresh_waiting(account: Account, *, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Read every trunk of the account that waits for it because of an event; how many were read.

    Any number may run at once. A paused account is left in peace; what fails is tried again,
    later each time. An event of a trunk that is not known here waits for the next complete pull.
    """
    read = 0
    for trunk_id, events in groupby(_due(account), key=lambda event: event.trunk_id):
        if not goes_on() or Account.objects.filter(pk=account.pk).paused().exists():
            break
        if not _claim(mine := list(events)):
            continue
        trunk = Trunk.objects.present().filter(account=account, pk=trunk_id).first()
        try:
            read += _read_again(account, trunk, mine)
        except (Unavailable, Unauthorized) as error:  # the next trunk would fare no better
            log.warning("account %s: a callback's trunk was not read: %s", account.pk, error)
            break
    return read


def _due(account: Account) -> list[CallbackEvent]:
    due = account.callback_events.due(database_now())
    oldest = list(due.order_by("next_try_at", "pk")[:AT_MOST])
    return sorted(oldest, key=lambda event: event.trunk_id)


def _claim(events: list[CallbackEvent]) -> bool:
    """Whether the read of these events is ours: their next try is put off for all others."""
    now = database_now()
    wait = max(REFRESH_SECONDS, back_off(max(event.tries for event in events) + 1))
    due = CallbackEvent.objects.due(now).filter(pk__in=[event.pk for event in events])
    claimed = due.update(next_try_at=now + timedelta(seconds=wait), tries=F("tries") + 1)
    return bool(claimed)


def _read_again(account: Account, trunk: Trunk | None, events: list[CallbackEvent]) -> bool:
    """Whether upstream was asked. What was read since the last event needs no other read."""
    told_at = max(event.received_at for event in events)
    if trunk is None:
        account.refresh_from_db(fields=["pulled_at"])
        if account.pulled_at is None or account.pulled_at < told_at:
            return False
    elif trunk.mirrored_at < told_at:
        try:
            fresh = refresh(trunk, lane=Lane.WORKER)
        except (Refused, ForeignTrunk, Invalid, Unreadable) as error:
            log.warning("trunk %s was not read again: %s", trunk.pk, error)
            return False
        if not fresh.is_gone and fresh.mirrored_at < told_at:
            return False  # a delivery has it in hand, and may have read it before
    CallbackEvent.objects.filter(pk__in=[event.pk for event in events]).update(
        refreshed_at=database_now()
    )
    return True
