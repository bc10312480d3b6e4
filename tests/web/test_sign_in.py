"""Signing in, as people do it: password, second factor, recovery, sessions, invitations."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from cryptography.fernet import Fernet
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from tests.conftest import PASSWORD
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.models import Invitation, Membership, User
from trunks.services.invitations import invite
from trunks.services.members import remove_member
from trunks.services.secrets import reseal_secrets

pytestmark = pytest.mark.django_db
SET_UP = "/accounts/2fa/totp/activate/"
QR = "/accounts/2fa/totp/qr.svg"
CODES = "/accounts/2fa/recovery-codes/"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


def sign_in(user: User, client: Client | None = None, *, to: str = "", **headers: Any) -> Client:
    """A browser that has given e-mail and password."""
    client = client or Client(**headers)
    answer = client.post(
        "/accounts/login/", {"login": user.email, "password": PASSWORD, "next": to}
    )
    assert answer.status_code == 302, answer.content
    return client


def code_of(secret: str, *, step: int = 0) -> str:
    """What an authenticator app shows, so many half minutes from now."""
    now = list(counters())[1]  # a step before and one after are accepted too
    return format_hotp_value(hotp_value(secret, now + step))


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def set_up(client: Client) -> str:
    """Go through the set-up as the page says; the app's secret."""
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', page(client, SET_UP))
    assert found
    secret = found[1].replace(" ", "")
    answer = client.post(SET_UP, {"code": code_of(secret)})
    assert answer.headers["Location"] == CODES
    return secret


def recovery_codes(client: Client) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", page(client, CODES))


# --- the second factor ----------------------------------------------------------------------------


def test_whoever_wants_sets_up_a_second_factor_and_is_asked_for_it(alice):
    client = sign_in(alice)
    secret = set_up(client)
    assert client.get("/portal/").status_code == 200
    cache.clear()  # the same code again would be refused
    other = Client()
    answer = other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/portal/").status_code == 302  # the password alone opens nothing
    wrong = other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert "Incorrect code" in wrong.content.decode()
    right = other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert right.headers["Location"] == "/"
    assert other.get("/portal/").status_code == 200


def test_the_qr_code_is_a_picture_of_this_session_alone(alice, client):
    client = sign_in(alice)
    assert client.get(QR).status_code == 404  # nothing is being set up
    shown = page(client, SET_UP)
    assert f'src="{QR}"' in shown
    assert "data:" not in shown
    picture = client.get(QR)
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert b"<path" in picture.content
    assert Client().get(QR).status_code == 302


def test_a_recovery_code_opens_once(alice):
    client = sign_in(alice)
    set_up(client)
    codes = recovery_codes(client)
    assert len(codes) == 10
    assert client.get(f"{CODES}download/").content.decode().split() == codes
    for status in (302, 200):
        other = sign_in(alice)
        answer = other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == status
    assert len(recovery_codes(client)) == 9
    client.post(f"{CODES}generate/")
    assert not set(recovery_codes(client)) & set(codes)


def test_guessing_codes_is_slowed_down(alice, settings):
    secret = set_up(sign_in(alice))
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/m/ip,5/m/key"}
    guesser = sign_in(alice)
    for guess in range(6):
        guesser.post("/accounts/2fa/authenticate/", {"code": f"00000{guess}"})
    answer = guesser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.status_code == 200
    assert guesser.get("/portal/").status_code == 302


def test_its_secrets_are_sealed_and_follow_the_keys(alice, settings):
    secret = set_up(sign_in(alice))
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert kept.count("gAAAA") == 2
    settings.SEALING_KEYS = [Fernet.generate_key().decode(), *settings.SEALING_KEYS]
    assert reseal_secrets() == 2
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    cache.clear()
    other = sign_in(alice)
    answer = other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/"


def test_sessions_that_began_without_it_end_with_its_set_up(alice):
    before = sign_in(alice)
    client = sign_in(alice)
    set_up(client)
    assert client.get("/portal/").status_code == 200
    assert before.get("/portal/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_switching_it_off_asks_for_who_they_are_and_is_told_by_mail(alice, client_of):
    set_up(sign_in(alice))
    assert mail.outbox[-1].subject == "[trunkadmin] Your second factor is on"
    assert "If that was not you" in str(mail.outbox[-1].body)
    client = client_of(alice)
    off = client.get("/accounts/2fa/totp/deactivate/")
    assert off.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post(off.headers["Location"], {"password": PASSWORD})
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert mail.outbox[-1].subject == "[trunkadmin] Your second factor is off"


# --- staff must -----------------------------------------------------------------------------------


@pytest.fixture
def required(settings) -> None:
    settings.REQUIRE_STAFF_MFA = True


def test_staff_without_one_are_led_to_set_it_up_before_any_page(required, sam):
    client = sign_in(sam)
    for url in ("/staff/", "/staff/trunks/", "/staff/changes/?q=x"):
        assert client.get(url).headers["Location"].startswith(SET_UP), url
        assert client.post(url).headers["Location"].startswith(SET_UP), url
    assert "takes a minute" in page(client, SET_UP)
    set_up(client)
    assert recovery_codes(client)
    assert client.get("/staff/").status_code == 200


def test_a_session_that_has_not_shown_it_is_asked_for_it(required, sam, client_of):
    secret = set_up(sign_in(sam))
    cache.clear()
    client = client_of(sam)  # as if it had begun before
    asked = client.get("/staff/trunks/")
    assert asked.headers["Location"] == "/accounts/2fa/reauthenticate/?next=/staff/trunks/"
    answer = client.post(asked.headers["Location"], {"code": code_of(secret), "next": "/staff/"})
    assert answer.headers["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_switched_off_it_is_to_be_set_up_again(required, sam):
    client = sign_in(sam)
    set_up(client)
    Authenticator.objects.all().delete()
    assert client.get("/staff/").headers["Location"].startswith(SET_UP)


def test_who_lost_phone_and_codes_starts_anew(required, sam):
    client = sign_in(sam)
    set_up(client)
    call_command("forget_second_factor", "Sam@example.com", stdout=StringIO())
    assert client.get("/staff/").headers["Location"].startswith("/accounts/login/")
    assert sign_in(sam).get("/staff/").headers["Location"].startswith(SET_UP)
    with pytest.raises(CommandError):
        call_command("forget_second_factor", "nobody@example.com")


def test_members_need_none(required, alice):
    assert sign_in(alice).get("/portal/").status_code == 200


def test_the_admin_is_no_way_around_it(required, ada):
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    client = sign_in(ada)
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").headers["Location"].startswith(SET_UP)
    assert client.get("/admin/trunks/user/").status_code == 302
    set_up(client)
    assert client.get("/admin/").status_code == 200


def test_the_admin_shows_neither_secrets_of_second_factors_nor_keys_of_sessions(ada):
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    client = sign_in(ada)
    set_up(client)
    for path in ("mfa/authenticator/", "usersessions/usersession/"):
        assert client.get(f"/admin/{path}").status_code == 404


# --- sessions and passwords -----------------------------------------------------------------------


def test_sessions_are_listed_and_ended_from_elsewhere(alice):
    phone = sign_in(alice, HTTP_USER_AGENT="A phone", REMOTE_ADDR="198.51.100.7")
    desk = sign_in(alice, HTTP_USER_AGENT="A desk", REMOTE_ADDR="203.0.113.5")
    shown = page(desk, "/accounts/sessions/")
    assert "A phone" in shown
    assert "198.51.100.7" in shown
    assert shown.count("This one") == 1
    desk.post("/accounts/sessions/")
    assert phone.get("/portal/").status_code == 302
    assert desk.get("/portal/").status_code == 200
    assert "A phone" not in page(desk, "/accounts/sessions/")


def test_a_forgotten_password_is_reset_by_mail(alice):
    client, elsewhere = Client(), sign_in(alice)
    client.post("/accounts/password/reset/", {"email": alice.email})
    (message,) = mail.outbox
    assert message.subject == "[trunkadmin] Reset your password"
    found = re.search(r"http://testserver(/\S+)", str(message.body))
    assert found
    form = client.get(found[1]).headers["Location"]
    typed = {"password1": "a wholly new passphrase", "password2": "a wholly new passphrase"}
    assert client.post(form, typed).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("a wholly new passphrase")
    assert elsewhere.get("/portal/").status_code == 302
    assert "no longer works" in page(Client(), found[1])


def test_a_reset_tells_no_stranger_who_has_a_login_and_mails_none(alice):
    answers = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True).content
        for email in (alice.email, "unheard@of.example")
    ]
    same = [re.sub(rb'value="\w{64}"|"X-CSRFToken": "\w+"', b"", answer) for answer in answers]
    assert same[0] == same[1]
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_a_mail_that_cannot_leave_shows_nobody_who_has_a_login(alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for email in (alice.email, "unheard@of.example"):
        answer = Client().post("/accounts/password/reset/", {"email": email})
        assert answer.headers["Location"] == "/accounts/password/reset/done/"


def test_a_reset_does_not_pass_the_second_factor(alice):
    set_up(sign_in(alice))
    mail.outbox.clear()
    client = Client()
    client.post("/accounts/password/reset/", {"email": alice.email})
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert found
    form = client.get(found[1]).headers["Location"]
    client.post(form, {"password1": "a wholly new pass", "password2": "a wholly new pass"})
    client.post("/accounts/login/", {"login": alice.email, "password": "a wholly new pass"})
    assert client.get("/portal/").status_code == 302


def test_a_removed_members_login_leads_nowhere(alice, ann):
    remove_member(ann.membership, actor=actor_of(alice))
    client = sign_in(ann)
    assert client.get("/").status_code == 403
    assert client.get("/portal/").status_code == 404


# --- invitations ----------------------------------------------------------------------------------


@pytest.fixture
def invited(alice, acme) -> Callable[..., str]:
    """Invites an address as Alice would; the path of the link in the mail."""

    def send(email: str = "nia@acme.example", role: str = "operator") -> str:
        invite(email, acme, role, actor=actor_of(alice))
        found = re.search(r"http://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
        assert found
        return found[1]

    return send


def test_who_is_invited_chooses_a_password_and_is_in(invited, acme):
    link, client = invited(), Client()
    shown = page(client, link)
    assert "Welcome to Acme" in shown
    assert "Alice Reyes invites" in shown
    answer = client.post(link, {"name": "Nia Holm", "password": "a wholly new passphrase"})
    assert answer.headers["Location"] == "/"
    assert "Operator, Acme" in page(client, "/portal/")
    assert Membership.objects.get(user__email="nia@acme.example").customer == acme
    again = Client().get(link)
    assert again.status_code == 404
    assert "no longer works" in again.content.decode()


@pytest.mark.parametrize("password", ["short", "12345678901", "password", "nia@acme.example"])
def test_a_weak_password_is_refused_with_the_name_kept(invited, password):
    link, client = invited(), Client()
    answer = client.post(link, {"name": "Nia Holm", "password": password})
    assert answer.status_code == 200
    assert 'value="Nia Holm"' in answer.content.decode()
    assert "field-error" in answer.content.decode()
    assert Invitation.objects.get().accepted_at is None
    assert client.get("/portal/").status_code == 302


def test_who_has_a_login_signs_in_and_joins(invited, ann):
    remove_member(ann.membership, actor=SYSTEM)
    link = invited(ann.email, "viewer")
    client = Client()
    shown = page(client, link)
    assert "Sign in with it" in shown
    assert 'name="password"' not in shown
    taken = client.post(link, {"name": "Eve", "password": "a wholly new passphrase"})
    assert "Sign in with it" in taken.content.decode()
    sign_in(ann, client, to=link)
    assert "Join Acme" in page(client, link)
    assert client.post(link).headers["Location"] == "/"
    assert Membership.objects.get(user=ann).role == "viewer"


def test_somebody_else_who_is_signed_in_does_not_join_by_mistake(invited, bob):
    link = invited()
    client = sign_in(bob)
    assert "Sign out, then open the link again" in page(client, link)
    client.post(link, {"name": "Bob", "password": "a wholly new passphrase"})
    assert Invitation.objects.get().accepted_at is None


def test_who_belongs_elsewhere_is_told_and_nothing_changes(invited, bob, sam):
    for person in (bob, sam):
        link = invited(person.email)
        answer = sign_in(person).post(link)
        assert answer.status_code == 409
        assert "for something else already" in answer.content.decode()
    assert Membership.objects.get(user=bob).customer.name == "Bolt"
    assert not Membership.objects.filter(user=sam).exists()


def test_a_link_that_never_was_is_not_found(client):
    assert client.get(f"/accounts/invitation/{'a' * 43}/").status_code == 404
    assert client.get("/accounts/invitation/x/").status_code == 404


# --- the look -------------------------------------------------------------------------------------


def test_every_page_of_a_login_is_the_houses_and_keeps_its_policy(alice, invited):
    client = sign_in(alice)
    urls = ["/accounts/2fa/", SET_UP, "/accounts/sessions/", "/accounts/password/change/"]
    shown = [page(client, url) for url in urls]
    set_up(client)
    for url in ("/accounts/2fa/", CODES, f"{CODES}generate/", "/accounts/2fa/reauthenticate/"):
        if (answer := client.get(url)).status_code == 302:
            client.post(answer.headers["Location"], {"password": PASSWORD})
        shown.append(page(client, url))
    shown.append(page(client, "/accounts/2fa/totp/deactivate/"))
    shown += [page(Client(), url) for url in ("/accounts/password/reset/", invited())]
    for text in shown:
        assert 'class="entrance"' in text
        assert "<style" not in text
        assert not re.search(r"\son\w+=|\sstyle=|javascript:|<script(?! src)", text)
