from django.db import models


class AuditEntry(models.Model):
    """One act that is not a change of a trunk: who, what, on what, why, from where.

    Actor and customer are kept as id and label, so that no deletion touches an entry.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    act = models.CharField(max_length=50, db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True, default="")
    actor_label = models.CharField(max_length=254)
    subject_type = models.CharField(max_length=30, blank=True, default="")
    subject_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    subject_label = models.CharField(max_length=254, blank=True, default="")
    customer_id = models.CharField(max_length=64, blank=True, default="")
    customer_label = models.CharField(max_length=254, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.act} {self.subject_label}".strip()
