"""The record of acts that are no change of a trunk."""

from typing import Any

from django.db import models

from trunks.domain.actor import Actor
from trunks.models import AuditEntry, Customer


def record(
    act: str,
    *,
    actor: Actor,
    subject: models.Model | None = None,
    customer: Customer | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write one entry, which belongs to `customer`, else to the subject's own at this moment.

    `detail` is JSON and holds no secret; a customer may read it, but for a reason of staff.
    """
    customer = customer or _customer_of(subject)
    return AuditEntry.objects.create(
        act=act,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        subject_type=subject._meta.model_name or "" if subject else "",
        subject_id=str(subject.pk) if subject else "",
        subject_label=str(subject)[:254] if subject else "",
        customer_id=str(customer.pk) if customer else "",
        customer_label=str(customer) if customer else "",
        reason=reason,
        detail=detail,
    )


def _customer_of(subject: models.Model | None) -> Customer | None:
    owner = subject if isinstance(subject, Customer) else getattr(subject, "customer", None)
    return owner if isinstance(owner, Customer) else None
