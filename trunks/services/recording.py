"""The flight recorder: a row for each request that left for the upstream, and what it counts.

It watches and never takes part: whatever fails here is logged and forgotten, so that no delivery
and no pull depends on it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

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
