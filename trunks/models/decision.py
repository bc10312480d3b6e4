from django.db import models

# States of the change that a decision is carried out by, in which it decides nothing: it is only
# planned, or came to nothing. One that ran into a conflict has handed the question on to it.
IDLE = ("planned", "refused", "cancelled", "expired")


class DecisionQuerySet(models.QuerySet["Decision"]):
    def standing(self) -> "DecisionQuerySet":
        """Those that count: nothing has to be decided again."""
        return self.exclude(by__state__in=IDLE)


class Decision(models.Model):
    """What somebody decided about a change that is settled already, stands in doubt, or was asked
    for.

    A row of its own: the change it is about is history and is not touched by it.
    """

    class Kind(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", "Acknowledged"  # drift: seen, stays as it is
        REVERTED = "reverted", "Reverted"  # drift: `by` puts it back
        IGNORED = "ignored", "Ignored from now on"  # drift: its fields are ignored
        MINE = "mine", "Kept mine"  # conflict
        THEIRS = "theirs", "Took theirs"  # conflict
        EDITED = "edited", "Edited"  # conflict: neither, or some of each
        ADOPTED = "adopted", "Found upstream"  # doubt: this trunk is the one that was created
        SENT_AGAIN = "sent_again", "Sent again"  # doubt: it certainly was not done
        GIVEN_UP = "given_up", "Given up"  # doubt, or held back after a restore
        RELEASED = "released", "Released"  # held back after a restore: may be sent
        APPROVED = "approved", "Approved"  # request: sent, though beyond the guard rails
        DENIED = "denied", "Refused"  # request
        REVERSED = "reversed", "Put back"  # request: its time was over, `by` puts it back

    change = models.ForeignKey("Change", models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=15, choices=Kind)
    by = models.ForeignKey("Change", models.PROTECT, null=True, related_name="decides")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True, default="")
    actor_label = models.CharField(max_length=254, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.actor_label}"


class IgnoredField(models.Model):
    """A field of a trunk that upstream may move without being reported as drift."""

    trunk = models.ForeignKey("Trunk", models.CASCADE, related_name="ignored_fields")
    unit = models.CharField(max_length=100)
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="ignored_fields")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trunk", "unit"], name="ignored_field_once"),
        ]

    def __str__(self) -> str:
        return self.unit
