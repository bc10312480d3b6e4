from django.db import models
from django.db.models import Q


class SyncRun(models.Model):
    """One pull of one account: its progress while it runs, its result ever after."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"  # its process died; the lease ran out

    account = models.ForeignKey("Account", models.CASCADE, related_name="syncs")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    with_dids = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    total = models.PositiveIntegerField(null=True)  # what upstream said there is
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    dids_seen = models.PositiveIntegerField(default=0)
    set_aside = models.JSONField(default=list)  # [{"id", "reason"}]: trunks that made no sense
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["account", "-started_at"], name="sync_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="running"), name="sync_one_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        if self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds(), 2)

    @property
    def done(self) -> int:
        return self.seen + self.dids_seen
