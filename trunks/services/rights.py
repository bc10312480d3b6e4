"""Whether whoever asked for a change may still ask for it when its turn comes."""

from trunks.domain.actor import SCOPE_RIGHTS
from trunks.models import Change, Token, User
from trunks.models.clock import database_now
from trunks.services.proposing import rights_of


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
