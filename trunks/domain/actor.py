"""Who acts: the same value for a person, a token and the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass

# The rights of staff, by role. Groups are made from this table by migration.
VIEW = frozenset({"view_trunk", "view_did", "view_change", "view_account", "view_syncrun"})
AGENT = VIEW | {
    "add_trunk",
    "change_trunk",
    "switch_method",
    "regenerate_credentials",
    "reveal_password",
    "pull_account",
    "decide_change",
}
ADMIN = AGENT | {
    "delete_trunk",
    "add_account",
    "change_account",
    "add_token",
    "view_token",
    "change_token",
}
STAFF_ROLES: Mapping[str, frozenset[str]] = {"viewer": VIEW, "agent": AGENT, "admin": ADMIN}
# What a token may do, by scope; it acts as a staff admin within its scopes.
SCOPE_RIGHTS: Mapping[str, frozenset[str]] = {
    "read": VIEW,
    "write": ADMIN - {"reveal_password"},
    "credentials": frozenset({"reveal_password"}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind`: staff, member, token or system; `id` is its row's; `rights` are codenames."""

    kind: str
    id: str
    label: str
    rights: frozenset[str] = frozenset()

    def may(self, right: str) -> bool:
        return right in self.rights


SYSTEM = Actor("system", "", "trunkadmin", ADMIN)


class Denied(Exception):
    """The actor has no right to this."""
