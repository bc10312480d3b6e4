"""One trunk read again, now."""

from trunks.models import Account, Trunk
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.mirroring import fingerprint_key
from trunks.services.pace import Lane
from trunks.upstream import Client, Deadline, Missing

REFRESH_SECONDS = 25.0


def refresh(trunk: Trunk, *, lane: Lane = Lane.PERSON) -> Trunk:
    """Read one trunk upstream and mirror it, unless a delivery has it in hand.

    A change of unknown outcome that the read shows to be done is settled. A trunk that is gone
    becomes a tombstone; `Missing` is raised where that is not believed: the key shows no other
    known trunk either, and the account asks a person. Raises `Unavailable`, `Unauthorized`,
    `Refused`, `Invalid`, `Unreadable`, `ForeignTrunk`.
    """
    account = trunk.account
    client = accounts.client_for(account, lane=lane)
    try:
        with accounts.noting_trouble(account):
            _read(account, client, trunk, Deadline(REFRESH_SECONDS))
    finally:
        client.close()
    return Trunk.objects.with_linkage().get(pk=trunk.pk)


def _read(account: Account, client: Client, trunk: Trunk, deadline: Deadline) -> None:
    trunk_id, read_at = str(trunk.pk), database_now()
    try:
        value, included = client.trunk_with_included(trunk_id, deadline)
    except Missing:
        if account.pause == Account.Pause.QUESTION:
            raise
        if not accounts.sees_known_trunks(account, client, deadline, besides=trunk_id):
            accounts.pause_for_question(account, accounts.NONE_VISIBLE)
            raise
        settling.settle_gone(trunk, read_at)
        return
    accounts.resume_after_trouble(account)
    key = fingerprint_key(account)
    settling.mirror_and_settle(account, [value], read_at=read_at, key=key, included=included)
