"""What an actor needs for a change, and whether they still have it when its turn comes."""

from trunks.domain.actor import SCOPE_RIGHTS
from trunks.domain.units import TYPE
from trunks.models import Change, Token, User
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
    """False once the person lost the right or the token was revoked or ran out."""
    needed = rights_of(change)
    if change.actor_kind == "token":
        token = Token.objects.filter(pk=change.actor_id).first()
        if token is None or not token.is_valid_at(database_now()):
            return False
        return needed <= frozenset[str]().union(*(SCOPE_RIGHTS[s] for s in token.scopes))
    if change.actor_kind == "staff":
        user = User.objects.filter(pk=change.actor_id, is_active=True, is_staff=True).first()
        return user is not None and user.has_perms([f"trunks.{right}" for right in needed])
    return True
