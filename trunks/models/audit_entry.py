from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable

from trunks.models.slices import OURS


class CustomersEntries(ModelIterable):
    """Rows as a customer reads them: reasons of staff are the house's own."""

    def __iter__(self) -> Iterator["AuditEntry"]:
        for entry in super().__iter__():
            if entry.actor_kind in OURS and "reason" not in entry.get_deferred_fields():
                entry.reason = ""
            yield entry


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of_customer(self, customer_id: int) -> "AuditEntryQuerySet":
        """What concerns a customer, without staff's reasons."""
        theirs = self.filter(customer_id=str(customer_id))
        theirs._iterable_class = CustomersEntries
        return theirs

    def _values(self, *fields: Any, **expressions: Any) -> Any:
        """Values are read past the cleaning: what it is for must be read as rows."""
        is_clean = self._iterable_class is CustomersEntries
        if is_clean and (not fields or "reason" in fields):
            raise TypeError("a customer's audit entries are read as rows, not as values")
        return super()._values(*fields, **expressions)  # type: ignore[misc]


class AuditEntry(models.Model):
    """One act that is not a change of a trunk: who, what, on what, why, from where.

    Actor and customer are kept as id and label, so that no deletion touches an entry. The
    customer reads the entries that name it: `detail` tells nothing of another.
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

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["customer_id", "-at"], name="audit_of_customer")]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.act} {self.subject_label}".strip()
