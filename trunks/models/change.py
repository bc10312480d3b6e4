import uuid
from typing import Any

from django.db import models
from django.db.models import Q

UNSETTLED = ("pending", "delivering")
FAILED = ("refused", "conflicted")
SETTLED = ("applied", "refused", "conflicted", "cancelled", "superseded", "expired", "observed")


class ChangeQuerySet(models.QuerySet["Change"]):
    def unsettled(self) -> "ChangeQuerySet":
        return self.filter(state__in=UNSETTLED)

    def outcome_unknown(self) -> "ChangeQuerySet":
        """Sent, and what became of it is not known; its lease may still be alive."""
        return self.filter(state=Change.State.DELIVERING, sent_at__isnull=False)

    def drift(self) -> "ChangeQuerySet":
        return self.filter(state=Change.State.OBSERVED, is_drift=True)

    def recent_first(self) -> "ChangeQuerySet":
        return self.order_by("-created_at", "-id")


class Change(models.Model):
    """Everything that happens to a trunk: the plan, the outbox and the history in one row.

    `patch`: what the actor asked for, as `domain.patch` writes it. `base`: what they saw of
    those units. `diff`: for people, as `domain.units.describe` writes it. None of them ever
    holds a credential. Actor and customer are kept as id and label: no deletion touches history.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
        PENDING = "pending", "Waiting for upstream"
        DELIVERING = "delivering", "Being sent"
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused"
        CONFLICTED = "conflicted", "Conflict"
        CANCELLED = "cancelled", "Cancelled"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"
        OBSERVED = "observed", "Seen upstream"

    class Kind(models.TextChoices):
        CREATE = "create", "Create"
        UPDATE = "update", "Update"
        DELETE = "delete", "Delete"
        REGENERATE = "regenerate", "Regenerate credentials"
        OBSERVED = "observed", "Seen upstream"

    class Origin(models.TextChoices):
        STAFF = "staff", "Staff pages"
        PORTAL = "portal", "Portal"
        API = "api", "API"
        BULK = "bulk", "Bulk edit"
        IMPORT = "import", "Import"
        UPSTREAM = "upstream", "Upstream"
        SYSTEM = "system", "System"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("Account", models.PROTECT, related_name="changes")
    trunk = models.ForeignKey("Trunk", models.PROTECT, null=True, related_name="changes")
    trunk_label = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    origin = models.CharField(max_length=10, choices=Origin)

    actor_kind = models.CharField(max_length=10)  # staff, member, token or system
    actor_id = models.CharField(max_length=64, blank=True, default="")
    actor_label = models.CharField(max_length=254, blank=True, default="")
    customer_id = models.CharField(max_length=64, blank=True, default="")
    customer_label = models.CharField(max_length=254, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    patch = models.JSONField(default=dict)
    base = models.JSONField(default=dict)
    diff = models.JSONField(default=list)
    risks = models.JSONField(default=list)  # [{"code", "headline", "detail"}]
    did_numbers = models.JSONField(default=dict)  # {DID id: number}, for reading the diff later
    consequences = models.JSONField(default=list)  # as diff: what upstream did beyond the patch
    conflicts = models.JSONField(default=list)  # [{"field", "base", "ours", "theirs"}]
    errors = models.JSONField(default=list)  # upstream's error objects, or ours in their shape
    credentials_changed = models.BooleanField(default=False)
    is_drift = models.BooleanField(default=False)  # observed: for people to decide, not a fact

    known_ids = models.JSONField(null=True)  # create: ids of that name before the first send
    credentials_before = models.TextField(blank=True, default="")  # keyed fingerprint
    request_id = models.TextField(blank=True, default="")  # upstream's X-Request-Id of the write
    waiting_reason = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=100, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    lease_epoch = models.PositiveBigIntegerField(default=0)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="change_due"),
            models.Index(fields=["trunk", "-created_at"], name="change_of_trunk"),
            models.Index(fields=["-created_at"], name="change_recent"),
            models.Index(fields=["state", "trunk", "is_drift"], name="change_trunks_in"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trunk"],
                condition=Q(state="delivering", trunk__isnull=False),
                name="change_one_delivering_per_trunk",
            ),
            models.UniqueConstraint(
                fields=["account", "trunk_label"],
                condition=Q(state="delivering", kind="create"),
                name="change_one_delivering_per_new_name",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED, settled_at__isnull=False)
                | (~Q(state__in=SETTLED) & Q(settled_at__isnull=True)),
                name="change_settled_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending")
                | Q(submitted_at__isnull=False, next_attempt_at__isnull=False, sent_at=None),
                name="change_pending_is_due_some_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="delivering")
                | Q(sent_at__isnull=False)
                | Q(lease_until__isnull=False),
                name="change_delivering_is_sent_or_leased",
            ),
            models.CheckConstraint(
                condition=Q(trunk__isnull=False) | Q(kind="create"),
                name="change_has_a_trunk_unless_it_creates",
            ),
            models.CheckConstraint(
                condition=Q(kind="observed", state="observed")
                | ~(Q(kind="observed") | Q(state="observed")),
                name="change_observed_is_observed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.trunk_label}".strip()

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_unsettled(self) -> bool:
        return self.state in UNSETTLED

    @property
    def outcome_unknown(self) -> bool:
        """Sent without an answer: shown as such, never sent again."""
        return self.state == self.State.DELIVERING and self.sent_at is not None

    @property
    def fields(self) -> list[str]:
        return [line["field"] for line in self.diff]

    def label_dids(self, values: list[Any]) -> list[str]:
        """Numbers for the DID ids of a diff, as they were when it was written."""
        return [self.did_numbers.get(value) or value for value in values]
