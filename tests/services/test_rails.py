"""Guard rails on the way of a write: judged when planned, judged again on what upstream has, and
passed by nobody without an approval."""

from datetime import timedelta

import pytest

from tests.services.conftest import of_type
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Edit, Op, Put, Whole
from trunks.domain.units import METHOD, SIP_IPS, TYPE
from trunks.models import Change, Customer, Trunk
from trunks.models.clock import database_now
from trunks.services.assigning import assign
from trunks.services.courses import Ask
from trunks.services.delivering import deliver, drain
from trunks.services.errors import (
    BeyondRails,
    Denied,
    Invalid,
    NeedsApproval,
    NotPlanned,
    NotWaiting,
)
from trunks.services.guarding import who_blocked
from trunks.services.proposing import block_patch, plan_many, propose
from trunks.services.rails import delete_template, rails_of, save_template, set_rails
from trunks.services.refreshing import refresh
from trunks.services.requesting import approve, deny, expire_requests, request, withdraw
from trunks.services.reversing import reverse_due
from trunks.services.submitting import submit
from trunks.services.tokens import create_token

pytestmark = pytest.mark.usefixtures("pulled")

ROOMY = {
    "most_calls": 20,
    "most_spent": "100.0",
    "widest_ipv4": 29,
    "destinations": ["ES", "44"],
    "acts": ["create", "delete", "regenerate", "switch_method"],
}
HOUR = timedelta(hours=1)


@pytest.fixture
def lent(pulled, acme, ask) -> Trunk:
    """A trunk of Acme's: 10 calls at once, 50 USD a day, two networks, Spain and nothing else."""
    cheap = {"spent_value__lt": 10, "threshold_reached": False}
    trunk = of_type("credentials_and_ip", allow_any_did_as_cli=False, **cheap)
    assign([trunk], acme, actor=SYSTEM)
    settings = {
        "capacity_limit": Put(10),
        "threshold_amount": Put("50.0"),
        SIP_IPS: Whole(("198.51.100.0/24", "203.0.113.5/32")),
        "default_dst_action": Put("reject_all"),
        "dst_prefixes": Whole(("34",)),
        "status": Put("active"),
        "callback_url": Put(None),
        "on_cli_mismatch_action": Put("reject_call"),
        "emergency_enable_all": Put(False),
    }
    change = ask(Trunk.objects.get(pk=trunk.pk), settings)
    assert change.state == "applied", change.errors
    return fresh(trunk)


@pytest.fixture
def wish(alice):
    """Alice asks for something and it is delivered at once."""

    def wished(trunk, patch, **options) -> Change:
        actor = actor_of(alice)
        change = propose(trunk, patch, actor=actor, origin="portal", **options)
        return deliver(submit(change, actor=actor))

    return wished


@pytest.fixture
def requested(alice):
    """Alice requests what goes beyond her rails."""

    def made(trunk, patch, *, reverse_at=None, **options) -> Change:
        actor = actor_of(alice)
        change = propose(trunk, patch, actor=actor, origin="portal", on_request=True, **options)
        return request(change, actor=actor, reason="A campaign", reverse_at=reverse_at)

    return made


def fresh(trunk: Trunk) -> Trunk:
    return Trunk.objects.get(pk=trunk.pk)


# --- When it is planned ---------------------------------------------------------------------------


def test_what_tightens_applies_at_once(lent, wish):
    change = wish(lent, {"capacity_limit": Put(5), SIP_IPS: Edit(remove=("203.0.113.5/32",))})
    assert change.state == "applied"
    assert fresh(lent).capacity_limit == 5


@pytest.mark.parametrize(
    "patch",
    [
        {"capacity_limit": Put(11)},
        {"capacity_limit": Put(None)},
        {"threshold_amount": Put("60.0")},
        {SIP_IPS: Edit(add=("10.0.0.0/8",))},
        {"dst_prefixes": Edit(add=("49",))},
        {"default_dst_action": Put("allow_all")},
    ],
)
def test_what_loosens_is_refused_with_the_rail_and_can_be_requested(lent, alice, patch):
    with pytest.raises(BeyondRails) as error:
        propose(lent, patch, actor=actor_of(alice), origin="portal")
    assert error.value.is_requestable
    assert "guard rail" in error.value.problems[0].message
    assert not Change.objects.filter(actor_kind="member").exists()


@pytest.mark.parametrize(
    "patch",
    [
        {"allow_any_did_as_cli": Put(True)},
        {"on_cli_mismatch_action": Put("send_original_cli")},
        {"emergency_enable_all": Put(True)},
        {"callback_url": Put("https://example.com/")},
        {TYPE: Put("twilio"), METHOD + "twilio_account_sid": Put("AC" + "1" * 32)},
        {"capacity_limit": Put(11), "callback_url": Put("https://example.com/")},
    ],
)
def test_what_is_closed_cannot_even_be_requested(lent, alice, patch):
    with pytest.raises(BeyondRails) as error:
        propose(lent, patch, actor=actor_of(alice), origin="portal", on_request=True)
    assert not error.value.is_requestable


def test_what_is_wrong_and_beyond_is_told_together(lent, alice):
    patch = {"capacity_limit": Put(11), "rtp_timeout": Put(7)}
    with pytest.raises(Invalid) as error:
        propose(lent, patch, actor=actor_of(alice), origin="portal", on_request=True)
    assert {"capacity_limit", "rtp_timeout"} <= {p.unit for p in error.value.problems}
    assert not isinstance(error.value, BeyondRails)


@pytest.mark.parametrize("kind", ["create", "delete", "regenerate"])
def test_acts_are_as_the_rails_say(lent, alice, acme, pulled, kind):
    set_rails(acme, own={"acts": []}, actor=SYSTEM)
    trunk, patch = (None, {"name": Put("New")}) if kind == "create" else (lent, {})
    options = {"account": pulled} if kind == "create" else {}
    with pytest.raises(Invalid) as error:
        propose(trunk, patch, kind=kind, actor=actor_of(alice), origin="portal", **options)
    assert any("only staff" in p.message for p in error.value.problems)


def test_a_customers_token_has_the_same_rails(lent, acme):
    token = create_token("PBX", scopes=["read", "write"], customer=acme, actor=SYSTEM)[0]
    with pytest.raises(BeyondRails):
        propose(lent, {"capacity_limit": Put(11)}, actor=actor_of(token), origin="api")


def test_staff_and_their_tokens_have_none(lent, ask):
    assert ask(lent, {"capacity_limit": Put(500)}).state == "applied"
    token = create_token("house", scopes=["read", "write"], actor=SYSTEM)[0]
    change = propose(lent, {"capacity_limit": Put(900)}, actor=actor_of(token), origin="api")
    assert not change.is_railed


def test_among_many_what_is_beyond_says_so(lent, alice):
    asks = [Ask(lent, {"capacity_limit": Put(11)}), Ask(lent, {"capacity_limit": Put(9)})]
    beyond, fine = plan_many(asks, actor=actor_of(alice), origin="bulk")
    assert "guard rail" in beyond.problems[0].message
    assert fine.change is not None
    assert fine.change.is_railed


def test_names_begin_with_the_customers_prefix(lent, acme, wish, alice):
    Customer.objects.filter(pk=acme.pk).update(name_prefix="ACME ")
    assert wish(lent, {"name": Put("ACME Berlin")}).state == "applied"
    with pytest.raises(BeyondRails):
        propose(lent, {"name": Put("Berlin")}, actor=actor_of(alice), origin="portal")


# --- Whose rails ----------------------------------------------------------------------------------


def test_own_rails_come_before_a_templates(acme):
    assert rails_of(acme).most_calls is None
    template = save_template("Shops", ROOMY, actor=SYSTEM)
    set_rails(acme, template=template, actor=SYSTEM)
    assert rails_of(acme).most_calls == 20
    set_rails(acme, own={"most_calls": 5}, actor=SYSTEM)
    assert rails_of(acme).most_calls == 5


def test_rails_are_kept_only_if_they_make_sense_and_only_by_who_may(acme, alice, sam):
    with pytest.raises(Invalid):
        set_rails(acme, own={"most_calls": "many"}, actor=SYSTEM)
    for asker in (alice, sam):
        with pytest.raises(Denied):
            set_rails(acme, own={}, actor=actor_of(asker))
        with pytest.raises(Denied):
            save_template("Mine", {}, actor=actor_of(asker))


def test_a_template_in_use_stays(acme):
    template = save_template("Shops", ROOMY, actor=SYSTEM)
    with pytest.raises(Invalid):
        save_template("shops", {}, actor=SYSTEM)
    set_rails(acme, template=template, actor=SYSTEM)
    with pytest.raises(Invalid):
        delete_template(template, actor=SYSTEM)
    set_rails(acme, actor=SYSTEM)
    delete_template(template, actor=SYSTEM)


# --- Right before it is sent ----------------------------------------------------------------------


def test_rails_that_were_tightened_meanwhile_hold(lent, acme, alice, sandbox):
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    change = submit(
        propose(lent, {"capacity_limit": Put(15)}, actor=actor, origin="portal"), actor=actor
    )
    set_rails(acme, actor=SYSTEM)
    sandbox.clear_requests()
    assert deliver(change).state == "refused"
    assert "guard rail" in change.errors[0]["detail"]
    assert [r for r in sandbox.requests if r["method"] != "GET"] == []


def test_what_upstream_has_by_then_decides_whether_it_loosens(lent, alice, sandbox):
    """A prefix more tightened the trunk when it was planned; now it would open a country."""
    sandbox.change_trunk(str(lent.pk), default_dst_action="allow_all", dst_prefixes=["34"])
    refresh(fresh(lent))
    actor = actor_of(alice)
    patch = {"dst_prefixes": Edit(add=("49",))}
    change = submit(propose(fresh(lent), patch, actor=actor, origin="portal"), actor=actor)
    sandbox.change_trunk(str(lent.pk), default_dst_action="reject_all")
    sandbox.clear_requests()
    assert deliver(change).state == "refused"
    assert change.errors[0]["source"]["pointer"] == "/data/attributes/dst_prefixes"


@pytest.mark.parametrize("kind", ["delete", "regenerate"])
def test_an_act_whose_leave_was_taken_is_not_sent(lent, acme, alice, sandbox, kind):
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    plan = propose(lent, {}, kind=kind, actor=actor, origin="portal")
    change = submit(plan, actor=actor)
    set_rails(acme, own={"acts": []}, actor=SYSTEM)
    sandbox.clear_requests()
    assert deliver(change).state == "refused"
    assert [r for r in sandbox.requests if r["method"] != "GET"] == []


NEW: dict[str, Op] = {
    "name": Put("Paris"),
    "on_cli_mismatch_action": Put("reject_call"),
    "capacity_limit": Put(20),
    "threshold_amount": Put("100.0"),
    "default_dst_action": Put("reject_all"),
    "dst_prefixes": Whole(("34",)),
    TYPE: Put("credentials_and_ip"),
    SIP_IPS: Whole(("192.0.2.1/32",)),
}


def test_a_new_trunk_is_the_customers_and_judged_again_too(acme, alice, pulled):
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    made = propose(None, NEW, kind="create", actor=actor, origin="portal", account=pulled)
    made = deliver(submit(made, actor=actor))
    assert made.state == "applied", made.errors
    assert Trunk.objects.get(pk=str(made.trunk_id)).customer == acme
    other = {**NEW, "name": Put("Lyon")}
    late = propose(None, other, kind="create", actor=actor, origin="portal", account=pulled)
    submit(late, actor=actor)
    set_rails(acme, own={"acts": ["create"], "most_calls": 10}, actor=SYSTEM)
    assert deliver(late).state == "refused"


def test_what_a_new_trunk_leaves_out_is_judged_too(acme, alice, pulled):
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    silent = {unit: op for unit, op in NEW.items() if unit != "threshold_amount"}
    with pytest.raises(BeyondRails):
        propose(None, silent, kind="create", actor=actor_of(alice), origin="api", account=pulled)


# --- Who blocked it -------------------------------------------------------------------------------


def test_a_member_unblocks_what_a_member_blocked(lent, wish):
    assert wish(lent, block_patch(True)).state == "applied"
    assert who_blocked(fresh(lent)) == "member"
    assert wish(fresh(lent), block_patch(False)).state == "applied"


def test_a_member_does_not_unblock_what_staff_blocked(lent, ask, wish):
    ask(lent, block_patch(True))
    assert who_blocked(fresh(lent)) == "staff"
    with pytest.raises(BeyondRails) as error:
        wish(fresh(lent), block_patch(False))
    assert not error.value.is_requestable
    assert "staff have blocked" in error.value.problems[0].message


def test_blocking_once_more_does_not_make_it_a_members_block(lent, ask, wish):
    ask(lent, block_patch(True))
    wish(fresh(lent), block_patch(True))
    wish(fresh(lent), {"status": Put("blocked"), "name": Put("Mine now")})
    assert who_blocked(fresh(lent)) == "staff"


def test_staff_who_block_what_a_member_blocked_mean_it(lent, ask, wish):
    wish(lent, block_patch(True))
    ask(fresh(lent), block_patch(True))
    assert who_blocked(fresh(lent)) == "staff"


def test_nobody_but_staff_unblocks_what_the_limit_or_someone_unknown_blocked(lent, sandbox, wish):
    sandbox.change_trunk(str(lent.pk), status="blocked")
    refresh(fresh(lent))
    assert who_blocked(fresh(lent)) == ""
    with pytest.raises(BeyondRails):
        wish(fresh(lent), block_patch(False))
    Trunk.objects.filter(pk=lent.pk).update(threshold_reached=True)
    assert who_blocked(fresh(lent)) == "threshold"
    with pytest.raises(BeyondRails, match="24-hour limit"):
        wish(fresh(lent), block_patch(False))


def test_a_block_that_staff_made_meanwhile_is_not_lifted_by_an_earlier_wish(lent, ask, alice, wish):
    wish(lent, block_patch(True))
    actor = actor_of(alice)
    change = propose(fresh(lent), block_patch(False), actor=actor, origin="portal")
    ask(fresh(lent), block_patch(True))
    assert deliver(submit(change, actor=actor)).state == "refused"
    assert fresh(lent).status == "blocked"


def test_what_another_customer_blocked_is_not_theirs_to_unblock(lent, wish, bolt):
    wish(lent, block_patch(True))
    assign([fresh(lent)], bolt, credentials="kept", reason="Sold", actor=SYSTEM)
    assert who_blocked(fresh(lent)) == "staff"


# --- Requests -------------------------------------------------------------------------------------


def test_a_request_waits_and_is_sent_once_approved(lent, requested, ada, sandbox):
    change = requested(lent, {"capacity_limit": Put(50)})
    assert change.state == "awaiting_approval"
    assert change.breaches[0]["unit"] == "capacity_limit"
    assert change.expires_at > database_now() + timedelta(days=6)
    assert drain() == {}
    approve(change, actor=actor_of(ada), word="For the fair")
    assert deliver(change).state == "applied"
    assert fresh(lent).capacity_limit == 50
    decision = change.decisions.get()
    assert (decision.kind, decision.reason, decision.actor_label) == (
        "approved",
        "For the fair",
        "Ada Lind",
    )
    assert change.actor_kind == "member"


def test_a_refusal_has_a_word_and_sends_nothing(lent, requested, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    with pytest.raises(Invalid):
        deny(change, actor=actor_of(ada), word=" ")
    deny(change, actor=actor_of(ada), word="Ask again in May")
    assert change.state == "refused"
    assert change.errors[0]["detail"] == "Ask again in May"
    assert change.decisions.get().kind == "denied"
    assert drain() == {}
    assert not Trunk.objects.failing().filter(pk=lent.pk).exists()
    with pytest.raises(NotWaiting):
        approve(change, actor=actor_of(ada))


def test_only_admins_of_staff_decide(lent, requested, sam, vera, alice, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    for asker in (sam, vera, alice):
        with pytest.raises(Denied):
            approve(change, actor=actor_of(asker))
        with pytest.raises(Denied):
            deny(change, actor=actor_of(asker), word="no")
    approve(change, actor=actor_of(ada))
    with pytest.raises(NotWaiting):
        approve(change, actor=actor_of(ada))


def test_a_plan_beyond_the_rails_is_not_submitted_by_a_member(lent, alice, ann, ada):
    actor = actor_of(alice)
    patch = {"capacity_limit": Put(50)}
    change = propose(lent, patch, actor=actor, origin="portal", on_request=True)
    for asker in (alice, ann):
        with pytest.raises(NeedsApproval):
            submit(change, actor=actor_of(asker))
    assert drain() == {}
    inside = propose(lent, {"capacity_limit": Put(5)}, actor=actor, origin="portal")
    with pytest.raises(Invalid):
        request(inside, actor=actor)


def test_a_request_is_made_once(lent, requested, alice):
    change = requested(lent, {"capacity_limit": Put(50)})
    with pytest.raises(NotPlanned):
        request(change, actor=actor_of(alice))


def test_it_refuses_another_customers_request(lent, requested, bob):
    change = requested(lent, {"capacity_limit": Put(50)})
    with pytest.raises(Denied):
        withdraw(change, actor=actor_of(bob))


def test_who_asked_can_withdraw(lent, requested, ann, abe, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    with pytest.raises(Denied):
        withdraw(change, actor=actor_of(abe))
    withdraw(change, actor=actor_of(ann))
    assert change.state == "cancelled"
    with pytest.raises(NotWaiting):
        approve(change, actor=actor_of(ada))


def test_a_request_runs_out(lent, requested, ada):
    one, other = (requested(lent, {"capacity_limit": Put(n)}) for n in (50, 60))
    Change.objects.filter(pk=one.pk).update(expires_at=database_now() - HOUR)
    with pytest.raises(NotWaiting):
        approve(one, actor=actor_of(ada))
    assert one.state == "expired"
    Change.objects.filter(pk=other.pk).update(expires_at=database_now() - HOUR)
    assert expire_requests() == 1
    other.refresh_from_db()
    assert (other.state, bool(other.settled_at)) == ("expired", True)


def test_who_is_no_member_any_more_gets_nothing_approved(lent, acme, requested, alice, ann, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    later = requested(lent, {"capacity_limit": Put(60)})
    approve(later, actor=actor_of(ada))
    alice.membership.delete()
    with pytest.raises(NotWaiting):
        approve(change, actor=actor_of(ada))
    assert change.state == "cancelled"
    assert deliver(later).state == "cancelled"


def test_a_trunk_that_moved_takes_no_request_along(lent, bolt, requested, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    assign([fresh(lent)], bolt, credentials="kept", reason="Sold", actor=SYSTEM)
    with pytest.raises(NotWaiting):
        approve(change, actor=actor_of(ada))
    assert fresh(lent).capacity_limit == 10


def test_an_approval_covers_what_was_asked_for_and_nothing_else(lent, acme, requested, ada):
    """The rest of the change was inside the rails; they have been tightened since."""
    set_rails(acme, own={**ROOMY, "most_calls": 12}, actor=SYSTEM)
    patch = {"capacity_limit": Put(50), "threshold_amount": Put("90.0")}
    change = requested(lent, patch)
    assert [line["unit"] for line in change.breaches] == ["capacity_limit"]
    set_rails(acme, actor=SYSTEM)
    approve(change, actor=actor_of(ada))
    assert deliver(change).state == "refused"
    assert [e["source"]["pointer"] for e in change.errors] == ["/data/attributes/threshold_amount"]


def test_what_was_closed_since_is_not_sent_though_approved(lent, acme, requested, ada):
    change = requested(lent, {"capacity_limit": Put(50)})
    approve(change, actor=actor_of(ada))
    set_rails(acme, own={"fields": {"capacity_limit": "closed"}}, actor=SYSTEM)
    assert deliver(change).state == "refused"


def test_a_program_of_the_customers_supersedes_nothing_of_staffs(lent, acme, alice):
    house = actor_of(create_token("house", scopes=["write"], actor=SYSTEM)[0])
    theirs = actor_of(create_token("PBX", scopes=["write"], customer=acme, actor=SYSTEM)[0])
    first = submit(
        propose(lent, {"capacity_limit": Put(8)}, actor=house, origin="api"), actor=house
    )
    submit(propose(lent, {"capacity_limit": Put(7)}, actor=theirs, origin="api"), actor=theirs)
    first.refresh_from_db()
    assert first.state == "pending"


# --- For a time -----------------------------------------------------------------------------------


def its_time_is_over(change: Change) -> None:
    Change.objects.filter(pk=change.pk).update(reverse_at=database_now() - HOUR)


@pytest.fixture
def granted(requested, ada):
    """What was approved for an hour, and applied."""

    def made(trunk, patch) -> Change:
        change = requested(trunk, patch, reverse_at=database_now() + HOUR)
        approve(change, actor=actor_of(ada))
        assert deliver(change).state == "applied", change.errors
        return change

    return made


def put_back() -> None:
    """What a worker does, as often as it takes."""
    for _ in range(3):
        reverse_due()
        for change in Change.objects.filter(state="pending").order_by("submitted_at"):
            assert deliver(change).state == "applied", change.errors


@pytest.mark.parametrize(
    "patch",
    [
        {"capacity_limit": Put(50)},
        {"capacity_limit": Put(None), "threshold_amount": Put("900.0")},
        {SIP_IPS: Edit(add=("10.0.0.0/8",), remove=("203.0.113.5/32",))},
        {"dst_prefixes": Edit(add=("49",))},
        {"default_dst_action": Put("allow_all"), "dst_prefixes": Whole(("7",))},
        {"rtp_timeout": Put(99)},
    ],
)
def test_what_was_approved_for_a_time_is_put_back_by_itself(lent, granted, patch):
    before = lent.units()
    change = granted(lent, patch)
    reverse_due()
    assert fresh(lent).units() != before
    its_time_is_over(change)
    put_back()
    after = fresh(lent).units()
    assert {u: v for u, v in after.items() if u != SIP_IPS} == {
        u: v for u, v in before.items() if u != SIP_IPS
    }
    assert set(after[SIP_IPS]) == set(before[SIP_IPS])
    decision = change.decisions.get(kind="reversed")
    assert decision.by.origin == "system"
    assert reverse_due() == 0


def test_what_was_tightened_meanwhile_stays_tight(lent, granted, wish):
    change = granted(lent, {"capacity_limit": Put(50), SIP_IPS: Edit(add=("10.0.0.0/8",))})
    wish(fresh(lent), {"capacity_limit": Put(4), SIP_IPS: Edit(remove=("203.0.113.5/32",))})
    its_time_is_over(change)
    put_back()
    assert fresh(lent).capacity_limit == 4
    assert fresh(lent).units()[SIP_IPS] == ("198.51.100.0/24",)


@pytest.mark.parametrize(
    ("patch", "dodge", "unit"),
    [
        ({"capacity_limit": Put(50)}, {"capacity_limit": Put(49)}, "capacity_limit"),
        (
            {SIP_IPS: Edit(add=("10.0.0.0/8",))},
            {SIP_IPS: Edit(add=("10.0.0.0/9", "10.128.0.0/9"), remove=("10.0.0.0/8",))},
            SIP_IPS,
        ),
        (
            {"dst_prefixes": Edit(add=("49",))},
            {"dst_prefixes": Edit(add=("491", "493"), remove=("49",))},
            "dst_prefixes",
        ),
    ],
)
def test_a_little_tightening_does_not_keep_an_exception_alive(
    lent, granted, wish, patch, dodge, unit
):
    before = lent.units()
    change = granted(lent, patch)
    assert wish(fresh(lent), dodge).state == "applied"
    its_time_is_over(change)
    put_back()
    assert fresh(lent).units()[unit] == before[unit]


def test_what_staff_decided_since_stays(lent, granted, ask):
    change = granted(lent, {"capacity_limit": Put(50)})
    ask(fresh(lent), {"capacity_limit": Put(80)})
    its_time_is_over(change)
    put_back()
    assert fresh(lent).capacity_limit == 80
    assert change.decisions.get(kind="reversed").by is None


def test_one_exception_on_another_leads_back_to_before_both(lent, granted):
    first = granted(lent, {"capacity_limit": Put(50)})
    second = granted(fresh(lent), {"capacity_limit": Put(80)})
    its_time_is_over(first)
    put_back()
    assert fresh(lent).capacity_limit == 80
    its_time_is_over(second)
    put_back()
    assert fresh(lent).capacity_limit == 10


def test_what_was_not_sent_in_its_time_never_is(lent, requested, ada):
    change = requested(lent, {"capacity_limit": Put(50)}, reverse_at=database_now() + HOUR)
    approve(change, actor=actor_of(ada))
    its_time_is_over(change)
    assert reverse_due() == 1
    assert deliver(change).state == "cancelled"
    assert fresh(lent).capacity_limit == 10


def test_a_time_lies_ahead_and_is_for_changes_only(lent, acme, alice, requested, pulled):
    with pytest.raises(Invalid):
        requested(lent, {"capacity_limit": Put(50)}, reverse_at=database_now() - HOUR)
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    big = {**NEW, "capacity_limit": Put(900)}
    with pytest.raises(Invalid):
        requested(None, big, kind="create", account=pulled, reverse_at=database_now() + HOUR)


def test_a_trunk_that_is_gone_has_nothing_to_put_back(lent, granted):
    change = granted(lent, {"capacity_limit": Put(50)})
    its_time_is_over(change)
    Trunk.objects.filter(pk=lent.pk).update(
        gone_at=database_now(), auth_password=None, unknown=None
    )
    assert reverse_due() == 1
    assert change.decisions.get(kind="reversed").by is None
