"""What an actor needs for a change, and whether they still have it when its turn comes."""

from collections.abc import Callable, Mapping

from trunks.domain.actor import Actor, Denied, rights_of_token
from trunks.domain.units import TYPE
from trunks.models import Change, Membership, Token, Trunk, User
from trunks.models.clock import database_now

RIGHTS = {
    Change.Kind.CREATE: "add_trunk",
    Change.Kind.UPDATE: "change_trunk",
    Change.Kind.DELETE: "delete_trunk",
    Change.Kind.REGENERATE: "regenerate_credentials",
}


def rights_for(kind: str, *, switches: bool) -> set[str]:
    """What an actor needs for a change of this kind; `switches`: it sets another method."""
    switch = {"switch_method"} if switches and kind == Change.Kind.UPDATE else set()
    return {RIGHTS[Change.Kind(kind)]} | switch


def rights_of(change: Change) -> set[str]:
    """What whoever submits the change, and whoever asked for it, needs."""
    switches = TYPE in change.patch and change.base.get(TYPE) != change.patch[TYPE].get("set")
    return rights_for(change.kind, switches=switches)


def still_may(change: Change) -> bool:
    """False once the person lost the right, or the token was revoked or ran out, or what they
    asked for is no longer theirs: the trunk has moved to another customer, or they have."""
    asks = CHECKS.get(change.actor_kind)
    return asks is None or asks(change, rights_of(change))


def _staff_may(change: Change, needed: set[str]) -> bool:
    user = User.objects.filter(pk=change.actor_id, is_active=True, is_staff=True).first()
    return user is not None and user.has_perms([f"trunks.{right}" for right in needed])


def _token_may(change: Change, needed: set[str]) -> bool:
    token = Token.objects.filter(pk=change.actor_id).first()
    if token is None or not token.is_valid_at(database_now()):
        return False
    owner = token.customer_id
    if owner is not None and not _is_theirs(change, owner):
        return False
    return needed <= rights_of_token(token.scopes, of_customer=owner is not None)


def _member_may(change: Change, needed: set[str]) -> bool:
    people = Membership.objects.filter(user__is_active=True, user__is_staff=False)
    member = people.filter(user_id=int(change.actor_id)).first()
    if member is None or not _is_theirs(change, member.customer_id):
        return False
    return needed <= member.rights


def _is_theirs(change: Change, customer_id: int) -> bool:
    """Then and now: when it was asked for, and the trunk's customer at this moment."""
    if change.customer_id != str(customer_id):
        return False
    if change.trunk_id is None:
        return True
    return Trunk.objects.filter(pk=change.trunk_id, customer=customer_id).exists()


CHECKS: Mapping[str, Callable[[Change, set[str]], bool]] = {
    "staff": _staff_may,
    "member": _member_may,
    "token": _token_may,
}


def require_own(change: Change, actor: Actor) -> None:
    """A customer's actors act on what their own side asked for, never on staff's. Raises
    `Denied`."""
    if actor.customer_id is None:
        return
    if change.actor_kind in ("staff", "system") or not _is_theirs(change, actor.customer_id):
        raise Denied(f"{actor.label} did not ask for this")
