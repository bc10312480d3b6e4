"""A key that opens somebody else's account: nothing is believed there and nothing done."""

from collections.abc import Iterator

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Patch, Put, Whole
from trunks.domain.units import SIP_IPS, TYPE
from trunks.models import Account, Trunk
from trunks.sandbox import Sandbox
from trunks.services.delivering import deliver
from trunks.services.errors import Missing
from trunks.services.proposing import propose
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit


@pytest.fixture
def anothers(pulled) -> Iterator[Sandbox]:
    with Sandbox(trunks=0, dids=0) as other:
        other.create_trunk(name="Somebody else's")
        Account.objects.filter(pk=pulled.pk).update(base_url=other.url)
        pulled.refresh_from_db()
        yield other


def test_a_trunk_that_is_not_there_is_not_gone_and_a_person_is_asked(pulled, anothers):
    trunk = Trunk.objects.order_by("pk")[0]
    with pytest.raises(Missing):
        refresh(trunk)
    pulled.refresh_from_db()
    assert pulled.pause == "question"
    assert not Trunk.objects.tombstones().exists()


def test_nothing_is_created_and_a_person_is_asked(pulled, anothers, ada):
    patch: Patch = {
        "name": Put("Acme new"),
        "on_cli_mismatch_action": Put("reject_call"),
        TYPE: Put("credentials_and_ip"),
        SIP_IPS: Whole(("203.0.113.77/32",)),
    }
    ours = actor_of(ada)
    plan = propose(None, patch, kind="create", actor=ours, origin="staff", account=pulled)
    change = deliver(submit(plan, actor=ours))
    assert (change.state, change.sends) == ("pending", 0)
    assert "paused" in change.waiting_reason
    assert [trunk["attributes"]["name"] for trunk in anothers.trunks()] == ["Somebody else's"]
    pulled.refresh_from_db()
    assert pulled.pause == "question"
