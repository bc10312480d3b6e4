from datetime import datetime

from django.db import models
from django.db.models import Q

from trunks.models.trunk import Trunk


class CallbackEventQuerySet(models.QuerySet["CallbackEvent"]):
    def waiting(self) -> "CallbackEventQuerySet":
        """Whose trunk was not read again since."""
        return self.filter(refreshed_at=None)

    def due(self, now: datetime) -> "CallbackEventQuerySet":
        """Waiting, and its next try has come."""
        return self.waiting().filter(Q(next_try_at=None) | Q(next_try_at__lte=now))

    def since(self, instant: datetime) -> "CallbackEventQuerySet":
        return self.filter(received_at__gte=instant)

    def of_trunk(self, trunk: Trunk) -> "CallbackEventQuerySet":
        """What the trunk's own account was told about it: another's word does not count."""
        return self.filter(account=trunk.account_id, trunk_id=trunk.pk)


class CallbackEvent(models.Model):
    """One event upstream told us by itself: a trunk was blocked, or goes on.

    Kept as it was said; upstream gives it no id, so trunk, status and instant tell it apart.
    `trunk_id` is upstream's, whether or not the trunk is mirrored here.
    """

    account = models.ForeignKey("Account", models.PROTECT, related_name="callback_events")
    trunk_id = models.UUIDField()
    status = models.TextField(blank=True, default="")  # after the event: blocked, active
    threshold_reached = models.BooleanField(null=True)  # whether the 24-hour limit was the cause
    created_at = models.CharField(max_length=64)  # upstream's text, whatever it holds
    received_at = models.DateTimeField()
    refreshed_at = models.DateTimeField(null=True)  # when the trunk was read again because of it
    # Whoever begins a read moves this on first, so that no two read at once; so does a failure.
    next_try_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)

    objects = CallbackEventQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["trunk_id", "-received_at"], name="callback_of_trunk"),
            models.Index(
                fields=["received_at"], condition=Q(refreshed_at=None), name="callback_waiting"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "trunk_id", "status", "created_at"], name="callback_event_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.created_at}".strip()
