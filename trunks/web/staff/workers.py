"""Whether anything works in the background."""

from trunks.models import Heartbeat
from trunks.models.clock import database_now


def worker_is_alive() -> bool:
    """Whether a background process was heard lately."""
    return Heartbeat.objects.heard(database_now()).exists()
