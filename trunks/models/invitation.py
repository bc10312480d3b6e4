from datetime import datetime

from django.db import models
from django.db.models import Q

from trunks.models.member import Membership


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        """Those whose link still works."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)

    def unanswered(self) -> "InvitationQuerySet":
        """Neither accepted nor taken back; their link may have run out."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """A link by e-mail that makes somebody a member, once. Only a keyed digest of it is kept."""

    customer = models.ForeignKey("Customer", models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=10, choices=Membership.Role)
    digest = models.CharField(max_length=64, unique=True)  # HMAC-SHA256, hex
    invited_by_label = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(digest=""), name="invitation_has_a_digest"),
            models.UniqueConstraint(
                fields=["customer", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def is_open_at(self, instant: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and instant < self.expires_at
