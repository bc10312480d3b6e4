import uuid

from django.db import models


class BatchQuerySet(models.QuerySet["Batch"]):
    def under_way(self) -> "BatchQuerySet":
        return self.filter(state__in=(Batch.State.RUNNING, Batch.State.PAUSED))

    def planned(self) -> "BatchQuerySet":
        return self.filter(state=Batch.State.PLANNED)

    def recent_first(self) -> "BatchQuerySet":
        return self.order_by("-created_at", "-id")


class Batch(models.Model):
    """One plan for many trunks: an edit, an import, or the undo of either.

    Its rows tell what would happen to each trunk; each row that changes something has a `Change`,
    which is what is sent. Actor is kept as id and label, as on a change.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"  # nothing more is sent until somebody goes on
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"  # what was not sent never will be

    class Kind(models.TextChoices):
        EDIT = "edit", "Bulk edit"
        IMPORT = "import", "Import"
        UNDO = "undo", "Undo"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    undo_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    title = models.TextField(blank=True, default="")  # what it does, in a line
    patch = models.JSONField(default=dict)  # of an edit, as domain.patch writes it
    reason = models.TextField(blank=True, default="")
    notes = models.JSONField(default=list)  # sentences about the whole plan: what was left out
    stop_after = models.PositiveIntegerField(null=True)  # refusals, then it pauses by itself
    refusals_accepted = models.PositiveIntegerField(default=0)  # those known when it was resumed
    pause_reason = models.TextField(blank=True, default="")

    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True, default="")
    actor_label = models.CharField(max_length=254, blank=True, default="")

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.title or self.get_kind_display()

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.PAUSED)

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.FINISHED, self.State.CANCELLED)


class BatchRow(models.Model):
    """What a batch means for one trunk, or for one line of an imported file."""

    class Action(models.TextChoices):
        CREATE = "create", "Create"
        UPDATE = "update", "Update"
        DELETE = "delete", "Delete"
        UNCHANGED = "unchanged", "Unchanged"
        ERROR = "error", "Error"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # from 1; of an import the line's place in the file
    trunk = models.ForeignKey("Trunk", models.PROTECT, null=True, related_name="batch_rows")
    label = models.TextField(blank=True, default="")
    action = models.CharField(max_length=10, choices=Action)
    change = models.OneToOneField("Change", models.PROTECT, null=True, related_name="batch_row")
    problems = models.JSONField(default=list)  # [{"unit", "message"}]: why it would be refused
    note = models.TextField(blank=True, default="")  # what else is to be said of it, in sentences
    risks = models.TextField(blank=True, default="")  # codes, each between spaces, to filter by

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"
