"""Events that upstream told, as rows: each once, with its notice."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from trunks.models import Account, CallbackEvent, Notice, Trunk
from trunks.models.clock import database_now
from trunks.services.notices import notice_of_block
from trunks.services.tallying import add_to_tallies
from trunks.upstream.callbacks import ToldEvent

BATCH = 500
RECEIVED = "callbacks_received"  # a tally: rows are forgotten some day, a count only grows


def keep_events(account: Account, told: Sequence[ToldEvent]) -> int:
    """Store what is new, with its notices: both or neither; how many were new.

    An event of a trunk that is not known here asks for a pull of the account.
    """
    with transaction.atomic():
        # One delivery at a time: two that arrive at once must not both take an event for new.
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        now, known = database_now(), _known(account, told)
        fresh = list({event.key: event for event in told if event.key not in known}.values())
        rows = [_row(account, event, now) for event in fresh]
        CallbackEvent.objects.bulk_create(rows, batch_size=BATCH)
        trunks = _own_trunks(account, fresh)
        _give_notice(account, fresh, trunks, now)
        if fresh:
            add_to_tallies([(RECEIVED, {"account": str(account.pk)}, len(fresh))])
        if any(event.trunk_id not in trunks for event in fresh):
            Account.objects.filter(pk=account.pk).update(pull_requested_at=now)
    return len(fresh)


def _known(account: Account, told: Sequence[ToldEvent]) -> set[tuple[UUID, str, str]]:
    same = CallbackEvent.objects.filter(
        account=account,
        trunk_id__in={event.trunk_id for event in told},
        created_at__in={event.created_at for event in told},
    )
    return set(same.values_list("trunk_id", "status", "created_at"))


def _own_trunks(account: Account, told: Sequence[ToldEvent]) -> dict[UUID, Trunk]:
    """Only the account's own: what one account is told touches no other's trunk."""
    return Trunk.objects.filter(account=account).in_bulk([event.trunk_id for event in told])


def _row(account: Account, event: ToldEvent, now: datetime) -> CallbackEvent:
    return CallbackEvent(
        account=account,
        trunk_id=event.trunk_id,
        status=event.status,
        threshold_reached=event.threshold_reached,
        created_at=event.created_at,
        received_at=now,
        next_try_at=now,
    )


def _give_notice(
    account: Account, events: Sequence[ToldEvent], trunks: dict[UUID, Trunk], now: datetime
) -> None:
    found = [notice_of_block(account, trunks.get(event.trunk_id), event, now) for event in events]
    Notice.objects.bulk_create([notice for notice in found if notice], batch_size=BATCH)
