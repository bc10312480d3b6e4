"""Trunks and DIDs change hands: what comes along, what is shared, what a former customer knows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.problems import Invalid
from trunks.models import AuditEntry, Change, Did, Trunk
from trunks.models.clock import database_now
from trunks.services.assigning import (
    Rule,
    assign,
    assign_by_rule,
    assign_dids,
    preview,
    trunks_by_rule,
)
from trunks.services.delivering import deliver
from trunks.services.errors import Denied
from trunks.services.mirroring import bury
from trunks.services.pulling import pull

pytestmark = pytest.mark.usefixtures("pulled")


def own_trunks() -> Any:
    chosen = Trunk.objects.filter(allow_any_did_as_cli=False, emergency_enable_all=False)
    return chosen.filter(auth_type="credentials_and_ip").order_by("pk")


@pytest.fixture
def two(pulled) -> tuple[Trunk, Trunk, Did]:
    """Two trunks that share one DID, each with one of its own."""
    one, other = own_trunks()[:2]
    shared, first, second = Did.objects.all()[:3]
    one.dids.set([shared, first])
    other.dids.set([shared, second])
    for trunk in (one, other):
        trunk.emergency_dids.clear()
    return one, other, shared


def test_a_trunk_takes_along_the_dids_that_no_one_has(two, acme, bolt):
    one, _, shared = two
    theirs = one.dids.exclude(pk=shared.pk).get()
    assign_dids([theirs], bolt, actor=SYSTEM)
    plan = preview([one], acme)
    assert (plan.taken, plan.foreign, plan.shared) == ((shared,), (theirs,), ())
    assign([one], acme, actor=SYSTEM)
    shared.refresh_from_db()
    theirs.refresh_from_db()
    one.refresh_from_db()
    assert (one.customer, shared.customer, theirs.customer) == (acme, acme, bolt)


def test_a_did_on_two_customers_trunks_becomes_shared_and_is_listed(two, acme, bolt):
    one, other, shared = two
    assign([one], acme, actor=SYSTEM)
    assert preview([other], bolt).shared == (shared,)
    assign([other], bolt, actor=SYSTEM)
    shared.refresh_from_db()
    assert (shared.customer, shared.is_shared) == (None, True)
    for customer in (acme, bolt):
        assert shared in Did.objects.of_customer(customer.pk)
    own = {d.pk for d in other.dids.all()} - {shared.pk}
    assert not Did.objects.of_customer(acme.pk).filter(pk__in=own).exists()


def test_what_is_taken_back_frees_its_dids_and_ends_the_sharing(two, acme, bolt):
    one, other, shared = two
    assign([one], acme, actor=SYSTEM)
    assign([other], bolt, actor=SYSTEM)
    assert set(preview([other], None).freed) == set(other.dids.exclude(pk=shared.pk))
    assign([other], None, actor=SYSTEM)
    shared.refresh_from_db()
    other.refresh_from_db()
    assert (shared.customer, shared.is_shared, other.customer) == (acme, False, None)
    assign([one], None, actor=SYSTEM)
    assert not Did.objects.exclude(customer=None).exists()


def test_a_flag_that_gives_all_dids_gives_none_away(pulled, acme):
    trunk = own_trunks()[0]
    Trunk.objects.filter(pk=trunk.pk).update(allow_any_did_as_cli=True)
    trunk.dids.set(Did.objects.all()[:5])
    trunk.emergency_dids.clear()
    assign([trunk], acme, actor=SYSTEM)
    assert not Did.objects.filter(customer=acme).exists()


def test_a_move_between_customers_asks_for_new_credentials_or_a_waiver(two, acme, bolt, sam):
    one = two[0]
    assign([one], acme, actor=actor_of(sam))
    assert preview([one], bolt).known == (one,)
    for options in ({}, {"credentials": "new"}, {"credentials": "kept", "reason": " "}):
        with pytest.raises(Invalid):
            assign([one], bolt, actor=actor_of(sam), **options)  # type: ignore[arg-type]
    one.refresh_from_db()
    assert one.customer == acme


def test_new_credentials_are_on_their_way_with_the_move(two, acme, bolt, sam, sandbox):
    one = two[0]
    assign([one], acme, actor=actor_of(sam))
    was = sandbox.trunk(str(one.pk))["attributes"]["authentication_method"]["attributes"]
    done = assign([one], bolt, credentials="new", reason="Acme sold it", actor=actor_of(sam))
    (change,) = done.regenerated
    assert (change.kind, change.state, change.customer_label) == ("regenerate", "pending", "Bolt")
    assert deliver(change).state == Change.State.APPLIED
    now = sandbox.trunk(str(one.pk))["attributes"]["authentication_method"]["attributes"]
    assert now["password"] != was["password"]


def test_the_way_round_through_nobody_asks_the_same(two, acme, bolt):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    assign([one], None, actor=SYSTEM)
    one.refresh_from_db()
    assert preview([one], acme).known == ()  # they had it themselves
    with pytest.raises(Invalid, match="another customer knows"):
        assign([one], bolt, actor=SYSTEM)
    renewed = assign([one], bolt, credentials="kept", reason="Same company", actor=SYSTEM)
    assert renewed.regenerated == []


def test_credentials_made_new_meanwhile_ask_nothing(two, acme, bolt, ask):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    assign([one], None, actor=SYSTEM)
    one.refresh_from_db()
    assert ask(one, {}, kind="regenerate", reason="Between two").state == "applied"
    one.refresh_from_db()
    assert preview([one], bolt).known == ()
    assign([one], bolt, actor=SYSTEM)


def test_a_trunk_without_credentials_can_only_be_waived(pulled, acme, bolt):
    trunk = Trunk.objects.filter(auth_type="twilio")[0]
    assign([trunk], acme, actor=SYSTEM)
    with pytest.raises(Invalid, match="only waived"):
        assign([trunk], bolt, credentials="new", reason="Sold", actor=SYSTEM)
    assign([trunk], bolt, credentials="kept", reason="Sold", actor=SYSTEM)
    trunk.refresh_from_db()
    assert trunk.customer == bolt


def test_each_side_reads_its_own_half_of_a_move(two, acme, bolt, sam):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    assign([one], bolt, credentials="kept", reason="Acme owes us", actor=actor_of(sam))
    told = {
        customer: list(AuditEntry.objects.of_customer(customer.pk).order_by("pk"))
        for customer in (acme, bolt)
    }
    trunk_acts = [e.act for e in told[acme] if e.act.startswith("trunk_")]
    assert trunk_acts == ["trunk_assigned", "trunk_withdrawn"]
    assert [e.act for e in told[bolt] if e.act.startswith("trunk_")] == ["trunk_assigned"]
    for customer, other in ((acme, bolt), (bolt, acme)):
        shown = " ".join(str(vars(entry)) for entry in told[customer])
        assert other.name not in shown.replace("Acme owes", "")
        assert "owes" not in shown
    assert AuditEntry.objects.filter(reason="Acme owes us").count() == 2


def test_a_rule_finds_only_what_nobody_has_and_assigns_only_what_was_shown(pulled, acme, bolt):
    one, other, third = own_trunks()[:3]
    for trunk, name in ((one, "Acme 1"), (other, "Acme 2"), (third, "Acme 3")):
        Trunk.objects.filter(pk=trunk.pk).update(name=name, external_reference_id=f"ref-{name}")
    assign([third], bolt, actor=SYSTEM)
    rule = Rule("name", "begins", "Acme ")
    assert list(trunks_by_rule(rule)) == [one, other]
    assert list(trunks_by_rule(Rule("external_reference_id", "is", "ref-Acme 2"))) == [other]
    assert list(trunks_by_rule(Rule("name", "contains", "acme 1"))) == [one]
    shown = [one.pk, third.pk]  # the other is as if it had appeared since
    done = assign_by_rule(rule, acme, shown=shown, actor=SYSTEM)
    assert done.trunks == (one,)
    assert set(Trunk.objects.of_customer(bolt.pk)) == {third}


@pytest.mark.parametrize(
    "rule", [Rule("name", "begins", " "), Rule("id", "is", "x"), Rule("name", "like", "x")]
)
def test_a_rule_that_makes_no_sense_is_refused(rule, pulled):
    with pytest.raises(Invalid):
        trunks_by_rule(rule)


def test_only_staff_who_may_assign(two, acme, vera, alice):
    for person in (vera, alice):
        with pytest.raises(Denied):
            assign([two[0]], acme, actor=actor_of(person))
        with pytest.raises(Denied):
            assign_dids([two[2]], acme, actor=actor_of(person))


def test_a_tombstone_is_lent_to_nobody(two, acme, account):
    bury(two[0], at=database_now(), explained=True)
    with pytest.raises(Invalid, match="no longer exists"):
        assign([two[0]], acme, actor=SYSTEM)


def test_a_preview_of_many_costs_no_more_queries(pulled, acme):
    def count(size: int) -> int:
        trunks = list(own_trunks()[:size])
        with CaptureQueriesContext(connection) as queries:
            preview(trunks, acme)
        return len(queries)

    assert count(2) == count(12)


def test_a_pull_leaves_a_loan_as_it_is(two, acme, bolt, pulled, sandbox):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    assign([one], bolt, credentials="kept", reason="Sold", actor=SYSTEM)
    sandbox.change_trunk(str(one.pk), rtp_timeout=77)
    pull(pulled)
    one.refresh_from_db()
    assert (one.rtp_timeout, one.customer, one.left) == (77, bolt, acme)
    assert one.left_at is not None
