from django.db import models


class UpstreamRequest(models.Model):
    """The flight recorder: one request that was sent upstream and what came back.

    Kept for `REQUEST_LOG_DAYS`. Holds no body of ours and no secret: of an answer only what went
    wrong, redacted.
    """

    account = models.ForeignKey("Account", models.CASCADE, related_name="requests")
    change = models.ForeignKey("Change", models.CASCADE, null=True, related_name="requests")
    sync = models.ForeignKey("SyncRun", models.CASCADE, null=True, related_name="requests")
    at = models.DateTimeField(db_index=True)  # when it left
    method = models.CharField(max_length=10)
    path = models.TextField()  # with its query, without the host
    status = models.PositiveSmallIntegerField(null=True)  # null: no answer
    milliseconds = models.PositiveIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)  # of a read that is repeated
    request_id = models.TextField(blank=True, default="")  # upstream's X-Request-Id
    problem = models.TextField(blank=True, default="")  # in our words; "" when all went well
    answer = models.TextField(blank=True, default="")  # redacted, of a failure only

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["account", "-at"], name="request_of_account"),
            models.Index(fields=["change", "at"], name="request_of_change"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Tally(models.Model):
    """A count that only grows, whoever counts: what /metrics shows as a counter.

    `labels`: `name="value",…` in Prometheus' own writing, sorted by name.
    """

    name = models.CharField(max_length=60)
    labels = models.CharField(max_length=200, blank=True, default="")
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["name", "labels"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}{{{self.labels}}} {self.count}"
