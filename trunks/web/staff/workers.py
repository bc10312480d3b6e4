"""Whether anything works in the background."""

from datetime import timedelta

from django.conf import settings

from trunks.models import Heartbeat
from trunks.models.clock import database_now


def worker_is_alive() -> bool:
    """Whether a background process was heard lately."""
    silence = timedelta(seconds=max(60, 2 * settings.LEASE_SECONDS))
    return Heartbeat.objects.filter(at__gte=database_now() - silence).exists()
