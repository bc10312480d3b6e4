from typing import Any

from django.db import models
from django.db.models import Q

from trunks.models.search import digits_of

ATTRIBUTES = (
    "number",
    "description",
    "blocked",
    "awaiting_registration",
    "terminated",
    "emergency_enabled",
    "capacity_limit",
    "channels_included_count",
    "dedicated_channels_count",
    "billing_cycles_count",
    "created_at",
    "expires_at",
)
BOOLEANS = ("blocked", "awaiting_registration", "terminated", "emergency_enabled")
INTEGERS = (
    "capacity_limit",
    "channels_included_count",
    "dedicated_channels_count",
    "billing_cycles_count",
)


class DidQuerySet(models.QuerySet["Did"]):
    def present(self) -> "DidQuerySet":
        return self.filter(gone_at=None)

    def can_call_out(self) -> "DidQuerySet":
        """Numbers that upstream would take as a caller ID: their group says `voice_out`, and they
        are neither terminated nor waiting for registration."""
        usable = self.present().exclude(terminated=True).exclude(awaiting_registration=True)
        return usable.exclude(voice_out=False)

    def can_call_emergency(self) -> "DidQuerySet":
        return self.present().exclude(terminated=True).filter(emergency_enabled=True)

    def can_be_linked(self, linkage: str) -> "DidQuerySet":
        """Those that upstream would take in a trunk's `dids`, or its `emergency_dids`."""
        return self.can_call_out() if linkage == "dids" else self.can_call_emergency()

    def of_customer(self, customer_id: int) -> "DidQuerySet":
        """Its own, and the shared ones on its trunks."""
        relations = (Did.trunks, Did.emergency_trunks)  # type: ignore[attr-defined]
        linked = (r.through.objects.filter(trunk__customer=customer_id) for r in relations)
        shared = [Q(is_shared=True, pk__in=rows.values("did_id")) for rows in linked]
        return self.present().filter(Q(*shared, customer=customer_id, _connector=Q.OR))

    def matching(self, text: str) -> "DidQuerySet":
        """Number (any part of it, separators ignored), description, country or city."""
        words = Q(description__icontains=text) | Q(country__icontains=text)
        words |= Q(city__icontains=text)
        digits = digits_of(text)
        return self.filter(words | Q(number__contains=digits) if digits else words)


class Did(models.Model):
    """A mirror of an upstream number, under upstream's own id."""

    id = models.UUIDField(primary_key=True)
    account = models.ForeignKey("Account", models.CASCADE, related_name="dids")
    customer = models.ForeignKey(
        "Customer", models.SET_NULL, null=True, blank=True, related_name="dids"
    )
    # On the trunks of several customers: nobody's own, seen by each of them.
    is_shared = models.BooleanField(default=False)
    number = models.TextField(null=True, db_index=True)
    description = models.TextField(null=True)
    blocked = models.BooleanField(null=True)
    awaiting_registration = models.BooleanField(null=True)
    terminated = models.BooleanField(null=True)
    emergency_enabled = models.BooleanField(null=True)
    capacity_limit = models.BigIntegerField(null=True)
    channels_included_count = models.BigIntegerField(null=True)
    dedicated_channels_count = models.BigIntegerField(null=True)
    billing_cycles_count = models.BigIntegerField(null=True)
    created_at = models.TextField(null=True)
    expires_at = models.TextField(null=True)
    absent = models.JSONField(default=list)  # attributes upstream did not send: absent is not null

    # From the number's group, known once the DIDs themselves have been pulled.
    voice_out = models.BooleanField(null=True)
    country = models.TextField(blank=True, default="")
    city = models.TextField(blank=True, default="")

    first_seen_at = models.DateTimeField()
    read_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    objects = DidQuerySet.as_manager()

    class Meta:
        verbose_name = "DID"
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_shared=False) | Q(customer=None), name="did_shared_is_nobodys"
            ),
        ]

    def __str__(self) -> str:
        return f"+{self.number}" if self.number else str(self.id)

    def attributes(self) -> dict[str, Any]:
        """What upstream sent, under its own names; what it left out is left out."""
        return {name: getattr(self, name) for name in ATTRIBUTES if name not in self.absent}
