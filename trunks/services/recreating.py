"""A tombstone's last settings as the plan of a new trunk."""

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.domain.again import hindrance, made_again
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import LINKAGES
from trunks.models import Change, Trunk
from trunks.services.deciding import decide_gone
from trunks.services.proposing import propose
from trunks.services.submitting import require_decision


def plan_again(trunk: Trunk, *, actor: Actor) -> Change:
    """Plan to create a trunk with the last settings of one that is gone, for the same customer.

    Its risks say what is new about it and what cannot come back: it is reviewed before anything
    is sent. Raises `Invalid` where its settings alone do not make a trunk, `Denied`.
    """
    require_decision(actor)
    last = trunk.units()
    if why := _hindrance(trunk):
        raise Invalid([Problem("", why)])
    usable = {name: _usable(trunk, name) for name in LINKAGES}
    again = made_again(last, usable, old_id=str(trunk.pk))
    with transaction.atomic():
        plan = propose(
            None,
            again.patch,
            kind=Change.Kind.CREATE,
            actor=actor,
            origin=Change.Origin.STAFF,
            account=trunk.account,
        )
        plan.risks = [note.as_dict() for note in again.notes]
        plan.customer_id = str(trunk.customer_id or "")
        plan.customer_label = str(trunk.customer or "")
        plan.save(update_fields=["risks", "customer_id", "customer_label"])
        decide_gone(trunk, plan, actor=actor)
    return plan


def _hindrance(trunk: Trunk) -> str:
    return hindrance(trunk.units()) if trunk.is_gone else "It is still there upstream."


def _usable(trunk: Trunk, linkage: str) -> set[str]:
    linked = getattr(trunk, linkage).filter(account=trunk.account)
    return {str(pk) for pk in linked.can_be_linked(linkage).values_list("pk", flat=True)}
