"""Members: who adds, changes and removes whom; invitations that work once, for a week."""

import re
from datetime import timedelta

import pytest
from django.core import mail

from tests.conftest import PASSWORD
from trunks.access import actor_of, invitations_for, members_for
from trunks.domain.actor import SYSTEM
from trunks.domain.problems import Invalid
from trunks.models import AuditEntry, Invitation, Membership, User
from trunks.models.clock import database_now
from trunks.services import invitations
from trunks.services.customers import account_for_creates, add_customer, change_customer
from trunks.services.errors import Denied
from trunks.services.invitations import Closed, accept_as, accept_as_new, find_invitation, invite
from trunks.services.members import add_member, change_role, remove_member

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http://\S+/invitation/([^/\s]+)/")


def secret_of_last_mail() -> str:
    found = LINK.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_an_owner_decides_about_their_colleagues(alice, ann):
    actor = actor_of(alice)
    change_role(ann.membership, "viewer", actor=actor)
    assert actor_of(User.objects.get(pk=ann.pk)).may("change_trunk") is False
    remove_member(ann.membership, actor=actor)
    assert not Membership.objects.filter(user=ann).exists()
    acts = AuditEntry.objects.filter(customer_label="Acme").values_list("act", flat=True)
    assert {"member_added", "role_changed", "member_removed"} <= set(acts)


@pytest.mark.parametrize("who", ["ann", "abe", "bob", "sam", "vera"])
def test_nobody_else_does(request, who, alice, acme):
    actor = actor_of(request.getfixturevalue(who))
    member = alice.membership
    for act in (
        lambda: change_role(member, "viewer", actor=actor),
        lambda: remove_member(member, actor=actor),
        lambda: invite("new@acme.example", acme, "viewer", actor=actor),
        lambda: add_member("x@acme.example", acme, "owner", PASSWORD, actor=actor),
    ):
        with pytest.raises(Denied):
            act()
    assert mail.outbox == []


def test_the_last_owner_stays_unless_staff_say_otherwise(alice, ann, ada):
    for act in (change_role, lambda member, _, actor: remove_member(member, actor=actor)):
        with pytest.raises(Invalid, match="no other"):
            act(alice.membership, "viewer", actor=actor_of(alice))
    change_role(ann.membership, "owner", actor=actor_of(alice))
    change_role(alice.membership, "viewer", actor=actor_of(alice))
    change_role(ann.membership, "viewer", actor=actor_of(ada))
    assert not Membership.objects.owners().exists()


def test_a_removed_member_is_out_in_every_session(ann, client):
    browser = client
    browser.post("/accounts/login/", {"login": ann.email, "password": PASSWORD})
    assert browser.get("/portal/").status_code == 200
    remove_member(ann.membership, actor=SYSTEM)
    assert browser.get("/portal/").headers["Location"].startswith("/accounts/login/")


def test_only_owners_see_who_their_colleagues_are(alice, ann, bob, sam):
    assert set(members_for(alice)) == {alice.membership, ann.membership}
    assert not members_for(ann).exists()
    assert set(members_for(bob)) == {bob.membership}
    assert members_for(sam).count() == 3


def test_an_invitation_makes_a_member_once(alice, acme):
    invite(" New@Acme.example", acme, "operator", actor=actor_of(alice))
    message = mail.outbox[0]
    assert message.to == ["new@acme.example"]
    assert "Alice Reyes invites you" in message.body
    secret = secret_of_last_mail()
    assert secret not in str(Invitation.objects.values().get())
    invitation = find_invitation(secret)
    member = accept_as_new(invitation, "a long enough passphrase", name="Nia Holm")
    assert (member.customer, member.role, member.user.email) == (
        acme,
        "operator",
        "new@acme.example",
    )
    assert member.user.check_password("a long enough passphrase")
    with pytest.raises(Closed):
        find_invitation(secret)
    with pytest.raises(Closed):
        accept_as_new(invitation, "a long enough passphrase")


@pytest.mark.parametrize("how", ["expired", "revoked", "replaced", "wrong", "odd"])
def test_a_link_that_does_not_work_any_more_says_no_more_than_that(alice, acme, how):
    actor = actor_of(alice)
    invitation = invite("new@acme.example", acme, "viewer", actor=actor)
    secret = secret_of_last_mail()
    if how == "expired":
        Invitation.objects.update(expires_at=database_now() - timedelta(seconds=1))
    elif how == "revoked":
        invitations.revoke(invitation, actor=actor)
    elif how == "replaced":
        invite("new@acme.example", acme, "owner", actor=actor)
    else:
        secret = {"wrong": "a" * 43, "odd": "é/..%00"}[how]
    with pytest.raises(Closed):
        find_invitation(secret)


def test_an_older_pepper_still_opens_a_link(alice, acme, settings):
    invite("new@acme.example", acme, "viewer", actor=actor_of(alice))
    settings.TOKEN_PEPPERS = [*settings.TOKEN_PEPPERS, "2:a-new-pepper"]
    assert find_invitation(secret_of_last_mail()).email == "new@acme.example"


def test_who_has_a_login_uses_it_and_no_other_does(alice, ann, bob, acme, bolt):
    remove_member(ann.membership, actor=SYSTEM)
    ann = User.objects.get(pk=ann.pk)
    invite(ann.email, bolt, "viewer", actor=actor_of(bob))
    invitation = find_invitation(secret_of_last_mail())
    with pytest.raises(Closed):
        accept_as_new(invitation, "a long enough passphrase")
    with pytest.raises(Denied):
        accept_as(alice, invitation)
    assert accept_as(ann, invitation).customer == bolt


def test_inviting_does_not_tell_who_has_a_login_elsewhere(alice, bob, sam, acme):
    for email in (bob.email, sam.email, "unheard@of.example"):
        invite(email, acme, "viewer", actor=actor_of(alice))
    assert len(mail.outbox) == 3
    for person in (bob, sam):
        invitation = Invitation.objects.get(email=person.email)
        with pytest.raises(Invalid):
            accept_as(person, invitation)
        assert Invitation.objects.get(pk=invitation.pk).accepted_at is None


def test_a_mail_that_does_not_leave_leaves_no_invitation(alice, acme, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(Invalid, match="could not be sent"):
        invite("new@acme.example", acme, "viewer", actor=actor_of(alice))
    assert not Invitation.objects.open(database_now()).exists()


def test_open_invitations_are_seen_by_those_who_decide(alice, ann, bob, ada, acme):
    one = invite("new@acme.example", acme, "viewer", actor=actor_of(alice))
    assert list(invitations_for(alice)) == list(invitations_for(ada)) == [one]
    assert not invitations_for(ann).exists()
    assert not invitations_for(bob).exists()


def test_a_name_with_a_line_break_starts_no_header(alice, acme):
    acme.name = "Acme\nBcc: everyone@acme.example"
    acme.save()
    invite("new@acme.example", acme, "viewer", actor=actor_of(alice))
    assert "\n" not in mail.outbox[-1].subject


# --- customers ------------------------------------------------------------------------------------


def test_customers_are_added_and_changed_by_who_may(ada, sam, account):
    acme = add_customer(" Acme ", name_prefix="acme-", actor=actor_of(ada))
    assert (acme.name, acme.name_prefix) == ("Acme", "acme-")
    change_customer(acme, name="Acme Ltd", account=account, name_prefix="", actor=actor_of(ada))
    acme.refresh_from_db()
    assert (acme.name, acme.account, acme.name_prefix) == ("Acme Ltd", account, "")
    for name in ("acme ltd", "", "x" * 151):
        with pytest.raises(Invalid):
            add_customer(name, actor=SYSTEM)
    with pytest.raises(Denied):
        add_customer("Bolt", actor=actor_of(sam))
    with pytest.raises(Denied):
        change_customer(acme, name="X", account=None, name_prefix="", actor=actor_of(sam))


def test_creates_go_to_the_customers_account_else_to_the_only_one(acme, account):
    assert account_for_creates(acme) == account
    account.pk, account.name = None, "Second"
    account.save()
    assert account_for_creates(acme) is None
    acme.account = account
    assert account_for_creates(acme) == account
