"""What the database forgets by itself: the daily noise, a bit at a time.

Changes, decisions, batches and the audit are history: nothing here, or anywhere, takes them away.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from trunks.models import CallbackEvent, Notice, SyncRun, UpstreamRequest
from trunks.models.clock import database_now

TOLD_KEPT = timedelta(days=365)  # what upstream told, and what staff were told
PULLS_KEPT = timedelta(days=90)
PRUNED_AT_ONCE = 500  # rows: a short transaction, whatever has piled up
BATCHES_AT_ONCE = 40  # and then the worker turns to what is more urgent


def prune() -> dict[str, int]:
    """Forget what has had its time; how many of each. All 0: nothing is left to forget."""
    return {name: _forget(old(), by) for name, (old, by) in OLD.items()}


def _forget(old: QuerySet[Any], by: str) -> int:
    gone = 0
    for _ in range(BATCHES_AT_ONCE):
        some = list(old.order_by(by).values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        old.model._default_manager.filter(pk__in=some).delete()
        gone += len(some)
        if len(some) < PRUNED_AT_ONCE:
            break
    return gone


def _requests() -> QuerySet[Any]:
    kept = timedelta(days=settings.REQUEST_LOG_DAYS)
    return UpstreamRequest.objects.filter(at__lt=database_now() - kept)


def _events() -> QuerySet[Any]:
    return CallbackEvent.objects.filter(received_at__lt=database_now() - TOLD_KEPT)


def _notices() -> QuerySet[Any]:
    return Notice.objects.filter(at__lt=database_now() - TOLD_KEPT)


def _pulls() -> QuerySet[Any]:
    """Not the latest of an account, which tells when it is due again, nor one whose requests are
    still kept: they would go with it."""
    of_account = SyncRun.objects.filter(account=OuterRef("account")).order_by("-started_at", "-id")
    old = SyncRun.objects.filter(started_at__lt=database_now() - PULLS_KEPT, requests=None)
    return old.exclude(pk=Subquery(of_account.values("pk")[:1]))


# In the words of the command, with the column that tells which are the oldest.
OLD: Mapping[str, tuple[Callable[[], QuerySet[Any]], str]] = {
    "requests": (_requests, "at"),
    "callbacks": (_events, "received_at"),
    "notices": (_notices, "at"),
    "pulls": (_pulls, "started_at"),
}
