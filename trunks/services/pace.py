"""Requests to an account are spaced evenly, whoever sends them, and people go first.

A number on the account's row says when its next request may start; to book that slot is one
atomic UPDATE which moves the number on. Who goes first is decided by how far ahead a lane may
book: a person any distance, the background only what is nearly due. So what people ask for
overtakes whatever waits in the background, and no slot stays empty. The longer a request has
waited the further it may reach: nobody starves.
"""

import random
import time
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.db import connection

from trunks.models import Account
from trunks.services.errors import NotSent

# Seconds since 1970 by the database's clock, and the later of two numbers, in each dialect.
DIALECTS = {
    "sqlite": ("(julianday('now') - 2440587.5) * 86400.0", "MAX"),
    "postgresql": ("EXTRACT(EPOCH FROM clock_timestamp())::float8", "GREATEST"),
}
SPARE = 1.03  # a little slower than allowed: a request that leaves late must not crowd the next
MOST_WAIT = 10.0  # seconds; whoever waits holds a lease
PATIENCE = 5.0  # seconds, then any lane books as a person does
AGEING = 0.1  # seconds of reach for each second waited


@dataclass(frozen=True, slots=True)
class Reach:
    """How far ahead a lane may book: so many gaps between requests, or so many seconds."""

    gaps: float
    seconds: float


class Lane(Enum):
    """Who asks, in the order of who goes first."""

    PERSON = Reach(float("inf"), MOST_WAIT)
    API = Reach(4.0, 0.3)
    WORKER = Reach(1.0, 0.1)
    PULL = Reach(0.25, 0.025)


def wait_for_turn(account_id: int, lane: Lane) -> float:
    """Book the account's next slot, after those who go first; the seconds left to wait for it.

    Raises `NotSent` when even the most patient would wait too long.
    """
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        ahead = reach(lane, waited)
        if (wait := book(account_id, ahead)) is not None:
            return wait
        distance = _distance(account_id)
        if distance > ahead and waited + ahead >= MOST_WAIT:
            raise NotSent("too many requests to this account wait already", retry_after=distance)
        nap = (distance - ahead) / (1.0 + AGEING) * random.uniform(1.0, 1.1)  # noqa: S311
        time.sleep(max(0.001, min(nap, PATIENCE - waited)))


def gap() -> float:
    """Seconds between two requests of one account."""
    return SPARE / float(settings.UPSTREAM_REQUESTS_PER_SECOND)


def reach(lane: Lane, waited: float) -> float:
    """Seconds ahead that may be booked after waiting so long."""
    if waited >= PATIENCE:
        return MOST_WAIT - waited
    own = max(lane.value.gaps * gap(), lane.value.seconds)
    return min(own + AGEING * waited, MOST_WAIT - waited)


def book(account_id: int, ahead: float) -> float | None:
    """Seconds until the slot, now ours; None where the next free one is further than `ahead`."""
    now, later = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE trunks_account SET next_request_at = {later}(next_request_at, {now}) + %s"  # noqa: S608  both come from the table above
            f" WHERE id = %s AND next_request_at <= {now} + %s RETURNING next_request_at - {now}",
            [gap(), account_id, ahead],
        )
        row = cursor.fetchone()
    return None if row is None else max(0.0, row[0] - gap())


def _distance(account_id: int) -> float:
    """Seconds until the next free slot."""
    now, _ = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT next_request_at - {now} FROM trunks_account WHERE id = %s",  # noqa: S608  as above
            [account_id],
        )
        row = cursor.fetchone()
    distance = float(row[0]) if row else 0.0
    if distance > MOST_WAIT + 2 * gap():  # further than anyone books: the clock was set back
        Account.objects.filter(pk=account_id).update(next_request_at=0)
        return 0.0
    return max(0.0, distance)
