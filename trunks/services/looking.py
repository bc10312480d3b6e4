"""What became of a write without an answer: looked for, and never sent again blindly.

Found done, it is applied. Not there at two looks, a settle time apart and both that long after it
was sent, it was not done and is sent again. Where looking cannot tell, a person decides. Clocks
are never compared with upstream's.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from trunks.domain.merge import is_shown
from trunks.models import Account, Change
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.claims import claim_look, leave_unknown, release_to_send_again, write
from trunks.services.errors import ForeignTrunk, Invalid, LeaseLost, Unreadable
from trunks.services.mirroring import fingerprint_key
from trunks.services.recording import about_change
from trunks.services.refreshing import refresh
from trunks.services.waits import back_off
from trunks.upstream import Client, Deadline, Missing, UpstreamError
from trunks.upstream.values import UpstreamTrunk

log = logging.getLogger("trunks.deliver")

SOON_SECONDS = 2.0  # the first look: most of what was done shows at once
LOOK_SECONDS = 25.0
NOT_CLEAR = "a trunk of that name is there now, and it cannot be told whether this made it"
TWO_FOUND = "more than one trunk of that name is there now"


def first_look() -> float:
    """Seconds after the send."""
    return min(SOON_SECONDS, settings.UPSTREAM_SETTLE_SECONDS)


@about_change
def look(change: Change) -> Change:
    """Look once, if it is time; the change as it then stands. Never raises for upstream."""
    if not claim_look(change):
        return change
    account = Account.objects.get(pk=change.account_id)
    try:
        _look(change, account)
    except LeaseLost:
        log.info("change %s was settled by somebody else", change.pk)
    except (UpstreamError, ForeignTrunk, Invalid, Unreadable) as error:
        _later(change, error)
    change.refresh_from_db()
    return change


def _later(change: Change, error: Exception) -> None:
    leave_unknown(change, f"looked for, without an answer: {error}", look_in=back_off(1))


def _look(change: Change, account: Account) -> None:
    began = database_now()
    if change.trunk is not None:
        refresh(change.trunk)
    else:
        _look_for_new(change, account)
    change.refresh_from_db()
    if change.outcome_unknown and not change.is_in_doubt:
        _not_there(change, began)


def _not_there(change: Change, looked_at: datetime) -> None:
    settle_time = timedelta(seconds=settings.UPSTREAM_SETTLE_SECONDS)
    assert change.sent_at is not None  # noqa: S101  outcome_unknown
    counts_from = change.sent_at + settle_time
    if change.absent_at is not None:
        counts_from = change.absent_at + settle_time
    wait = (counts_from - looked_at).total_seconds()
    if wait > 0:
        leave_unknown(change, "not there yet: looked for again", look_in=wait)
    elif change.absent_at is None:
        reason = "not there after the settle time: looked for once more before it is sent again"
        leave_unknown(change, reason, look_in=settle_time.total_seconds(), absent_at=database_now())
    else:
        release_to_send_again(change, "sent without an answer and twice not there: sent again")


def _look_for_new(change: Change, account: Account) -> None:
    """A create: what is there under that name and was not before."""
    client = accounts.client_for(account)
    try:
        read_at = database_now()
        with accounts.noting_trouble(account):
            new = _new_of_that_name(change, client)
    finally:
        client.close()
    accounts.resume_after_trouble(account)
    if not new:
        return
    if len(new) > 1 or not is_shown(change.ops(), new[0].units()):
        _quarantine(change, new)
    settling.mirror_and_settle(
        account, new, read_at=read_at, key=fingerprint_key(account), included={}
    )


def _new_of_that_name(change: Change, client: Client) -> list[UpstreamTrunk]:
    deadline = Deadline(LOOK_SECONDS)
    known = change.known_of_its_name()
    new = [id_ for id_ in client.ids_named(change.trunk_label, deadline) if id_ not in known]
    return [found for id_ in new if (found := _read(client, id_, deadline)) is not None]


def _read(client: Client, trunk_id: str, deadline: Deadline) -> UpstreamTrunk | None:
    try:
        return client.trunk(trunk_id, deadline)
    except Missing:
        return None


def _quarantine(change: Change, found: list[UpstreamTrunk]) -> None:
    """In doubt: nothing is sent or deleted, both are shown, a person decides."""
    reason = TWO_FOUND if len(found) > 1 else NOT_CLEAR
    with transaction.atomic():
        write(
            change,
            quarantined_at=database_now(),
            candidates=[value.id for value in found],
            waiting_reason=reason,
        )
    change.refresh_from_db()
    log.warning("change %s of %s is in doubt: %s", change.pk, change.account_id, reason)
