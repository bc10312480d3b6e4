import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.query import ModelIterable

from trunks.domain.patch import Op, load_patch
from trunks.models.decision import Decision
from trunks.models.slices import NOT_READ_AS_VALUES, OURS, slice_of

UNSETTLED = ("pending", "delivering")
FAILED = ("refused", "conflicted")
WITH_EFFECT = ("applied", "observed")
SETTLED = ("applied", "refused", "conflicted", "cancelled", "superseded", "expired", "observed")


class ChangeQuerySet(models.QuerySet["Change"]):
    def unsettled(self) -> "ChangeQuerySet":
        return self.filter(state__in=UNSETTLED)

    def outcome_unknown(self) -> "ChangeQuerySet":
        """Sent, and what became of it is not known; its lease may still be alive."""
        return self.filter(state=Change.State.DELIVERING, sent_at__isnull=False)

    def ready(self, now: datetime) -> "ChangeQuerySet":
        """What may be sent now, in its order: single changes before those of a batch."""
        first = F("batch").asc(nulls_first=True)
        due = self.filter(SENDABLE, state=Change.State.PENDING, next_attempt_at__lte=now)
        # Each on its own: joined by OR they would be looked for in all the account's history.
        before = Exists(Change.objects.filter(_before(OuterRef)))
        namesake = Q(trunk=None) & Exists(Change.objects.filter(_namesake(OuterRef)))
        return due.filter(~before, ~namesake).order_by(first, "submitted_at", "created_at")

    def in_the_way_of(self, change: "Change") -> "ChangeQuerySet":
        """What must be settled before this change may be sent, in the order it will be."""

        def of(column: str) -> Any:
            return getattr(change, column)

        in_the_way = _namesake(of) if change.trunk_id is None else _before(of)
        return self.filter(in_the_way).order_by("submitted_at")

    def to_look_for(self, now: datetime) -> "ChangeQuerySet":
        """Sent, unanswered, in nobody's hands: it is time to look what became of them."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
        return self.outcome_unknown().filter(free, due, held_at=None, quarantined_at=None)

    def drift(self) -> "ChangeQuerySet":
        return self.filter(state=Change.State.OBSERVED, is_drift=True)

    def holding_key(self, kind: str, id_: str, key: str) -> "Change | None":
        """The change an actor's idempotency key points at; one that ended unsent frees it."""
        made = self.filter(actor_kind=kind, actor_id=id_, idempotency_key=key)
        return made.exclude(state__in=("cancelled", "expired")).first()

    def undecided(self) -> "ChangeQuerySet":
        """Drift and conflicts that nobody has decided on, or whose decision came to nothing."""
        asks = Q(state=Change.State.OBSERVED, is_drift=True) | Q(state=Change.State.CONFLICTED)
        return self.filter(asks, ~is_decided())

    def with_effect(self) -> "ChangeQuerySet":
        """What moved a trunk: history is walked along these."""
        return self.filter(state__in=WITH_EFFECT)

    def in_doubt(self) -> "ChangeQuerySet":
        """Looking does not tell what became of them: a person decides."""
        return self.outcome_unknown().filter(quarantined_at__isnull=False)

    def requests(self) -> "ChangeQuerySet":
        """What members ask for beyond their guard rails, and nobody has decided yet."""
        return self.filter(state=Change.State.AWAITING_APPROVAL)

    def held(self) -> "ChangeQuerySet":
        """They wait for a person to let them go on."""
        return self.unsettled().filter(held_at__isnull=False)

    def recent_first(self) -> "ChangeQuerySet":
        return self.order_by("-created_at", "-id")

    def of_customer(self, customer_id: int) -> "ChangeQuerySet":
        """What happened to a customer's trunks while they had them, read as `slice_of` cleans it;
        what staff have only planned is not theirs to see."""
        planned = Q(state=Change.State.PLANNED, actor_kind__in=OURS)
        theirs = self.filter(~planned, customer_id=str(customer_id))
        theirs._iterable_class = slice_of(customer_id)
        return theirs

    def _values(self, *fields: Any, **expressions: Any) -> Any:
        """Values are read past the cleaning: what it is for must be read as rows."""
        is_clean = self._iterable_class is not ModelIterable
        if is_clean and (not fields or NOT_READ_AS_VALUES & set(map(str, fields))):
            raise TypeError("a customer's changes are read as rows, not as values")
        return super()._values(*fields, **expressions)  # type: ignore[misc]


def is_decided() -> Exists:
    """Whether a standing decision says what to do about a change."""
    return Exists(Decision.objects.standing().filter(change=OuterRef("pk")))


# Neither held back for a person nor one of a batch that stands still.
SENDABLE = Q(held_at=None) & (Q(batch=None) | Q(batch__state="running"))


def _before(of: Callable[[str], Any]) -> Q:
    """What must be settled before a change of a trunk may be sent, given that change's columns:
    what was submitted before and is not held back, and what is being sent."""
    earlier = Q(state="pending", submitted_at__lt=of("submitted_at")) & SENDABLE
    return ~Q(pk=of("pk")) & Q(trunk=of("trunk_id")) & (Q(state="delivering") | earlier)


def _namesake(of: Callable[[str], Any]) -> Q:
    """What must be settled before a create may be sent: one of the same name that is being sent."""
    same = Q(account=of("account_id"), trunk_label=of("trunk_label"), kind="create")
    return ~Q(pk=of("pk")) & Q(trunk=None, state="delivering") & same


class Change(models.Model):
    """Everything that happens to a trunk: the plan, the outbox and the history in one row.

    `patch`: what the actor asked for, as `domain.patch` writes it. `base`: what they saw of
    those units. `diff`: for people, as `domain.units.describe` writes it: what it would do and,
    once it is applied, what it did; with `consequences` it leads from how the trunk was to how
    it is, and history is walked along them. None of them ever holds a credential. Actor and
    customer are kept as id and label: no deletion touches history.
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

    # --- one of many, and one after another ---
    batch = models.ForeignKey("Batch", models.PROTECT, null=True, related_name="changes")
    superseded_units = models.JSONField(default=list)  # of the patch: a later change has them
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")
    # Of a program's POST: unique per token until the change ends unsent; digest of the body.
    idempotency_key = models.CharField(max_length=255, blank=True, default="")
    idempotency_digest = models.CharField(max_length=64, blank=True, default="")

    # --- guard rails ---
    is_railed = models.BooleanField(default=False)  # asked for by the customer's own side
    # What of it goes beyond their rails: [{"unit", "rail", "allowed", "is_requestable"}].
    breaches = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)  # awaiting approval: nobody decides after this
    reverse_at = models.DateTimeField(null=True)  # approved only until then

    # --- on the way ---
    held_at = models.DateTimeField(null=True)  # a person must let it go on
    hold_reason = models.TextField(blank=True, default="")
    sends = models.PositiveIntegerField(default=0)  # how often it left; more than once only after
    absent_at = models.DateTimeField(null=True)  # … a read, and another later, did not show it
    quarantined_at = models.DateTimeField(null=True)  # in doubt: nothing is done, a person decides
    candidates = models.JSONField(default=list)  # create in doubt: ids it may have become
    known_ids = models.JSONField(null=True)  # create: ids of that name before the first send
    credentials_before = models.TextField(blank=True, default="")  # keyed fingerprint
    request_id = models.TextField(blank=True, default="")  # upstream's X-Request-Id of the write
    waiting_reason = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)

    seen_at = models.DateTimeField(null=True)  # since when its author saw `base`; null: not known
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
        permissions = [
            ("decide_change", "Can decide drift, conflicts and doubts"),
            ("approve_change", "Can approve what members request"),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="change_due"),
            models.Index(fields=["trunk", "-created_at"], name="change_of_trunk"),
            models.Index(fields=["-created_at"], name="change_recent"),
            models.Index(fields=["customer_id", "-created_at"], name="change_of_customer"),
            models.Index(fields=["state", "trunk", "is_drift"], name="change_trunks_in"),
            models.Index(fields=["state", "origin"], name="change_counted"),  # by /metrics
            models.Index(
                fields=["reverse_at"],
                condition=Q(reverse_at__isnull=False),
                name="change_reversed_at",
            ),
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
            models.UniqueConstraint(
                fields=["actor_kind", "actor_id", "idempotency_key"],
                condition=~Q(idempotency_key="") & ~Q(state__in=("cancelled", "expired")),
                name="change_idempotency_key_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED, settled_at__isnull=False)
                | (~Q(state__in=SETTLED) & Q(settled_at__isnull=True)),
                name="change_settled_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="awaiting_approval")
                | Q(expires_at__isnull=False, is_railed=True),
                name="change_awaiting_ends_some_time",
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
    def is_in_doubt(self) -> bool:
        """Sent, and looking does not tell what became of it: a person decides."""
        return self.outcome_unknown and self.quarantined_at is not None

    def ops(self) -> dict[str, Op]:
        """What is asked for: the patch but for what a later change took over."""
        return {u: op for u, op in load_patch(self.patch).items() if u not in self.superseded_units}

    def known_of_its_name(self) -> set[str]:
        """Of a create: the trunks of that name that it cannot have made. They were there before it
        was first sent, or another create has made them since."""
        others = Change.objects.filter(
            account=self.account_id, kind=self.Kind.CREATE, trunk_label=self.trunk_label
        )
        made = others.exclude(pk=self.pk).exclude(trunk=None).values_list("trunk_id", flat=True)
        return {*(self.known_ids or []), *(str(pk) for pk in made)}

    @property
    def outcome_unknown(self) -> bool:
        """Sent without an answer: shown as such, never sent again."""
        return self.state == self.State.DELIVERING and self.sent_at is not None

    @property
    def needs_approval(self) -> bool:
        """Planned by a customer's side, and more than their guard rails let them do."""
        return self.is_railed and bool(self.breaches)

    @property
    def fields(self) -> list[str]:
        return [line["field"] for line in self.diff]

    def label_dids(self, values: list[Any]) -> list[str]:
        """Numbers for the DID ids of a diff, as they were when it was written."""
        return [self.did_numbers.get(value) or value for value in values]
