"""What a customer's people and programs see: theirs, and no trace of anything else."""

from typing import Any

import pytest
from django.http import Http404

from trunks import access
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Edit, Patch, Put, Whole
from trunks.domain.problems import Invalid
from trunks.models import Change, Did, Token, Trunk, User
from trunks.models.clock import database_now
from trunks.services.assigning import assign, assign_dids
from trunks.services.courses import Ask
from trunks.services.customers import add_customer
from trunks.services.delivering import deliver
from trunks.services.errors import Denied
from trunks.services.members import change_role, remove_member
from trunks.services.proposing import plan_many, propose
from trunks.services.rails import set_rails
from trunks.services.submitting import discard, submit, take_back
from trunks.services.tokens import create_token

pytestmark = pytest.mark.usefixtures("pulled")
ROOMY = {
    "most_calls": 20,
    "most_spent": "100.0",
    "widest_ipv4": 29,
    "destinations": ["ES"],
    "acts": ["create"],
}
NEW: Patch = {
    "name": Put("Acme new"),
    "on_cli_mismatch_action": Put("reject_call"),
    "capacity_limit": Put(10),
    "threshold_amount": Put("50.0"),
    "default_dst_action": Put("reject_all"),
    "dst_prefixes": Whole(("34",)),
    "authentication_method.type": Put("credentials_and_ip"),
    "authentication_method.allowed_sip_ips": Whole(("203.0.113.9",)),
}
FREE: Patch = {"external_reference_id": Put("PBX 2")}  # within anybody's guard rails


@pytest.fixture
def lent(pulled, acme, bolt) -> tuple[Trunk, Trunk]:
    """One trunk of Acme's and one of Bolt's; Acme's lists a DID of each of them."""
    found = Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)
    acmes, bolts = found.filter(emergency_enable_all=False).order_by("pk")[:2]
    own, foreign = Did.objects.all()[:2]
    for trunk in (acmes, bolts):
        trunk.dids.clear()
        trunk.emergency_dids.clear()
    assign([acmes], acme, actor=SYSTEM)
    assign([bolts], bolt, actor=SYSTEM)
    assign_dids([own], acme, actor=SYSTEM)
    assign_dids([foreign], bolt, actor=SYSTEM)
    acmes.dids.set([own, foreign])
    return Trunk.objects.get(pk=acmes.pk), Trunk.objects.get(pk=bolts.pk)


@pytest.fixture
def program(acme) -> Token:
    return create_token("Acme's PBX", scopes=["read", "write"], customer=acme, actor=SYSTEM)[0]


def own_and_foreign(trunk: Trunk) -> tuple[str, str]:
    own, foreign = (
        trunk.dids.exclude(customer__name="Bolt").get(),
        trunk.dids.get(customer__name="Bolt"),
    )
    return str(own.pk), str(foreign.pk)


def test_each_sees_their_own_trunks_and_no_other_exists(lent, alice, ann, abe, bob, program):
    acmes, bolts = lent
    for asker in (alice, ann, abe, program):
        assert list(access.trunks_for(asker)) == [acmes]
        with pytest.raises(Http404):
            access.trunk_for(asker, bolts.pk)
    assert list(access.trunks_for(bob)) == [bolts]


def test_who_belongs_to_nobody_sees_nothing(lent, django_user_model, alice):
    nobody = django_user_model.objects.create_user("eve@example.com", "long enough 42")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    for asker in (nobody, User.objects.get(pk=alice.pk)):
        assert not access.trunks_for(asker).exists()
        assert not access.dids_for(asker).exists()
        assert not access.changes_for(asker).exists()
        assert not access.accounts_for(asker).exists()
        assert actor_of(asker).rights == frozenset()


def test_a_members_tombstone_is_gone_for_them(lent, alice):
    Trunk.objects.filter(pk=lent[0].pk).update(
        gone_at=database_now(), auth_password=None, unknown=None
    )
    assert not access.trunks_for(alice).exists()


def test_foreign_dids_on_a_trunk_are_not_there_for_them(lent, alice, sam):
    own, foreign = own_and_foreign(lent[0])
    assert [str(d.pk) for d in access.linked_for(alice, lent[0], "dids")] == [own]
    links = access.links_for(alice, "dids").values_list("trunk_id", "did_id")
    assert [(trunk, str(did)) for trunk, did in links] == [(lent[0].pk, own)]
    assert {str(d.pk) for d in access.linked_for(sam, lent[0], "dids")} == {own, foreign}
    number = Did.objects.get(pk=foreign).number or ""
    assert lent[0] in access.trunks_matching(sam, number)
    assert not access.trunks_matching(alice, number).exists()


def test_no_linkage_is_shown_while_a_flag_gives_all_dids(lent, alice):
    Trunk.objects.filter(pk=lent[0].pk).update(allow_any_did_as_cli=True)
    assert not access.links_for(alice, "dids").exists()


def test_edits_of_lists_leave_hidden_dids_where_they_are(lent, alice, program):
    own, foreign = own_and_foreign(lent[0])
    for asker in (alice, program):
        actor = actor_of(asker)
        plan = propose(lent[0], {"dids": Whole(())}, actor=actor, origin="api")
        assert plan.patch == {"dids": {"add": [], "remove": [own]}}
        edit = Edit(remove=(foreign,))
        with pytest.raises(Invalid, match="not one of your DIDs"):
            propose(lent[0], {"dids": edit}, actor=actor, origin="portal")


def test_nobody_adds_dids_of_others_and_is_told_whether_they_exist(lent, alice):
    foreign = own_and_foreign(lent[0])[1]
    told = set()
    for id_ in (foreign, "0ddba11e-0000-4000-8000-000000000000"):
        patches: list[Patch] = [{"dids": Edit(add=(id_,))}, {"default_did": Put(id_)}]
        for patch in patches:
            with pytest.raises(Invalid) as refused:
                propose(lent[0], patch, actor=actor_of(alice), origin="portal")
            told.add(refused.value.problems[0].message.replace(id_, "X"))
    assert told == {"X is not one of your DIDs"}


def test_a_foreign_trunk_is_nothing_to_plan_on_alone_or_among_many(lent, alice):
    patch = FREE
    with pytest.raises(Denied):
        propose(lent[1], patch, actor=actor_of(alice), origin="portal")
    rows = Trunk.objects.with_linkage().order_by("customer__name").filter(customer__isnull=False)
    asks = [Ask(trunk, patch) for trunk in rows]
    planned = list(plan_many(asks, actor=actor_of(alice), origin="bulk"))
    assert [bool(p.change) for p in planned] == [True, False]
    assert planned[1].ask.trunk == lent[1]


def test_what_a_member_creates_is_their_customers_from_the_start(
    lent, alice, bob, account, sandbox
):
    set_rails(alice.membership.customer, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    plan = propose(None, NEW, kind="create", account=account, actor=actor, origin="portal")
    assert plan in access.changes_for(alice)  # a pending create is visible to its owner
    assert plan not in access.changes_for(bob)
    done = deliver(submit(plan, actor=actor))
    assert done.state == "applied"
    assert access.trunk_for(alice, str(done.trunk_id)).name == "Acme new"


# --- changes --------------------------------------------------------------------------------------


def staffs_change(trunk: Trunk, sam: User, patch: Any, reason: str = "They pay late") -> Change:
    actor = actor_of(sam)
    return submit(propose(trunk, patch, actor=actor, origin="staff", reason=reason), actor=actor)


def test_reasons_of_staff_are_the_houses_own(lent, sam, alice):
    change = staffs_change(lent[0], sam, {"rtp_timeout": Put(77)})
    seen = access.change_for(alice, change.pk)
    assert (seen.reason, seen.patch, seen.base) == ("", {}, {})
    assert seen.diff[0]["field"] == "rtp_timeout"
    assert access.change_for(sam, change.pk).reason == "They pay late"
    assert next(iter(access.changes_for(alice).only("reason"))).reason == ""
    for read in (
        lambda: list(access.changes_for(alice).values("reason")),
        lambda: list(access.changes_for(alice).values_list("patch", flat=True)),
        lambda: list(access.changes_for(alice).values()),
    ):
        with pytest.raises(TypeError):
            read()
    assert list(access.changes_for(alice).values_list("pk", flat=True)) == [change.pk]


def test_their_own_reasons_are_theirs(lent, ann, alice):
    plan = propose(lent[0], FREE, actor=actor_of(ann), origin="portal", reason="New PBX")
    seen = access.change_for(alice, plan.pk)
    assert (seen.reason, seen.patch) == ("New PBX", {"external_reference_id": {"set": "PBX 2"}})


def test_a_changes_lines_name_no_foreign_did(lent, sam, alice, django_assert_max_num_queries):
    own, foreign = own_and_foreign(lent[0])
    change = staffs_change(lent[0], sam, {"dids": Edit(remove=(own, foreign))})
    only = staffs_change(lent[0], sam, {"emergency_dids": Edit(add=(foreign,))})
    seen = access.change_for(alice, change.pk)
    assert seen.diff == [{"field": "dids", "added": [], "removed": [own]}]
    assert set(seen.did_numbers) == {own}
    assert access.change_for(alice, only.pk).diff == []
    assert foreign not in str([vars(c) for c in access.changes_for(alice)])
    with django_assert_max_num_queries(2):
        list(access.changes_for(alice))


def test_a_trunk_that_moves_takes_no_history_along(lent, sam, alice, bob):
    before = staffs_change(lent[0], sam, {"rtp_timeout": Put(77)})
    assign([lent[0]], bob.membership.customer, credentials="kept", reason="Sold", actor=SYSTEM)
    assert access.change_for(alice, before.pk) == before
    assert not access.changes_for(bob).filter(trunk=lent[0]).exists()
    after = staffs_change(Trunk.objects.get(pk=lent[0].pk), sam, {"rtp_timeout": Put(78)})
    assert access.change_for(bob, after.pk) == after
    with pytest.raises(Http404):
        access.change_for(alice, after.pk)


def test_what_staff_only_planned_is_not_theirs_to_see(lent, sam, alice):
    propose(lent[0], {"rtp_timeout": Put(77)}, actor=actor_of(sam), origin="staff")
    assert not access.changes_for(alice).exists()


def test_members_act_on_what_their_side_asked_for_alone(lent, sam, alice, ann, bob):
    staffs = staffs_change(lent[0], sam, {"rtp_timeout": Put(77)})
    plan = propose(lent[0], FREE, actor=actor_of(ann), origin="portal")
    with pytest.raises(Denied):
        take_back(access.change_for(alice, staffs.pk), actor=actor_of(alice))
    for verb in (submit, discard):
        with pytest.raises(Denied):
            verb(plan, actor=actor_of(bob))
    submit(plan, actor=actor_of(alice))
    assert take_back(plan, actor=actor_of(ann)).state == "cancelled"


# --- rights that end while a change waits ---------------------------------------------------------


@pytest.fixture
def waiting(lent, ann) -> Change:
    actor = actor_of(ann)
    plan = propose(lent[0], FREE, actor=actor, origin="portal")
    return submit(plan, actor=actor)


def left_unsent(change: Change, sandbox: Any) -> bool:
    done = deliver(Change.objects.get(pk=change.pk))
    return done.state == "cancelled" and not [r for r in sandbox.requests if r["method"] != "GET"]


def test_a_removed_members_change_is_cancelled(waiting, ann, sandbox):
    remove_member(ann.membership, actor=SYSTEM)
    assert left_unsent(waiting, sandbox)


def test_a_demoted_members_change_is_cancelled(waiting, ann, sandbox):
    change_role(ann.membership, "viewer", actor=SYSTEM)
    assert left_unsent(waiting, sandbox)


def test_a_change_of_a_trunk_that_has_moved_is_cancelled(waiting, lent, bolt, sandbox):
    assign([lent[0]], bolt, credentials="kept", reason="Sold", actor=SYSTEM)
    assert left_unsent(waiting, sandbox)


def test_a_member_who_is_at_another_customer_now_changes_nothing_there(waiting, ann, sandbox):
    ann.membership.delete()
    other = add_customer("Other", actor=SYSTEM)
    other.members.create(user=ann, role="owner")
    assert left_unsent(waiting, sandbox)


def test_a_create_does_not_follow_a_member_to_another_customer(lent, alice, account, sandbox):
    set_rails(alice.membership.customer, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    plan = propose(None, NEW, kind="create", account=account, actor=actor, origin="portal")
    waiting = submit(plan, actor=actor)
    alice.membership.delete()
    add_customer("Other", actor=SYSTEM).members.create(user=alice, role="owner")
    assert left_unsent(waiting, sandbox)


@pytest.mark.parametrize("end", ["revoked", "moved", "readonly"])
def test_a_token_that_may_no_longer_is_cancelled(lent, program, bolt, sandbox, end):
    actor = actor_of(program)
    plan = propose(lent[0], FREE, actor=actor, origin="api")
    submit(plan, actor=actor)
    tokens = Token.objects.filter(pk=program.pk)
    if end == "revoked":
        tokens.update(revoked_at=database_now())
    elif end == "moved":
        tokens.update(customer=bolt)
    else:
        tokens.update(scopes=["read"])
    assert left_unsent(plan, sandbox)


def test_a_member_in_office_gets_their_change(waiting, sandbox, lent):
    assert deliver(waiting).state == "applied"
    assert sandbox.trunk(str(lent[0].pk))["attributes"]["external_reference_id"] == "PBX 2"


# --- rights by role -------------------------------------------------------------------------------


def test_rights_are_those_of_the_role(alice, ann, abe, program):
    rights = {person.get_short_name(): actor_of(person).rights for person in (alice, ann, abe)}
    assert rights["Abe"] == {"view_trunk", "view_did", "view_change"}
    assert "change_trunk" in rights["Ann"]
    assert not {"regenerate_credentials", "reveal_password", "change_membership"} & rights["Ann"]
    assert {"regenerate_credentials", "reveal_password", "change_membership"} <= rights["Alice"]
    for right in (
        "view_account",
        "pull_account",
        "assign_trunk",
        "approve_change",
        "view_customer",
    ):
        assert not any(right in owned for owned in rights.values())
    assert actor_of(program).rights <= rights["Alice"]
    assert actor_of(program).customer_id == alice.membership.customer_id
