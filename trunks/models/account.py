from django.db import models
from django.db.models import Q

from trunks.models.fields import SealedField


class AccountQuerySet(models.QuerySet["Account"]):
    def paused(self) -> "AccountQuerySet":
        return self.exclude(pause="")


class Account(models.Model):
    """An upstream account and its key, with the lease of its pull and the pace of its requests."""

    class Pause(models.TextChoices):
        NONE = "", "Active"
        TROUBLE = "trouble", "Trouble"  # probed, resumes by itself
        QUESTION = "question", "Question"  # only a person's answer resumes it

    name = models.CharField(max_length=100, unique=True)
    base_url = models.TextField()
    api_key = SealedField()
    callback_secret = SealedField(null=True)
    fingerprint_key = SealedField()

    pause = models.CharField(max_length=10, choices=Pause, blank=True, default="")
    pause_reason = models.TextField(blank=True, default="")
    paused_at = models.DateTimeField(null=True)
    # Attempts in a row that upstream did not answer, and when to ask next whether it does again.
    failures = models.PositiveIntegerField(default=0)
    probe_at = models.DateTimeField(null=True)
    # Staff's answer to "many are gone": the next complete pass may make them tombstones.
    missing_believed = models.BooleanField(default=False)

    balance = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    pull_requested_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)  # begin of the last complete pass over trunks
    dids_pulled_at = models.DateTimeField(null=True)

    callbacks_refused = models.PositiveBigIntegerField(default=0)  # wrong or missing signature

    lease_owner = models.CharField(max_length=100, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    lease_epoch = models.PositiveBigIntegerField(default=0)
    # Seconds since 1970 by the database's clock: when the next request may start.
    next_request_at = models.FloatField(default=0)

    objects = AccountQuerySet.as_manager()

    class Meta:
        permissions = [("pull_account", "Can pull an account now")]
        constraints = [
            models.CheckConstraint(
                condition=Q(pause="", paused_at=None) | (~Q(pause="") & Q(paused_at__isnull=False)),
                name="account_pause_has_its_time",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return bool(self.pause)
