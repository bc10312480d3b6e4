"""One trunk read again, now."""

from trunks.models import Trunk
from trunks.models.clock import database_now
from trunks.services import accounts, settling
from trunks.services.mirroring import fingerprint_key, mirror_trunks
from trunks.upstream import Deadline, Missing, Unauthorized

REFRESH_SECONDS = 25.0


def refresh(trunk: Trunk) -> Trunk:
    """Read one trunk upstream and mirror it, unless a delivery has it in hand.

    A change of unknown outcome that the read shows to be done is settled. A trunk that is gone
    becomes a tombstone, where the account's key still shows others. Raises `Unavailable`,
    `Unauthorized`, `Refused`.
    """
    account, trunk_id = trunk.account, str(trunk.pk)
    client = accounts.client_for(account)
    read_at = database_now()
    try:
        value, included = client.trunk_with_included(trunk_id, Deadline(REFRESH_SECONDS))
        accounts.resume_after_trouble(account)
        in_flight = settling.in_flight([trunk_id])
        if not settling.is_held_back(in_flight.get(trunk_id)):
            explained = {id_: settling.units_in(change) for id_, change in in_flight.items()}
            mirror_trunks(
                account,
                [value],
                read_at=read_at,
                key=fingerprint_key(account),
                explained=explained,
                included=included,
            )
            settling.settle_shown([value], in_flight, {}, read_at)
    except Missing:
        if not account.is_paused and accounts.sees_known_trunks(account, client, besides=trunk_id):
            settling.settle_gone(trunk, read_at)
    except Unauthorized as error:
        accounts.pause_for_trouble(account, str(error))
        raise
    finally:
        client.close()
    return Trunk.objects.with_linkage().get(pk=trunk.pk)
