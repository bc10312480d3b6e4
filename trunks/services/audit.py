"""The record of acts that are no change of a trunk."""

from typing import Any

from django.db import models

from trunks.domain.actor import Actor
from trunks.models import AuditEntry, Trunk


def record(
    act: str,
    *,
    actor: Actor,
    subject: models.Model | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write one entry; `detail` is JSON and holds no secret."""
    customer = subject.customer if isinstance(subject, Trunk) else None
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
