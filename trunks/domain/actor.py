"""Who acts: the same value for a person, a token and the system itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The rights of staff, by role. Groups are made from this table by migration.
VIEW = frozenset(
    {
        "view_trunk",
        "view_did",
        "view_change",
        "view_account",
        "view_syncrun",
        "view_customer",
        "view_membership",
    }
)
AGENT = VIEW | {
    "add_trunk",
    "change_trunk",
    "switch_method",
    "regenerate_credentials",
    "reveal_password",
    "pull_account",
    "decide_change",
    "assign_trunk",
    "view_auditentry",
}
ADMIN = AGENT | {
    "delete_trunk",
    "add_account",
    "change_account",
    "add_token",
    "view_token",
    "change_token",
    "add_customer",
    "change_customer",
    "change_membership",
    "change_railtemplate",
    "approve_change",
    "view_user",
    "add_user",
    "change_user",
}
STAFF_ROLES: Mapping[str, frozenset[str]] = {"viewer": VIEW, "agent": AGENT, "admin": ADMIN}

# The rights of a customer's members, by role, all within the customer's slice; what of them its
# guard rails allow is for those to say.
MEMBER_VIEW = frozenset({"view_trunk", "view_did", "view_change"})
OPERATOR = MEMBER_VIEW | {
    "add_trunk",
    "change_trunk",
    "delete_trunk",
    "switch_method",
    "view_auditentry",
}
OWNER = OPERATOR | {
    "regenerate_credentials",
    "reveal_password",
    "view_membership",
    "change_membership",
    "add_token",
    "view_token",
    "change_token",
}
MEMBER_ROLES: Mapping[str, frozenset[str]] = {
    "viewer": MEMBER_VIEW,
    "operator": OPERATOR,
    "owner": OWNER,
}

# What a token may do, by scope; it acts as a staff admin, a customer's as an owner, within them.
SCOPE_RIGHTS: Mapping[str, frozenset[str]] = {
    "read": VIEW,
    "write": ADMIN - {"reveal_password"},
    "credentials": frozenset({"reveal_password"}),
}


def rights_of_token(scopes: Iterable[str], *, of_customer: bool) -> frozenset[str]:
    rights = frozenset[str]().union(*(SCOPE_RIGHTS[scope] for scope in scopes))
    return rights & OWNER if of_customer else rights


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind`: staff, member, token or system; `id` is its row's; `rights` are codenames.

    `customer_id`: whose member or token it is; None for those who see all.
    """

    kind: str
    id: str
    label: str
    rights: frozenset[str] = frozenset()
    customer_id: int | None = None

    def may(self, right: str) -> bool:
        return right in self.rights


SYSTEM = Actor("system", "", "trunkadmin", ADMIN)


class Denied(Exception):
    """The actor has no right to this."""
