"""Owners look after their colleagues; everybody reads: settings to paste, numbers, passwords."""

import re

import pytest
from django.core import mail
from django.test import Client

from tests.test_slices import NEW, ROOMY
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.models import Did, Invitation, Membership, Trunk
from trunks.services.assigning import assign
from trunks.services.proposing import propose
from trunks.services.rails import set_rails
from trunks.services.submitting import submit


@pytest.fixture
def alices(client_of, alice) -> Client:
    return client_of(alice)


def said(answer) -> str:
    return answer.content.decode()


# --- people -----------------------------------------------------------------------------------


def test_an_owner_invites_and_takes_back(alices, acme):
    answer = alices.post(
        "/portal/members/", {"email": "Amy@acme.example", "role": "operator"}, follow=True
    )
    assert "A link is on its way to amy@acme.example." in said(answer)
    assert mail.outbox[0].to == ["amy@acme.example"]
    invited = Invitation.objects.get()
    assert (invited.customer, invited.role) == (acme, "operator")
    assert "amy@acme.example" in said(alices.get("/portal/members/"))
    alices.post(f"/portal/invitations/{invited.pk}/revoke/", follow=True)
    link = re.search(r"/accounts/invitation/\S+", str(mail.outbox[0].body))
    assert link
    assert Client().get(link.group()).status_code == 404
    assert "amy@acme.example" not in said(alices.get("/portal/members/"))


@pytest.mark.parametrize("email", ["", "nonsense", "ann@acme.example"])
def test_an_invitation_that_cannot_be_says_why_beside_it(alices, ann, email):
    answer = alices.post("/portal/members/", {"email": email, "role": "viewer"})
    assert answer.context["form"].errors["email"]
    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_an_owner_says_who_may_do_what(alices, ann):
    alices.post(f"/portal/members/{ann.membership.pk}/role/", {"role": "viewer"})
    assert Membership.objects.get(user=ann).role == "viewer"
    alices.post(f"/portal/members/{ann.membership.pk}/role/", {"role": "king"})
    assert Membership.objects.get(user=ann).role == "viewer"


def test_the_last_owner_stays_one(alices, alice):
    one = f"/portal/members/{alice.membership.pk}"
    answer = alices.post(f"{one}/role/", {"role": "viewer"}, follow=True)
    assert "there is no other" in said(answer)
    answer = alices.post(f"{one}/remove/", follow=True)
    assert Membership.objects.get(user=alice).role == "owner"


def test_removing_asks_first_and_is_done_at_once(alices, ann):
    url = f"/portal/members/{ann.membership.pk}/remove/"
    assert "Remove Ann Dahl?" in said(alices.get(url))
    assert Membership.objects.filter(user=ann).exists()
    assert "Ann Dahl is out." in said(alices.post(url, follow=True))
    assert not Membership.objects.filter(user=ann).exists()


# --- reading ----------------------------------------------------------------------------------


def test_settings_for_a_phone_system_are_ready_to_paste(client_of, abe, trunk):
    client = client_of(abe)
    for kind in ("asterisk", "freeswitch", "kamailio", "3cx"):
        page = said(client.get(f"/portal/trunks/{trunk.pk}/pbx/?for={kind}&host=nyc"))
        assert "nyc.us.out.didww.com" in page
        assert str(trunk.auth_username) in page
        assert "YOUR-PASSWORD" in page
    assert client.get(f"/portal/trunks/{trunk.pk}/pbx/?for=x&host=%00").status_code == 200


def test_a_trunk_of_twilio_has_none(client_of, abe, acme, trunk):
    twilio = Trunk.objects.filter(auth_type="twilio")[0]
    assign([twilio], acme, actor=SYSTEM)
    page = said(client_of(abe).get(f"/portal/trunks/{twilio.pk}/pbx/"))
    assert "Nothing to set up" in page


def test_no_page_holds_a_password(client_of, alice, trunk, sandbox):
    held = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    secret = held["password"]
    assert len(secret) > 5
    client = client_of(alice)
    one = f"/portal/trunks/{trunk.pk}/"
    for path in (one, f"{one}edit/", f"{one}pbx/", "/portal/", "/portal/passwords/"):
        assert secret not in said(client.get(path)), path


def test_who_saw_passwords_says_plainly_that_there_is_nothing_to_list(client_of, ann):
    assert "Nothing to list yet" in said(client_of(ann).get("/portal/passwords/"))


def test_numbers_are_theirs_with_the_trunks_that_show_them(client_of, abe, trunk):
    own = Did.objects.get(customer__name="Acme")
    foreign = Did.objects.get(customer__name="Bolt")
    client = client_of(abe)
    numbers = [row["number"] for row in client.get("/portal/dids/").context["rows"]]
    assert len(numbers) == 1
    assert client.get("/portal/dids/", {"q": foreign.number}).context["rows"] == []
    assert str(trunk.name) in said(client.get("/portal/dids/", {"q": own.number}))


def test_trunks_are_found_by_their_own_numbers_alone(client_of, abe, trunk):
    foreign = Did.objects.get(customer__name="Bolt")
    client = client_of(abe)
    assert len(client.get("/portal/trunks/", {"q": trunk.name}).context["rows"]) == 1
    assert client.get("/portal/trunks/", {"q": foreign.number}).context["rows"] == []


def test_a_viewer_is_shown_no_lever(client_of, abe, trunk):
    page = said(client_of(abe).get(f"/portal/trunks/{trunk.pk}/"))
    for lever in ("/edit/", "/block/", "/portal/members/"):
        assert lever not in page


def test_a_create_that_waits_is_seen_by_its_customer_alone(
    client_of, alice, bob, acme, trunk, account
):
    set_rails(acme, own=ROOMY, actor=SYSTEM)
    actor = actor_of(alice)
    plan = propose(None, NEW, kind="create", account=account, actor=actor, origin="portal")
    submit(plan, actor=actor)
    for path in ("/portal/", "/portal/changes/", f"/portal/changes/{plan.pk}/"):
        assert "Acme new" in said(client_of(alice).get(path)), path
        assert "Acme new" not in said(client_of(bob).get(path)), path
