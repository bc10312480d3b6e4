from datetime import datetime

from django.db import models
from django.db.models import Q

SCOPES = ("read", "write", "credentials")


class Token(models.Model):
    """A key for a program: its public id, and a keyed digest of the secret shown once."""

    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64)  # HMAC-SHA256, hex
    pepper = models.PositiveIntegerField()  # the number of the pepper that signed it
    scopes = models.JSONField(default=list)
    account = models.ForeignKey("Account", models.SET_NULL, null=True, blank=True)
    customer = models.ForeignKey("Customer", models.CASCADE, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(digest=""), name="token_has_a_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"

    def has_scope(self, scope: str) -> bool:
        return scope in self.scopes

    def is_valid_at(self, instant: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or instant < self.expires_at)
