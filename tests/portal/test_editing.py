"""Members change their trunk: within the guard rails at once, beyond them by asking staff."""

import pytest
from django.test import Client

from tests.portal.conftest import sent_by
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change, Did, Trunk
from trunks.services.delivering import deliver
from trunks.services.proposing import block_patch, propose
from trunks.services.rails import set_rails
from trunks.services.requesting import approve, deny
from trunks.services.submitting import submit


@pytest.fixture
def anns(client_of, ann) -> Client:
    return client_of(ann)


def edit(trunk: Trunk) -> str:
    return f"/portal/trunks/{trunk.pk}/edit/"


def held(sandbox, trunk: Trunk) -> dict[str, object]:
    return sandbox.trunk(str(trunk.pk))["attributes"]


def said(answer) -> str:
    return answer.content.decode()


def requested(anns: Client, trunk: Trunk, save, **typed: object) -> Change:
    review = save(anns, edit(trunk), **typed).headers["Location"]
    anns.post(review, {"reason": "Christmas"})
    return Change.objects.get(state="awaiting_approval")


# --- within -----------------------------------------------------------------------------------


def test_what_is_within_the_rails_applies_at_once(anns, trunk, save, sandbox):
    answer = anns.post(edit(trunk), {**sent_by(anns, edit(trunk)), "name": "Acme Berlin"})
    assert answer.headers["Location"] == f"/portal/trunks/{trunk.pk}/"
    assert "Done at" in said(anns.get(f"/portal/trunks/{trunk.pk}/"))
    assert held(sandbox, trunk)["name"] == "Acme Berlin"
    change = Change.objects.get(state="applied", kind="update")
    assert (change.origin, change.actor_label) == ("portal", "Ann Dahl")


def test_tightening_applies_at_once(anns, trunk, save, sandbox):
    save(anns, edit(trunk), capacity_limit="3")
    assert held(sandbox, trunk)["capacity_limit"] == 3


def test_saving_untouched_changes_nothing(anns, trunk, save, sandbox):
    sandbox.clear_requests()
    save(anns, edit(trunk))
    assert not Change.objects.exclude(state="observed").exists()
    assert sandbox.requests == []


def test_locked_fields_are_disabled_with_the_reason(anns, trunk):
    fields = anns.get(edit(trunk)).context["form"].fields
    for name in ("emergency_enable_all", "allow_any_did_as_cli", "callback_url"):
        assert fields[name].disabled
        assert "Only staff change this." in fields[name].help_text
    assert not fields["capacity_limit"].disabled
    assert "You can make this tighter; for more, ask staff." in fields["capacity_limit"].help_text


def test_ceilings_are_said_beside_their_fields(anns, trunk, roomy):
    page = said(anns.get(edit(trunk)))
    assert "Without asking: at most 50 calls at once." in page
    assert "Without asking: Spain and Norway." in page
    assert "The method stays as it is; only staff switch it." in page


def test_a_locked_switch_that_is_on_stays_on(anns, trunk, save, sandbox):
    Trunk.objects.filter(pk=trunk.pk).update(emergency_enable_all=True)
    sandbox.change_trunk(str(trunk.pk), emergency_enable_all=True)
    set_rails(trunk.customer, own={"fields": {"emergency_enable_all": "closed"}}, actor=SYSTEM)
    save(anns, edit(trunk), name="Acme Bonn", emergency_enable_all="on")
    assert held(sandbox, trunk)["emergency_enable_all"] is True


def test_typing_into_a_locked_field_by_hand_is_of_no_use(anns, trunk, save, sandbox):
    save(anns, edit(trunk), callback_url="https://evil.example/", name="Acme Kiel")
    assert held(sandbox, trunk)["callback_url"] != "https://evil.example/"
    assert held(sandbox, trunk)["name"] == "Acme Kiel"


def test_switching_the_method_by_hand_is_refused_beside_it(anns, trunk, save):
    typed = {"auth_type": "twilio", "auth-twilio_account_sid": "AC" + "0123456789abcdef" * 2}
    page = said(save(anns, edit(trunk), **typed))
    assert "only staff switch it" in page
    assert not Change.objects.filter(kind="update", origin="portal").exists()


def test_hidden_numbers_of_others_stay_on_the_trunk(anns, trunk, save, sandbox):
    own = Did.objects.get(customer__name="Acme")
    foreign = Did.objects.get(customer__name="Bolt")
    page = said(anns.get(edit(trunk)))
    assert str(own.pk) in page
    assert str(foreign.pk) not in page
    save(anns, edit(trunk), dids=[])
    plan = Change.objects.get(origin="portal")
    assert plan.patch == {"dids": {"add": [], "remove": [str(own.pk)]}}


def test_a_wrong_value_is_said_beside_its_field_and_nothing_is_lost(anns, trunk, save):
    page = save(anns, edit(trunk), capacity_limit="-4", name="Kept")
    assert page.context["form"].errors["capacity_limit"]
    assert 'value="Kept"' in said(page)


def test_a_stale_form_saves_nothing(anns, trunk, save):
    page = save(anns, edit(trunk), seen="altered", name="Kept")
    assert "opened too long ago" in said(page)
    assert not Change.objects.filter(origin="portal").exists()


# --- beyond -----------------------------------------------------------------------------------


def test_beyond_the_rails_it_is_requested_with_a_reason(anns, trunk, save, sandbox, ada):
    review = save(anns, edit(trunk), capacity_limit="9000").headers["Location"]
    page = said(anns.get(review))
    assert "This goes beyond what is agreed for you" in page
    assert "At most" in page
    assert "Say why: staff decide by it." in said(anns.post(review, {"reason": ""}))
    answer = anns.post(review, {"reason": "Christmas"}, follow=True)
    assert "Requested. Staff decide within 7 days" in said(answer)
    request = Change.objects.get(state="awaiting_approval")
    assert request.reason == "Christmas"
    assert held(sandbox, trunk)["capacity_limit"] != 9000
    deliver(approve(request, actor=actor_of(ada), word="Enjoy"))
    assert held(sandbox, trunk)["capacity_limit"] == 9000
    page = said(anns.get(f"/portal/changes/{request.pk}/"))
    assert "Approved" in page
    assert "Enjoy" in page


def test_a_request_can_end_by_itself(anns, trunk, save):
    review = save(anns, edit(trunk), capacity_limit="9000").headers["Location"]
    assert "Must be a day" in said(anns.post(review, {"reason": "Fair", "until": "soon"}))
    assert "Must lie ahead" in said(anns.post(review, {"reason": "Fair", "until": "2020-01-01"}))
    anns.post(review, {"reason": "Fair", "until": "2999-12-31"})
    ends_at = Change.objects.get(state="awaiting_approval").reverse_at
    assert ends_at is not None
    assert ends_at.year == 2999


def test_a_refused_request_says_staffs_word(anns, trunk, save, ada):
    request = requested(anns, trunk, save, capacity_limit="9000")
    deny(request, actor=actor_of(ada), word="Too many at once")
    page = said(anns.get(f"/portal/changes/{request.pk}/"))
    assert "Too many at once" in page
    assert "Try again" in page


def test_requests_are_followed_and_withdrawn(anns, trunk, save):
    request = requested(anns, trunk, save, capacity_limit="9000")
    for path in ("/portal/", "/portal/changes/?tab=requests", f"/portal/trunks/{trunk.pk}/"):
        assert str(request.pk) in said(anns.get(path)), path
    answer = anns.post(f"/portal/changes/{request.pk}/withdraw/", follow=True)
    assert "Withdrawn. Nothing was sent." in said(answer)
    answer = anns.post(f"/portal/changes/{request.pk}/withdraw/", follow=True)
    assert "Too late" in said(answer)
    request.refresh_from_db()
    assert request.state == "cancelled"


def test_a_plan_beyond_the_rails_is_nothing_to_send(anns, trunk, save, sandbox):
    review = save(anns, edit(trunk), capacity_limit="9000").headers["Location"]
    anns.post(review, {"reason": "x", "apply": "1"})
    assert held(sandbox, trunk)["capacity_limit"] != 9000


def test_back_from_the_review_everything_typed_is_there(anns, trunk, save):
    review = save(anns, edit(trunk), capacity_limit="9000", name="Acme Jena").headers["Location"]
    back = anns.get(review).context["back_url"]
    page = said(anns.get(back))
    assert 'value="9000"' in page
    assert 'value="Acme Jena"' in page


def test_what_is_for_staff_alone_cannot_even_be_requested(anns, trunk, save, acme):
    closed = {"fields": {"capacity_limit": "closed"}}
    set_rails(acme, own=closed, actor=SYSTEM)
    page = said(save(anns, edit(trunk), capacity_limit="9000"))
    assert "beyond your guard rail" in page
    assert not Change.objects.filter(origin="portal").exists()


# --- block, create ----------------------------------------------------------------------------


def test_members_block_and_unblock_what_they_blocked(anns, trunk, sandbox):
    anns.post(f"/portal/trunks/{trunk.pk}/block/")
    assert held(sandbox, trunk)["status"] == "blocked"
    page = said(anns.get(f"/portal/trunks/{trunk.pk}/"))
    assert "You blocked it" in page
    assert "is blocked" in said(anns.get("/portal/"))
    anns.post(f"/portal/trunks/{trunk.pk}/unblock/")
    assert held(sandbox, trunk)["status"] == "active"


def test_what_staff_blocked_stays_blocked_and_says_why(anns, trunk, sam, sandbox):
    actor = actor_of(sam)
    plan = propose(trunk, block_patch(True), actor=actor, origin="staff")
    deliver(submit(plan, actor=actor))
    page = said(anns.get(f"/portal/trunks/{trunk.pk}/"))
    assert "Staff have blocked this trunk, and only they unblock it." in page
    assert f"/portal/trunks/{trunk.pk}/unblock/" not in page
    answer = anns.post(f"/portal/trunks/{trunk.pk}/unblock/", follow=True)
    assert "only they unblock it" in said(answer)
    assert held(sandbox, trunk)["status"] == "blocked"


def test_new_trunks_are_made_where_the_rails_say_so(anns, trunk, acme, save):
    answer = anns.get("/portal/trunks/new/", follow=True)
    assert "Only staff create trunks for you." in said(answer)
    rails = {"most_calls": 50, "most_spent": "100.0", "widest_ipv4": 29, "destinations": ["ES"]}
    set_rails(acme, own={**rails, "acts": ["create"]}, actor=SYSTEM)
    typed = {
        "name": "Acme Madrid",
        "auth-allowed_sip_ips": "203.0.113.9",
        "capacity_limit": "10",
        "threshold_amount": "50",
        "default_dst_action": "reject_all",
        "dst_prefixes": "34",
    }
    review = save(anns, "/portal/trunks/new/", **typed)
    if "review" in review.headers["Location"]:
        anns.post(review.headers["Location"], {"reason": ""})
    made = Trunk.objects.get(name="Acme Madrid")
    assert made.customer == acme
    assert "Acme Madrid" in said(anns.get("/portal/trunks/"))


def test_while_the_carrier_is_away_it_waits_and_can_be_taken_back(anns, trunk, save, sandbox):
    sandbox.fault("status", status=503, times=20)
    save(anns, edit(trunk), external_reference_id="PBX 7")
    change = Change.objects.get(origin="portal")
    assert change.state == "pending"
    assert "Waiting to be sent." in said(anns.get(f"/portal/trunks/{trunk.pk}/"))
    anns.post(f"/portal/changes/{change.pk}/take-back/")
    change.refresh_from_db()
    assert change.state == "cancelled"


def test_somebody_elses_change_meanwhile_is_not_overwritten(anns, trunk, sandbox):
    typed = sent_by(anns, edit(trunk))
    sandbox.change_trunk(str(trunk.pk), name="Moved elsewhere")
    answer = anns.post(edit(trunk), {**typed, "name": "Mine"}, follow=True)
    assert "Not done." in said(answer)
    assert held(sandbox, trunk)["name"] == "Moved elsewhere"


def test_staffs_reasons_are_not_shown(anns, trunk, sam):
    actor = actor_of(sam)
    patch = {"rtp_timeout": Put(77)}
    plan = propose(trunk, patch, actor=actor, origin="staff", reason="They pay late")
    change = deliver(submit(plan, actor=actor))
    page = said(anns.get(f"/portal/changes/{change.pk}/"))
    assert "77" in page
    assert "They pay late" not in page + said(anns.get("/portal/changes/"))
