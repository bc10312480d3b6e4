"""A trunk, and someone who asks for things."""

from typing import Any

import pytest

from trunks.access import actor_of
from trunks.models import Account, Change, Trunk, User
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.submitting import submit


def of_type(type_: str, **more: Any) -> Trunk:
    found = Trunk.objects.filter(auth_type=type_, **more).order_by("pk").first()
    assert found is not None
    return found


@pytest.fixture
def trunk(pulled: Account) -> Trunk:
    """A trunk with credentials whose linkage is its own."""
    return of_type("credentials_and_ip", allow_any_did_as_cli=False)


@pytest.fixture
def ask(ada: User):
    """Ada asks for something and it is delivered at once."""

    def asked(trunk: Trunk | None, patch: Any, **options: Any) -> Change:
        actor = actor_of(ada)
        change = propose(trunk, patch, actor=actor, origin="staff", **options)
        return deliver(submit(change, actor=actor))

    return asked
