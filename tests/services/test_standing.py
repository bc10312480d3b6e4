"""How a trunk stands: failing, waiting or drifted, told from its changes."""

from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Trunk, User
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit


@pytest.fixture
def refused(trunk: Trunk, ask, sandbox) -> Trunk:
    """A trunk whose last change upstream refused: the name is another's."""
    sandbox.create_trunk(name="Taken")
    assert ask(trunk, {"name": Put("Taken")}).state == "refused"
    return trunk


def standing(trunk: Trunk) -> set[str]:
    rows = Trunk.objects.filter(pk=trunk.pk)
    found: dict[str, Any] = {
        "failing": rows.failing(),
        "waiting": rows.waiting(),
        "drifted": rows.drifted(),
    }
    return {name for name, those in found.items() if those.exists()}


def test_a_refused_change_is_a_failure_until_a_later_one_succeeds(refused, ask):
    assert standing(refused) == {"failing"}
    assert Trunk.objects.failing().get().failed_state == "refused"  # type: ignore[attr-defined]
    ask(refused, {"rtp_timeout": Put(333)})
    assert standing(refused) == set()


def test_neither_a_plan_nor_what_upstream_did_hides_a_failure(refused, ada: User, sandbox, pulled):
    propose(refused, {"rtp_timeout": Put(333)}, actor=actor_of(ada), origin="staff")
    assert standing(refused) == {"failing"}
    sandbox.change_trunk(str(refused.pk), rtp_timeout=111)
    pull(pulled)
    assert standing(refused) == {"failing", "drifted"}


def test_what_waits_is_no_failure_any_more(refused, ada: User, sandbox):
    sandbox.fault("status", status=503, method="GET", times=3)
    actor = actor_of(ada)
    change = propose(refused, {"rtp_timeout": Put(333)}, actor=actor, origin="staff")
    assert deliver(submit(change, actor=actor)).state == "pending"
    assert standing(refused) == {"waiting"}
