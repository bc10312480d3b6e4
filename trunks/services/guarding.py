"""What a customer's side asks for, held against their guard rails: when it is planned, and again
on what upstream holds right before it is sent."""

from collections.abc import Iterator
from typing import Any

from trunks.domain.guardrails import Act, Breach, Facts, judge, judge_act, same_field
from trunks.domain.units import LINKAGES, Units
from trunks.models import Change, Customer, Decision, Did, Trunk
from trunks.models.search import is_uuid
from trunks.services.errors import BeyondRails
from trunks.services.problems import error_objects
from trunks.services.rails import rails_of

ACTS: dict[str, Act] = {"delete": "delete", "regenerate": "regenerate"}
LOOKED_THROUGH = 200  # of the trunk's latest changes, for who blocked it
State, Kind = Change.State, Change.Kind


def find_breaches(
    customer: Customer, kind: str, trunk: Trunk | None, before: Units | None, after: Units
) -> tuple[Breach, ...]:
    """`before` and `after`: the whole trunk, as it is met and as it is to be."""
    rails = rails_of(customer)
    if kind in ACTS:
        return judge_act(rails, ACTS[kind])
    return judge(rails, before, after, facts=_facts(customer, trunk, before or {}, after))


def refusal(change: Change, before: Units | None, after: Units) -> list[dict[str, Any]]:
    """Why a change may not be sent after all, as error objects; [] if it may.

    What staff approved may go beyond those rails that it was asked for; what is closed by now
    not even then.
    """
    if not change.is_railed:
        return []
    customer = Customer.objects.select_related("rails").get(pk=change.customer_id)
    # As mirrored a moment ago.
    trunk = Trunk.objects.get(pk=change.trunk_id) if change.trunk_id else None
    found = find_breaches(customer, change.kind, trunk, before, after)
    approved = [line["unit"] for line in change.breaches] if is_approved(change) else []
    left = [b for b in found if not (b.is_requestable and _is_among(b, approved))]
    return error_objects(BeyondRails(left)) if left else []


def is_approved(change: Change) -> bool:
    return change.decisions.filter(kind=Decision.Kind.APPROVED).exists()


def _is_among(breach: Breach, units: list[str]) -> bool:
    return any(same_field(breach.unit, unit) for unit in units)


def facts_for_form(trunk: Trunk | None, customer: Customer) -> Facts:
    """What `locked_fields` has to know of a trunk before anything is asked for."""
    blocked_by = who_blocked(trunk) if trunk and trunk.status == "blocked" else ""
    return Facts(blocked_by=blocked_by, name_prefix=customer.name_prefix)


def _facts(customer: Customer, trunk: Trunk | None, before: Units, after: Units) -> Facts:
    frees = trunk and before.get("status") != after.get("status") != "blocked"
    return Facts(
        blocked_by=who_blocked(trunk) if trunk and frees else "",
        own_dids=_own(customer, before, after),
        name_prefix=customer.name_prefix,
    )


def _own(customer: Customer, before: Units, after: Units) -> frozenset[str]:
    """Of the DIDs that are moved, those that the customer has."""
    moved = {i for unit in LINKAGES for i in {*before.get(unit, ())} ^ {*after.get(unit, ())}}
    moved |= {str(after["default_did"])} if after.get("default_did") else set()
    if not moved:
        return frozenset()
    rows = Did.objects.of_customer(customer.pk).filter(pk__in=filter(is_uuid, moved))
    return frozenset(str(pk) for pk in rows.values_list("pk", flat=True))


# --- Who blocked it -------------------------------------------------------------------------------


def who_blocked(trunk: Trunk) -> str:
    """ "threshold", "staff", "member" of its present customer, or "" where that is not known.

    Staff who block what is blocked already mean it: from then on it is theirs. A member cannot
    take a block over like that.
    """
    if trunk.threshold_reached:
        return "threshold"
    if waiting := _waiting_block(trunk):
        return waiting
    for change in _latest(trunk):
        if change.is_railed:
            if _blocks(change):
                return "member" if change.customer_id == str(trunk.customer_id) else "staff"
        elif change.state == State.OBSERVED:
            if _moves_status(change):
                return ""
        elif _asks_to_block(change) or _blocks(change):
            return "staff"
        if _frees(change):
            return ""  # what is blocked again since was not recorded
    return ""


def _waiting_block(trunk: Trunk) -> str:
    """Who blocks it by what is on its way; of what is blocked already a member takes nothing."""
    waiting = Change.objects.unsettled().filter(trunk=trunk.pk, kind=Kind.UPDATE)
    blocks = [change for change in waiting.order_by("-submitted_at") if _asks_to_block(change)]
    if any(not change.is_railed for change in blocks):
        return "staff"
    return "member" if blocks and trunk.status != "blocked" else ""


def _latest(trunk: Trunk) -> Iterator[Change]:
    columns = ("is_railed", "customer_id", "state", "patch", "diff", "consequences", "trunk_id")
    effects = Change.objects.filter(trunk=trunk.pk).with_effect().only(*columns)
    yield from effects.order_by("-settled_at", "-created_at")[:LOOKED_THROUGH]


def _status_lines(change: Change) -> list[dict[str, Any]]:
    return [line for line in (*change.diff, *change.consequences) if line["field"] == "status"]


def _moves_status(change: Change) -> bool:
    return bool(_status_lines(change))


def _blocks(change: Change) -> bool:
    return any(line.get("new") == "blocked" for line in _status_lines(change))


def _frees(change: Change) -> bool:
    return any(line.get("new") != "blocked" for line in _status_lines(change))


def _asks_to_block(change: Change) -> bool:
    asked: dict[str, Any] = change.patch.get("status", {})
    return asked.get("set") == "blocked"
