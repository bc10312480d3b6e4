"""Which workers there are, by what they say of themselves."""

import os

from trunks.models import Heartbeat
from trunks.models.clock import database_now
from trunks.models.heartbeat import FORGOTTEN_AFTER
from trunks.services.leases import OWNER

BEAT_SECONDS = 5.0


def beat(doing: str = "") -> None:
    """Say that this worker is alive; forget those that nobody replaced."""
    now = database_now()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=OWNER, at=now, doing=doing[:200])],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "doing"],
    )
    Heartbeat.objects.filter(at__lt=now - FORGOTTEN_AFTER).delete()


def fall_silent() -> None:
    """The last word of a worker that stops by itself: nobody waits for its next beat."""
    Heartbeat.objects.filter(name=OWNER).delete()


def forget_predecessors() -> int:
    """Forget the workers of this machine whose process is gone: whoever starts here now takes
    their place. How many. One that lives after all says so again at its next tick."""
    host, own, _ = OWNER.rsplit(":", 2)
    others = Heartbeat.objects.filter(name__startswith=f"{host}:").exclude(name=OWNER)
    numbers = {beat.pk: beat.name.removeprefix(f"{host}:").split(":")[0] for beat in others}
    gone = [pk for pk, number in numbers.items() if number == own or not _is_running(number)]
    return Heartbeat.objects.filter(pk__in=gone).delete()[0]


def _is_running(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (PermissionError, ValueError):  # another user's, or no number
        return True
    return True
