"""A dead upstream costs little, its account says so, and the others go on."""

from datetime import timedelta
from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.secrets import Secret
from trunks.models import Account, Change, Trunk
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services.accounts import FAILURES_TO_PAUSE, add_account
from trunks.services.delivering import carry_out, deliver, drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit


@pytest.fixture
def waiting(pulled: Account, ada):
    """Twenty edits of twenty trunks, submitted and due."""
    actor = actor_of(ada)
    trunks = Trunk.objects.filter(account=pulled).order_by("pk")[:20]
    return [
        submit(propose(t, {"rtp_timeout": Put(321)}, actor=actor, origin="staff"), actor=actor)
        for t in trunks
    ]


def due_again(account: Account) -> None:
    Change.objects.filter(state="pending").update(next_attempt_at=database_now())
    Account.objects.filter(pk=account.pk).update(probe_at=database_now())


@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"kind": "status", "status": 500}])
def test_after_a_few_without_an_answer_the_account_pauses(waiting, pulled, sandbox, fault):
    sandbox.fault(**fault, times=1000)
    drain()
    pulled.refresh_from_db()
    assert (pulled.pause, pulled.failures) == ("trouble", FAILURES_TO_PAUSE)
    assert Change.objects.filter(state="pending").count() == 20
    tried = len(sandbox.requests)
    assert tried <= FAILURES_TO_PAUSE * 3, "reads are tried three times each"
    drain()
    assert len(sandbox.requests) == tried, "nothing is asked before the back-off is over"


def test_a_dead_upstream_costs_one_question_at_the_back_offs_pace(waiting, pulled, sandbox):
    sandbox.fault("drop_before", times=1000)
    drain()
    sandbox.clear_requests()
    for _ in range(5):
        due_again(pulled)
        drain()
    assert len(sandbox.requests) <= 5 * 3, "however much waits, it asks for known trunks once"
    pulled.refresh_from_db()
    assert pulled.probe_at - database_now() > timedelta(seconds=60), "and ever more rarely"


def test_once_it_answers_all_that_waited_is_sent(waiting, pulled, sandbox):
    sandbox.fault("drop_before", times=1000)
    drain()
    sandbox.clear_faults()
    due_again(pulled)
    assert drain() == {"applied": 20}
    pulled.refresh_from_db()
    assert (pulled.pause, pulled.failures) == ("", 0)


def test_the_other_accounts_go_on(waiting, pulled, sandbox, ada):
    sandbox.fault("drop_before", times=1000)
    with Sandbox() as other:
        other.create_trunk(name="Bolt", authentication_method={"type": "new", "attributes": {}})
        second = add_account("Second", other.url, Secret(other.api_key), actor=SYSTEM)
        pull(second)
        actor = actor_of(ada)
        trunk = Trunk.objects.filter(account=second)[0]
        change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="staff")
        submit(change, actor=actor)
        drain()
        change.refresh_from_db()
        assert change.state == "applied"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_pauses_at_once(waiting, pulled, sandbox, status):
    sandbox.fault("status", status=status, times=1000)
    drain()
    pulled.refresh_from_db()
    assert pulled.pause == "trouble"
    assert str(status) in pulled.pause_reason
    assert len(sandbox.requests) == 1


def test_slow_down_holds_back_the_account_not_only_the_change(waiting, pulled, sandbox):
    sandbox.fault("status", status=429, times=1000, retry_after=30)
    drain()
    assert len(sandbox.requests) <= 3, "the others are not tried against a 429"
    pulled.refresh_from_db()
    assert pulled.pause == ""
    assert Change.objects.filter(state="pending").count() == 20


def test_a_person_is_told_at_once_while_the_account_is_paused(waiting, pulled, sandbox, ada):
    sandbox.fault("status", status=401, times=1000)
    drain()
    sandbox.clear_requests()
    actor = actor_of(ada)
    trunk = Trunk.objects.filter(account=pulled).order_by("pk")[30]
    change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="staff")
    change = deliver(submit(change, actor=actor))
    assert change.state == "pending"
    assert "paused" in change.waiting_reason
    assert not sandbox.requests


def test_a_synchronous_request_to_a_paused_account_leaves_nothing_behind(
    waiting, pulled, sandbox, ada
):
    sandbox.fault("status", status=401, times=1000)
    drain()
    actor = actor_of(ada)
    trunk = Trunk.objects.filter(account=pulled).order_by("pk")[30]
    change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="api")
    submit(change, actor=actor, supersedes=False)
    assert carry_out(change) == "unavailable"
    assert change.state == "cancelled"


def test_held_changes_are_neither_sent_nor_looked_for_and_block_nothing(
    waiting, pulled, sandbox, ada
):
    held = waiting[0]
    Change.objects.filter(pk=held.pk).update(held_at=database_now(), hold_reason="restored")
    actor = actor_of(ada)
    later: Any = propose(held.trunk, {"capacity_limit": Put(9)}, actor=actor, origin="staff")
    submit(later, actor=actor)
    drain()
    held.refresh_from_db()
    later.refresh_from_db()
    assert (held.state, later.state) == ("pending", "applied")
