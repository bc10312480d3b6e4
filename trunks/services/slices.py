"""What a customer's actor asks for, kept within their slice, whatever face it came through."""

from collections.abc import Iterator
from dataclasses import replace

from trunks.domain.actor import Actor, Denied
from trunks.domain.lists import without
from trunks.domain.networks import shown
from trunks.domain.patch import Edit, Op, Put, Whole
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import LINKAGES, MANAGED_BY
from trunks.models import Customer, Did, Trunk
from trunks.models.search import is_uuid
from trunks.services.courses import Ask

NAMING_DIDS = (*LINKAGES, "default_did")


def within_slice(ask: Ask, actor: Actor) -> Ask:
    """The ask as it may be planned; one of staff as it is.

    A new trunk is the customer's. Lists of DIDs become what is added and removed of their own, so
    that the foreign ones on a trunk, which they do not see, stay. Raises `Denied` for a trunk that
    is not theirs, `Invalid` for DIDs that are not.
    """
    if actor.customer_id is None:
        return ask
    if ask.trunk is None:
        ask = replace(ask, customer=Customer.objects.get(pk=actor.customer_id))
    elif ask.trunk.customer_id != actor.customer_id:
        raise Denied(f"{actor.label} has no such trunk")
    named = {unit: op for unit, op in ask.patch.items() if unit in NAMING_DIDS}
    if not named:
        return ask
    return replace(ask, patch={**ask.patch, **_narrowed(named, ask.trunk, actor.customer_id)})


def _narrowed(named: dict[str, Op], trunk: Trunk | None, customer_id: int) -> dict[str, Op]:
    linked = {unit: _linked(trunk, unit) for unit in named if unit in LINKAGES}
    asked = {id_ for op in named.values() for id_ in _ids(op)}
    mentioned = asked.union(*linked.values())
    rows = Did.objects.of_customer(customer_id).filter(pk__in=filter(is_uuid, mentioned))
    own = {str(pk) for pk in rows.values_list("pk", flat=True)}
    if problems := list(_foreign(named, own)):
        raise Invalid(problems)
    return {unit: _as_edit(op, linked.get(unit, ()), own) for unit, op in named.items()}


def _linked(trunk: Trunk | None, unit: str) -> tuple[str, ...]:
    """What the trunk lists; nothing that anybody chose while a flag gives it all there are."""
    if trunk is None or getattr(trunk, MANAGED_BY[unit]):
        return ()
    return tuple(str(did.pk) for did in getattr(trunk, unit).all())


def _as_edit(op: Op, linked: tuple[str, ...], own: set[str]) -> Op:
    if not isinstance(op, Whole):
        return op
    seen = tuple(id_ for id_ in linked if id_ in own)
    return Edit(add=without(op.values, seen), remove=without(seen, op.values))


def _foreign(named: dict[str, Op], own: set[str]) -> Iterator[Problem]:
    """In the same words whether the DID is somebody else's or nobody has ever seen it."""
    for unit, op in named.items():
        for id_ in _ids(op):
            if id_ not in own:
                yield Problem(unit, f"{shown(id_)} is not one of your DIDs")


def _ids(op: Op) -> tuple[str, ...]:
    match op:
        case Put(value):
            return () if value is None else (str(value),)
        case Whole(values):
            return values
        case Edit(add, remove):
            return (*add, *remove)
