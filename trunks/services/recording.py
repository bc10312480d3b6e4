"""The flight recorder: a row for each request that left for the upstream, and what it counts.

It watches and never takes part: whatever fails here is logged and forgotten, so that no delivery
and no pull depends on it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.db import transaction

from trunks.domain.occasion import facts, occasion
from trunks.models import Account, Change, UpstreamRequest
from trunks.models.clock import database_now
from trunks.services.tallying import add_to_tallies
from trunks.upstream.exchange import Exchange

log = logging.getLogger("trunks.requests")

P = ParamSpec("P")
R = TypeVar("R")
REQUESTS, MILLISECONDS = "upstream_requests", "upstream_request_milliseconds"  # tallies
PRUNED_AT_ONCE = 500  # rows: a short transaction, whatever has piled up
BATCHES_AT_ONCE = 40  # and then the worker turns to what is more urgent


def about_change(do: Callable[Concatenate[Change, P], R]) -> Callable[Concatenate[Change, P], R]:
    """What is logged and sent within belongs to the change."""

    @wraps(do)
    def told(change: Change, /, *args: P.args, **options: P.kwargs) -> R:
        with occasion(change=change.pk, account=change.account_id):
            return do(change, *args, **options)

    return told


def recorder(account: Account) -> Callable[[Exchange], None]:
    """What a transport tells of its requests; they belong to the change or pull under way."""

    def record(exchange: Exchange) -> None:
        try:
            with transaction.atomic():
                _keep(exchange, account)
        except Exception:
            log.exception("a request to account %s could not be recorded", account.pk)

    return record


def _keep(exchange: Exchange, account: Account) -> None:
    under_way = facts()
    UpstreamRequest.objects.create(
        account_id=account.pk,
        change_id=under_way.get("change"),
        sync_id=under_way.get("sync"),
        at=database_now() - timedelta(milliseconds=exchange.milliseconds),
        method=exchange.method,
        path=exchange.path,
        status=exchange.status,
        milliseconds=exchange.milliseconds,
        attempt=exchange.attempt,
        request_id=exchange.request_id,
        problem=exchange.problem,
        answer=exchange.answer,
    )
    labels = {"account": str(account.pk), "method": exchange.method}
    add_to_tallies(
        [
            (REQUESTS, {**labels, "outcome": outcome_of(exchange)}, 1),
            (MILLISECONDS, labels, exchange.milliseconds),
        ]
    )


def outcome_of(exchange: Exchange) -> str:
    """What became of a request, in one of a few words."""
    status = exchange.status
    if status is None:
        return "no_answer"
    if status in (401, 403):
        return "unauthorized"
    if status == 429:
        return "slow_down"
    if 400 <= status < 500 and status != 408:
        return "refused"
    if not 200 <= status < 300:
        return "failed"
    return "unusable" if exchange.problem else "ok"


def prune_requests() -> int:
    """Forget what is older than `REQUEST_LOG_DAYS`, some at a time; how many. 0: all of it."""
    limit = database_now() - timedelta(days=settings.REQUEST_LOG_DAYS)
    old = UpstreamRequest.objects.filter(at__lt=limit).order_by("at")
    gone = 0
    for _ in range(BATCHES_AT_ONCE):
        batch = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        gone += UpstreamRequest.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < PRUNED_AT_ONCE:
            break
    return gone
