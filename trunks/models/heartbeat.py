from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=1)  # a dead worker that nobody replaced: told of so long


def longest_silence() -> timedelta:
    """After so long a worker counts as dead: the one rule for every page, probe and metric."""
    return max(SILENT_AFTER, timedelta(seconds=2 * settings.LEASE_SECONDS))


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def heard(self, now: datetime) -> "HeartbeatQuerySet":
        """Of the processes that live."""
        return self.filter(at__gt=now - longest_silence())

    def silent(self, now: datetime) -> "HeartbeatQuerySet":
        """Of those that ended without a word."""
        return self.filter(at__lte=now - longest_silence())


class Heartbeat(models.Model):
    """A background process that says it is alive. Who stops on purpose takes its row along."""

    name = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField()
    doing = models.CharField(max_length=200, blank=True, default="")

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
