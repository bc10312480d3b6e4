"""Planning for many trunks at once says exactly what planning for each alone says."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.forms import model_to_dict
from django.test.utils import CaptureQueriesContext

from trunks.access import actor_of
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.units import SIP_IPS, TYPE
from trunks.models import Change, Did, Trunk
from trunks.services.courses import Ask
from trunks.services.errors import Denied, Invalid
from trunks.services.proposing import plan_many, propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

pytestmark = pytest.mark.django_db
OWN = ("id", "created_at")

PATCHES: dict[str, Callable[[], Patch]] = {
    "a scalar": lambda: {"capacity_limit": Put(77), "threshold_amount": Put("9000.0")},
    "a block": lambda: {"status": Put("blocked")},
    "a network": lambda: {SIP_IPS: Edit(add=("203.0.113.99/32",))},
    "a method": lambda: {TYPE: Put("twilio")},
    "a DID": lambda: {"dids": Edit(add=(str(Did.objects.can_call_out()[0].pk),))},
    "nothing": dict,
    "nonsense": lambda: {"rtp_timeout": Put(-1), "dids": Edit(add=("no-id",))},
}


def of_one(trunk: Trunk, patch: Patch, actor) -> Change | tuple[str, ...]:
    try:
        return propose(trunk, patch, actor=actor, origin="bulk")
    except Invalid as error:
        return tuple(p.message for p in error.problems)
    except Denied as error:
        return (str(error),)


def said(change: Change) -> dict[str, object]:
    return {k: v for k, v in model_to_dict(change).items() if k not in OWN}


@pytest.mark.parametrize("asked", PATCHES)
def test_each_row_is_what_it_would_be_alone(pulled, sam, asked):
    actor, patch = actor_of(sam), PATCHES[asked]()
    trunks = list(Trunk.objects.with_linkage())
    waiting = propose(trunks[0], {"capacity_limit": Put(5)}, actor=actor, origin="staff")
    submit(waiting, actor=actor)
    alone = [of_one(trunk, patch, actor) for trunk in trunks]
    asks = [Ask(trunk, patch) for trunk in trunks]
    many = list(plan_many(asks, actor=actor, origin="bulk"))
    assert len(many) == len(trunks)
    for one, planned in zip(alone, many, strict=True):
        if isinstance(one, Change):
            assert planned.change is not None
            assert said(planned.change) == said(one)
            assert planned.change.state == "planned"
        else:
            assert planned.change is None
            assert tuple(p.message for p in planned.problems) == one


def test_a_refused_row_yields_its_problems_and_hinders_no_other(pulled, sam):
    fine, gone = Trunk.objects.with_linkage()[:2]
    Trunk.objects.filter(pk=gone.pk).update(gone_at=gone.read_at, auth_password=None, unknown=None)
    trunks = Trunk.objects.with_linkage().filter(pk__in=[fine.pk, gone.pk])
    asks = [Ask(trunk, {"name": Put(f"New {i}")}) for i, trunk in enumerate(trunks)]
    asks.append(Ask(fine, {}, kind="delete"))
    planned = list(plan_many(asks, actor=actor_of(sam), origin="bulk"))
    told = {p.problems[0].message for p in planned if p.problems}
    assert told == {"no longer exists upstream", "Sam Okafor may not delete trunk"}
    assert [p.change.state for p in planned if p.change] == ["planned"]


def test_a_did_of_another_account_is_told_however_its_id_is_written(pulled, sam):
    did = Did.objects.can_call_out()[0]
    other = type(pulled).objects.create(
        name="Other",
        base_url=pulled.base_url,
        api_key=pulled.api_key,
        fingerprint_key=pulled.fingerprint_key,
    )
    Did.objects.filter(pk=did.pk).update(account=other)
    trunk = Trunk.objects.with_linkage().filter(allow_any_did_as_cli=False)[0]
    for id_ in (str(did.pk), str(did.pk).upper()):
        patch: Patch = {"dids": Edit(add=(id_,))}
        (planned,) = plan_many([Ask(trunk, patch)], actor=actor_of(sam), origin="bulk")
        assert planned.problems[0].message == f"{id_} is not one of the account's DIDs"
    patch = {"dids": Edit(add=(str(uuid.uuid4()),))}  # not mirrored yet: upstream's to say
    (planned,) = plan_many([Ask(trunk, patch)], actor=actor_of(sam), origin="bulk")
    assert planned.change is not None


def test_the_queries_do_not_grow_with_the_trunks(account, sandbox, sam):
    sandbox.reset(trunks=200, dids=300)
    assert pull(account).state == "done"
    actor, did = actor_of(sam), str(Did.objects.can_call_out()[0].pk)
    patch: Patch = {"capacity_limit": Put(7), "dids": Edit(add=(did,))}

    def reads(count: int) -> int:
        asks = [Ask(trunk, patch) for trunk in Trunk.objects.with_linkage()[:count]]
        with CaptureQueriesContext(connection) as context:
            list(plan_many(asks, actor=actor, origin="bulk"))
        return sum(1 for query in context if query["sql"].startswith("SELECT"))

    ten, hundred, two_hundred = reads(10), reads(100), reads(200)
    assert ten == hundred
    assert two_hundred == 2 * hundred
