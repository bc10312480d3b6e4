"""Creating, blocking, regenerating, deleting, and what is kept when a session is lost."""

from typing import Any

import pytest
from django.test import Client

from tests.web.sent import fields_of
from trunks.models import Account, Change, Did, Trunk
from trunks.services.pulling import pull

pytestmark = pytest.mark.django_db
NEW = "/staff/trunks/new/"


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


@pytest.fixture
def admin(pulled, ada, client_of) -> Client:
    return client_of(ada)


def url(trunk: Trunk, page: str) -> str:
    return f"/staff/trunks/{trunk.pk}/{page}/"


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


def with_credentials() -> Trunk:
    return Trunk.objects.filter(auth_type="credentials_and_ip", status="active")[0]


# --- Create ---------------------------------------------------------------------------------------


def created(browser: Client, **typed: Any):
    fields = fields_of(browser.get(NEW).content)
    return browser.post(NEW, {**fields, **typed, "by": "save"})


def test_a_trunk_is_created_and_opened(browser, sandbox):
    did = str(Did.objects.can_call_out()[0].pk)
    typed = {"name": "Halden Oslo", "auth-allowed_sip_ips": "192.0.2.7, 2001:db8::/64"}
    response = created(browser, **typed, dids=[did], dst_prefixes="47 46")
    trunk = Trunk.objects.get(name="Halden Oslo")
    assert response.url == f"/staff/trunks/{trunk.pk}/"
    assert "Applied upstream" in said(response)
    held = sandbox.trunk(str(trunk.pk))
    assert held["dids"] == [did]
    assert held["attributes"]["on_cli_mismatch_action"] == "reject_call"
    assert held["attributes"]["threshold_amount"] == "3000.0", "left to upstream's default"
    networks = held["attributes"]["authentication_method"]["attributes"]["allowed_sip_ips"]
    assert networks == ["192.0.2.7/32", "2001:db8::/64"]


def test_a_twilio_trunk_can_be_created_with_its_sid_alone(browser, sandbox):
    sid = "AC" + "0123456789abcdef" * 2
    created(browser, name="T", auth_type="twilio", **{"auth-twilio_account_sid": sid})
    method = sandbox.trunk(str(Trunk.objects.get(name="T").pk))["attributes"][
        "authentication_method"
    ]
    assert method == {"type": "twilio", "attributes": {"twilio_account_sid": sid}}


def test_a_new_trunk_needs_a_name_and_a_network(browser, sandbox):
    html = created(browser).content.decode()
    assert 'id="id_name_error"' in html
    assert 'id="id_auth-allowed_sip_ips_error"' in html
    assert "2 fields need a correction" in html
    assert sandbox.requests == []


def test_a_taken_name_leads_back_to_the_form_of_the_new_trunk(browser):
    taken = Trunk.objects.all()[0].name
    typed = {"name": taken, "auth-allowed_sip_ips": "192.0.2.7", "capacity_limit": "12"}
    response = created(browser, **typed)
    assert response.url.startswith(f"{NEW}?change=")
    html = browser.get(response.url).content.decode()
    assert "has already been taken" in html
    shown = fields_of(html)
    assert shown["capacity_limit"] == "12"
    assert shown["auth-allowed_sip_ips"] == "192.0.2.7/32"


def test_the_account_is_asked_for_only_when_there_is_more_than_one(browser, pulled):
    assert "account" not in fields_of(browser.get(NEW).content)
    other = Account.objects.get(pk=pulled.pk)
    other.pk, other.name = None, "Second"
    other.save()
    assert "account" in fields_of(browser.get(NEW).content)
    typed = {"name": "Q", "auth-allowed_sip_ips": "192.0.2.7"}
    html = created(browser, **typed).content.decode()
    assert 'id="id_account_error"' in html
    assert "Applied" in said(created(browser, **typed, account=str(pulled.pk)))


def test_a_twin_is_filled_from_another_trunk(browser):
    trunk = with_credentials()
    shown = fields_of(browser.get(f"{NEW}?like={trunk.pk}").content)
    assert shown["name"] == trunk.name
    assert shown["auth-allowed_sip_ips"].split() == trunk.auth_attributes["allowed_sip_ips"]


# --- Block and unblock ----------------------------------------------------------------------------


def test_blocking_and_unblocking_happen_at_once(browser, sandbox):
    trunk = with_credentials()
    response = browser.post(url(trunk, "block"))
    assert "Applied upstream" in said(response)
    assert sandbox.trunk(str(trunk.pk))["attributes"]["status"] == "blocked"
    browser.post(url(trunk, "unblock"))
    assert sandbox.trunk(str(trunk.pk))["attributes"]["status"] == "active"


def test_unblocking_what_the_limit_stopped_is_reviewed_first(browser, sandbox, pulled):
    trunk = with_credentials()
    sandbox.change_trunk(str(trunk.pk), status="blocked", threshold_reached=True)
    pull(pulled)
    response = browser.post(url(trunk, "unblock"))
    assert sandbox.trunk(str(trunk.pk))["attributes"]["status"] == "blocked"
    html = browser.get(response.url).content.decode()
    assert "The 24-hour limit stopped this trunk" in html
    browser.post(response.url)
    assert sandbox.trunk(str(trunk.pk))["attributes"]["status"] == "active"


def test_a_link_cannot_block(browser):
    assert browser.get(url(with_credentials(), "block")).status_code == 405


# --- Regenerate -----------------------------------------------------------------------------------


def test_regenerating_says_what_stops_and_asks_why(browser, sandbox):
    trunk = with_credentials()
    before = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    page = browser.get(url(trunk, "regenerate")).content.decode()
    assert "stops working at once" in page
    assert before["password"] not in page
    refused = browser.post(url(trunk, "regenerate"), {"reason": "  "})
    assert "Say why" in refused.content.decode()
    answer = {"reason": "Leaked in a ticket", "seen": seen_on(page)}
    response = browser.post(url(trunk, "regenerate"), answer)
    assert "Applied upstream" in said(response)
    after = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    assert after["password"] != before["password"]
    assert Change.objects.get(kind="regenerate").reason == "Leaked in a ticket"


def test_a_trunk_without_credentials_has_none_to_regenerate(browser):
    trunk = Trunk.objects.filter(auth_type="twilio")[0]
    assert "no credentials" in said(browser.get(url(trunk, "regenerate")))


# --- Delete ---------------------------------------------------------------------------------------


def test_deleting_says_the_effect_offers_to_block_and_asks_for_the_name(admin, sandbox):
    trunk = Trunk.objects.filter(dids__isnull=False, allow_any_did_as_cli=False)[0]
    page = admin.get(url(trunk, "delete")).content.decode()
    count = trunk.dids.count()
    assert f"{count} DID{' stops' if count == 1 else 's stop'} calling out" in page
    assert url(trunk, "block") in page
    wrong = admin.post(url(trunk, "delete"), {"confirm": "wrong", "reason": "old"})
    assert "not the trunk" in wrong.content.decode().replace("&#x27;", "'")
    assert sandbox.trunk(str(trunk.pk)) is not None
    answer = {"confirm": trunk.name, "reason": "Moved away", "seen": seen_on(page)}
    response = admin.post(url(trunk, "delete"), answer)
    assert "Deleted upstream" in said(response)
    assert sandbox.trunk(str(trunk.pk)) is None


@pytest.mark.parametrize("act", ["delete", "regenerate"])
def test_what_is_confirmed_is_what_the_page_showed_not_what_a_pull_brought_since(
    admin, sandbox, pulled, act
):
    trunk = with_credentials()
    page = admin.get(url(trunk, act)).content.decode()
    if act == "delete":
        sandbox.change_trunk(str(trunk.pk), rtp_timeout=222)
    else:
        sandbox.regenerate(str(trunk.pk))
    pull(pulled)
    sandbox.clear_requests()
    answer = {"confirm": trunk.name, "reason": "Moved away", "seen": seen_on(page)}
    admin.post(url(trunk, act), answer)
    assert Change.objects.get(kind=act).state == "conflicted"
    assert [r["method"] for r in sandbox.requests] == ["GET"]


def test_a_confirmation_without_its_page_is_asked_for_again(admin, sandbox):
    trunk = with_credentials()
    page = admin.post(url(trunk, "delete"), {"confirm": trunk.name, "reason": "Moved away"})
    assert "Look at it again" in page.content.decode()
    assert sandbox.trunk(str(trunk.pk)) is not None


def seen_on(page: str) -> str:
    """What a confirming page carries of what it shows."""
    return page.split('name="seen" value="')[1].split('"')[0]


# --- Nothing typed is lost ------------------------------------------------------------------------


def test_what_was_typed_survives_a_session_that_ended(browser, sam):
    trunk = with_credentials()
    edit = url(trunk, "edit")
    fields = fields_of(browser.get(edit).content)
    browser.logout()
    response = browser.post(edit, {**fields, "name": "Typed for an hour", "by": "save"})
    assert "/accounts/login/" in response.url
    browser.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(edit).content.decode()
    assert "You were signed out before this was saved" in page
    assert fields_of(page)["name"] == "Typed for an hour"
    assert "Applied" in said(browser.post(edit, {**fields_of(page), "by": "save"}))


def test_a_choice_of_method_after_the_session_ended_leads_back_to_the_form(browser, sam):
    trunk = with_credentials()
    edit = url(trunk, "edit")
    fields = fields_of(browser.get(edit).content)
    browser.logout()
    response = browser.post(f"{edit}auth-fields/", {**fields, "name": "Half typed"})
    assert response.url.endswith(f"?next={edit}")
    browser.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    assert fields_of(browser.get(edit).content)["name"] == "Half typed"


def test_a_search_after_the_session_ended_says_so_and_shows_no_number(client, pulled):
    path = f"/staff/dids/picker/?for=dids&account={pulled.pk}&dids-q=4"
    html = client.get(path, HTTP_HX_REQUEST="true").content.decode()
    assert "You are signed out" in html
    assert "checkbox" not in html
    assert client.get(path).status_code == 302


def test_what_one_person_typed_is_not_shown_to_the_next(browser, ada):
    trunk = with_credentials()
    edit = url(trunk, "edit")
    fields = fields_of(browser.get(edit).content)
    browser.logout()
    browser.post(edit, {**fields, "name": "Sam's own words", "by": "save"})
    browser.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert b"own words" not in browser.get(edit).content


def test_a_stranger_stores_nothing_in_a_session(client, pulled):
    client.post(url(with_credentials(), "edit"), {"name": "x" * 1000, "seen": "forged"})
    assert "typed" not in client.session


def test_a_replaced_csrf_token_saves_nothing_and_loses_nothing(pulled, sam, sandbox):
    trunk = with_credentials()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    page = strict.get(url(trunk, "edit"))
    fields = fields_of(page.content)
    stale = {**fields, "name": "Typed before", "by": "save", "csrfmiddlewaretoken": "a" * 64}
    answer = strict.post(url(trunk, "edit"), stale)
    assert "nothing was saved" in answer.content.decode()
    assert fields_of(answer.content)["name"] == "Typed before"
    assert not Change.objects.filter(origin="staff").exists()
    token = {"csrfmiddlewaretoken": answer.context["csrf_token"]}
    again = strict.post(url(trunk, "edit"), {**fields_of(answer.content), **token, "by": "save"})
    assert "Applied" in said(again)


def test_a_forged_post_is_refused_as_ever(pulled, sam):
    trunk = with_credentials()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(url(trunk, "edit"), {"name": "Forged", "by": "save"}).status_code == 403
    assert strict.post(NEW, {"name": "Forged"}).status_code == 403
    assert not Change.objects.filter(origin="staff").exists()
