"""Sam edits trunks in the browser's way: opens the form, changes what he means, saves."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.web.sent import fields_of
from trunks.models import Account, Change, Did, Trunk
from trunks.sandbox import ABSENT
from trunks.services.pulling import pull

pytestmark = pytest.mark.django_db
SID = "AC" + "0123456789abcdef" * 2


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


def trunk_with(type_: str = "credentials_and_ip", **wanted: Any) -> Trunk:
    return Trunk.objects.filter(auth_type=type_, **wanted).order_by("pk")[0]


def edit_url(trunk: Trunk) -> str:
    return f"/staff/trunks/{trunk.pk}/edit/"


def opened(browser: Client, trunk: Trunk) -> dict[str, Any]:
    return fields_of(browser.get(edit_url(trunk)).content)


def saved(browser: Client, trunk: Trunk, fields: dict[str, Any], **typed: Any):
    return browser.post(edit_url(trunk), {**fields, **typed, "by": "save"})


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


def writes(sandbox) -> list[dict[str, Any]]:
    return [r for r in sandbox.requests if r["method"] != "GET"]


def body_of(request: dict[str, Any]) -> dict[str, Any]:
    body = request["body"]
    return json.loads(body) if isinstance(body, str | bytes) else body


# --- Saving ---------------------------------------------------------------------------------------


def test_a_small_change_is_applied_at_once_and_says_so(browser, sandbox):
    trunk = trunk_with()
    response = saved(browser, trunk, opened(browser, trunk), name="Riga, second floor")
    assert response.status_code == 302
    assert response.url == f"/staff/trunks/{trunk.pk}/"
    assert "Applied upstream" in said(response)
    assert sandbox.trunk(str(trunk.pk))["attributes"]["name"] == "Riga, second floor"


def test_only_what_was_touched_is_sent(browser, sandbox):
    trunk = trunk_with()
    saved(browser, trunk, opened(browser, trunk), external_reference_id="crm-99")
    (write,) = writes(sandbox)
    assert body_of(write)["data"]["attributes"] == {"external_reference_id": "crm-99"}
    assert "relationships" not in body_of(write)["data"]


def test_saving_without_touching_anything_sends_nothing(browser, sandbox):
    for trunk in Trunk.objects.all():
        response = saved(browser, trunk, opened(browser, trunk))
        assert "Nothing was changed" in said(response), trunk.name
    assert sandbox.requests == []
    assert not Change.objects.exclude(state="observed").exists()


def test_a_form_opened_before_a_pull_sends_only_what_was_touched(browser, sandbox, pulled):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    sandbox.change_trunk(str(trunk.pk), capacity_limit=77, dst_prefixes=["34"])
    pull(pulled)
    sandbox.clear_requests()
    response = saved(browser, trunk, fields, name="Mine")
    assert "Applied" in said(response)
    assert body_of(writes(sandbox)[0])["data"]["attributes"] == {"name": "Mine"}
    assert sandbox.trunk(str(trunk.pk))["attributes"]["capacity_limit"] == 77


def test_the_same_field_moved_meanwhile_is_a_conflict_and_overwrites_nothing(
    browser, sandbox, pulled
):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    sandbox.change_trunk(str(trunk.pk), name="Theirs")
    pull(pulled)
    response = saved(browser, trunk, fields, name="Mine")
    change = Change.objects.get(origin="staff")
    assert response.url == f"/staff/changes/{change.pk}/conflict/"
    assert change.state == "conflicted"
    assert sandbox.trunk(str(trunk.pk))["attributes"]["name"] == "Theirs"


def test_networks_are_sent_as_adds_and_removes(browser, sandbox, pulled):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    before = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    theirs = [*before["allowed_sip_ips"], "192.0.2.99/32"]
    method = {"type": "credentials_and_ip", "attributes": {**before, "allowed_sip_ips": theirs}}
    sandbox.change_trunk(str(trunk.pk), authentication_method=method)
    typed = fields["auth-allowed_sip_ips"] + "\r\n198.51.100.200"
    response = saved(browser, trunk, fields, **{"auth-allowed_sip_ips": typed})
    browser.post(response.url, {"reason": "second office"})
    held = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    assert set(held["allowed_sip_ips"]) == {*theirs, "198.51.100.200/32"}


@pytest.mark.parametrize("seen", ["", "tampered", None])
def test_a_form_whose_memory_was_altered_saves_nothing_and_loses_nothing(browser, sandbox, seen):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    fields["seen"] = fields["seen"][:-2] + "xx" if seen is None else seen
    response = saved(browser, trunk, fields, name="Typed by hand")
    assert response.status_code == 200
    html = response.content.decode()
    assert "nothing was saved" in html
    assert "Typed by hand" in html
    assert writes(sandbox) == []
    again = fields_of(html)
    assert "Applied" in said(saved(browser, trunk, again))
    assert sandbox.trunk(str(trunk.pk))["attributes"]["name"] == "Typed by hand"


def test_a_form_opened_by_another_person_is_not_believed(browser, ada, client_of):
    trunk = trunk_with()
    fields = opened(client_of(ada), trunk)
    assert b"nothing was saved" in saved(browser, trunk, fields, name="X").content


def test_the_page_never_holds_a_password(browser, sandbox):
    trunk = trunk_with()
    password = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"][
        "password"
    ]
    assert password.encode() not in browser.get(edit_url(trunk)).content


def test_what_only_upstream_would_accept_is_left_as_it_is(browser, sandbox, pulled):
    """Host bits, unknown values, values beyond our limits: shown, and not touched."""
    trunk = trunk_with()
    odd = {"allowed_sip_ips": ["10.0.0.1/8", "192.0.2.1"], "tech_prefix": ""}
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={"type": "credentials_and_ip", "attributes": odd},
        media_encryption_mode="quantum",
        capacity_limit=0,
        rtp_timeout=None,
        threshold_amount="12.345678",
        name="  spaced \t out\n",
        dst_prefixes=["+47"],
        callback_url=None,
        absent=["rtp_ping"],
    )
    pull(pulled)
    sandbox.clear_requests()
    fields = opened(browser, trunk)
    assert fields["media_encryption_mode"] == "quantum"
    assert "Nothing was changed" in said(saved(browser, trunk, fields))
    assert "Applied" in said(saved(browser, trunk, fields, external_reference_id="x"))
    assert body_of(writes(sandbox)[0])["data"]["attributes"] == {"external_reference_id": "x"}


def test_five_hundred_numbers_can_be_edited(browser, sandbox, pulled):
    trunk = trunk_with(allow_any_did_as_cli=False)
    ids = [sandbox.create_did()["id"] for _ in range(500)]
    sandbox.change_trunk(str(trunk.pk), dids=ids)
    pull(pulled)
    sandbox.clear_requests()
    fields = opened(browser, trunk)
    assert len(fields["dids"]) == 500
    assert "Applied" in said(saved(browser, trunk, fields, dids=fields["dids"][1:]))
    assert len(sandbox.trunk(str(trunk.pk))["dids"]) == 499


def test_a_change_fills_only_the_form_of_its_own_trunk(browser):
    trunk, other = Trunk.objects.filter(auth_type="credentials_and_ip")[:2]
    saved(browser, trunk, opened(browser, trunk), threshold_amount="9000")
    change = Change.objects.get(origin="staff")
    assert browser.get(f"{edit_url(trunk)}?change={change.pk}").status_code == 200
    assert browser.get(f"{edit_url(other)}?change={change.pk}").status_code == 404
    assert browser.get(f"/staff/trunks/new/?change={change.pk}").status_code == 404
    assert browser.get(f"{edit_url(trunk)}?change=nonsense").status_code == 404


# --- The method -----------------------------------------------------------------------------------


def fragment(browser: Client, trunk: Trunk, fields: dict[str, Any], **typed: Any) -> str:
    url = f"/staff/trunks/{trunk.pk}/edit/auth-fields/"
    return browser.post(url, {**fields, **typed}, HTTP_HX_REQUEST="true").content.decode()


def test_choosing_a_method_asks_only_for_its_own_fields(browser):
    trunk = trunk_with()
    html = fragment(browser, trunk, opened(browser, trunk), auth_type="twilio")
    assert 'name="auth-twilio_account_sid"' in html
    assert 'name="auth-allowed_sip_ips"' not in html
    assert 'name="name"' not in html
    assert "<html" not in html


def test_the_choice_is_a_post_so_that_nothing_typed_lands_in_a_url(browser):
    trunk = trunk_with()
    url = f"/staff/trunks/{trunk.pk}/edit/auth-fields/"
    assert browser.get(url).status_code == 405
    assert f'hx-post="{url}"' in browser.get(edit_url(trunk)).content.decode()


def test_losses_are_listed_before_a_switch(browser):
    trunk = trunk_with()
    html = fragment(browser, trunk, opened(browser, trunk), auth_type="twilio")
    assert "The username and password end" in html
    assert "dropped" in html
    back = fragment(browser, trunk, opened(browser, trunk), auth_type="credentials_and_ip")
    assert "The username and password end" not in back


def test_typed_values_of_a_hidden_method_come_back(browser):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    fields |= {"auth-allowed_sip_ips": "203.0.113.77\r\nrubbish", "auth-tech_prefix": "99#"}
    away = fields_of(
        f'<form id="trunk-form">{fragment(browser, trunk, fields, auth_type="twilio")}</form>'
    )
    assert away["auth-other-allowed_sip_ips"] == "203.0.113.77\r\nrubbish"
    rest = {k: v for k, v in fields.items() if not k.startswith("auth-")}
    away["auth-twilio_account_sid"] = "ACbeef"
    html = fragment(browser, trunk, {**rest, **away}, auth_type="credentials_and_ip")
    back = fields_of(f'<form id="trunk-form">{html}</form>')
    assert back["auth-allowed_sip_ips"] == "203.0.113.77\r\nrubbish"
    assert back["auth-tech_prefix"] == "99#"
    assert back["auth-other-twilio_account_sid"] == "ACbeef"


def test_show_fields_keeps_everything_typed_and_judges_nothing(browser):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    typed = {"name": "", "rtp_timeout": "abc", "auth_type": "twilio", "show_fields": "1"}
    html = browser.post(edit_url(trunk), {**fields, **typed}).content.decode()
    shown = fields_of(html)
    assert shown["auth-twilio_account_sid"] == ""
    assert shown["rtp_timeout"] == "abc"
    assert shown["name"] == ""
    assert "field-error" not in html
    assert "The username and password end" in html


def test_only_the_chosen_method_is_validated_and_sent(browser, sandbox):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    fields.pop("auth-allowed_sip_ips")
    typed = {"auth_type": "twilio", "auth-twilio_account_sid": SID}
    typed["auth-other-allowed_sip_ips"] = "rubbish"
    response = saved(browser, trunk, fields, **typed)
    change = Change.objects.get(origin="staff")
    assert response.url == f"/staff/changes/{change.pk}/review/"
    sandbox.clear_requests()
    browser.post(response.url)
    method = body_of(writes(sandbox)[0])["data"]["attributes"]["authentication_method"]
    assert method == {"type": "twilio", "attributes": {"twilio_account_sid": SID}}


def test_ip_only_is_shown_with_its_reason_and_cannot_be_chosen(browser):
    html = browser.get(edit_url(trunk_with())).content.decode()
    card = html[html.index('value="ip_only"') :][:700]
    assert "disabled" in card.partition(">")[0]
    assert "Set by DIDWW on request; leaving it cannot be undone" in card


def test_ip_only_cannot_be_forced_either(browser, sandbox):
    trunk = trunk_with()
    response = saved(browser, trunk, opened(browser, trunk), auth_type="ip_only")
    assert "is not allowed for update" in response.content.decode().replace("Is ", "is ")
    assert writes(sandbox) == []


def test_an_ip_only_trunk_shows_its_networks_and_never_sends_them(browser, sandbox):
    trunk = trunk_with("ip_only")
    html = browser.get(edit_url(trunk)).content.decode()
    assert trunk.auth_attributes["allowed_sip_ips"][0] in html
    assert 'name="auth-allowed_sip_ips"' not in html
    fields = fields_of(html)
    assert fields["auth_type"] == "ip_only"
    fields["auth-allowed_sip_ips"] = "198.51.100.1"
    saved(browser, trunk, fields, name="Renamed")
    (write,) = writes(sandbox)
    assert body_of(write)["data"]["attributes"] == {"name": "Renamed"}


def test_leaving_ip_only_is_possible_and_says_that_it_is_one_way(browser, sandbox):
    trunk = trunk_with("ip_only")
    fields = opened(browser, trunk)
    assert "only DIDWW can set it" in fragment(browser, trunk, fields, auth_type="twilio")
    typed = {"auth_type": "twilio", "auth-twilio_account_sid": SID}
    browser.post(saved(browser, trunk, fields, **typed).url)
    held = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]
    assert held["type"] == "twilio"


def test_a_method_of_the_future_is_shown_kept_and_can_be_left(browser, sandbox, pulled):
    trunk = trunk_with()
    future = {"type": "sip_registration", "attributes": {"realm": "kept-secret"}}
    sandbox.change_trunk(str(trunk.pk), authentication_method=future)
    pull(pulled)
    html = browser.get(edit_url(trunk)).content.decode()
    assert "sip_registration" in html
    assert "kept-secret" not in html
    sandbox.clear_requests()
    assert "Applied" in said(saved(browser, trunk, fields_of(html), name="Renamed"))
    assert body_of(writes(sandbox)[0])["data"]["attributes"] == {"name": "Renamed"}


# --- Upstream's word ------------------------------------------------------------------------------


def test_upstreams_refusal_stands_beside_its_field_and_everything_typed_is_kept(browser, sandbox):
    trunk, other = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:2]
    response = saved(
        browser, trunk, opened(browser, trunk), name=other.name, external_reference_id="kept-7"
    )
    assert response.url.startswith(edit_url(trunk))
    html = browser.get(response.url).content.decode()
    assert "has already been taken" in html
    assert 'aria-describedby="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    shown = fields_of(html)
    assert (shown["name"], shown["external_reference_id"]) == (other.name, "kept-7")
    again = saved(browser, trunk, shown, name="A name of its own")
    assert "Applied" in said(again)
    held = sandbox.trunk(str(trunk.pk))["attributes"]
    assert (held["name"], held["external_reference_id"]) == ("A name of its own", "kept-7")


def test_a_taken_sid_is_said_beside_the_sid_after_the_review(browser, sandbox):
    taken = trunk_with("twilio").auth_attributes["twilio_account_sid"]
    trunk = trunk_with()
    typed = {"auth_type": "twilio", "auth-twilio_account_sid": taken}
    review = saved(browser, trunk, opened(browser, trunk), **typed)
    refused = browser.post(review.url, {"reason": "moves to Twilio"})
    html = browser.get(refused.url).content.decode()
    assert 'id="id_auth-twilio_account_sid_error"' in html
    shown = fields_of(html)
    assert shown["auth_type"] == "twilio"
    assert shown["auth-twilio_account_sid"] == taken


def test_while_upstream_is_away_the_change_is_saved_and_waits(browser, sandbox):
    sandbox.fault("status", status=503, times=100)
    trunk = trunk_with()
    response = saved(browser, trunk, opened(browser, trunk), name="Later")
    assert "Saved. Waiting for upstream" in said(response)
    assert response.url == f"/staff/trunks/{trunk.pk}/"
    assert Change.objects.get(origin="staff").state == "pending"


def test_a_trunk_gone_upstream_is_offered_as_a_new_one_with_everything_typed(browser, sandbox):
    trunk = trunk_with()
    fields = opened(browser, trunk)
    sandbox.delete_trunk(str(trunk.pk))
    response = saved(browser, trunk, fields, name="Phoenix")
    assert "no longer exists upstream" in said(response)
    shown = fields_of(browser.get(response.url).content)
    assert shown["name"] == "Phoenix"
    assert shown["auth-allowed_sip_ips"] == fields["auth-allowed_sip_ips"]


# --- Review ---------------------------------------------------------------------------------------


def test_a_risky_change_is_reviewed_in_words_before_it_is_sent(browser, sandbox):
    trunk = trunk_with(allow_any_did_as_cli=False)
    fields = opened(browser, trunk)
    typed = {"threshold_amount": "9000", "rtp_timeout": "45"}
    response = saved(browser, trunk, fields, **typed)
    assert writes(sandbox) == []
    html = browser.get(response.url).content.decode()
    assert "<h1>Review 2 changes</h1>" in html
    assert ">Apply 2 changes</button>" in html
    assert "9,000.00 USD" in html
    assert "The 24-hour limit rises from" in html
    applied = browser.post(response.url, {"reason": "Ticket 8841"})
    assert "Applied upstream" in said(applied)
    assert Change.objects.get(origin="staff").reason == "Ticket 8841"
    assert sandbox.trunk(str(trunk.pk))["attributes"]["threshold_amount"] == "9000.0"


def test_back_to_editing_returns_everything_typed(browser):
    trunk = trunk_with()
    typed = {"threshold_amount": "9000", "name": "Half done", "rtp_ping": "on"}
    response = saved(browser, trunk, opened(browser, trunk), **typed)
    html = browser.get(response.url).content.decode()
    back = html[html.index("Back to editing") - 120 :].partition('href="')[2].partition('"')[0]
    shown = fields_of(browser.get(back).content)
    assert shown["name"] == "Half done"
    assert shown["threshold_amount"] == "9000.00"
    assert shown["rtp_ping"] == "on"
    assert "Applied" in said(browser.post(saved(browser, trunk, shown).url)), (
        "the plan taken back is replaced"
    )
    assert sorted(Change.objects.filter(origin="staff").values_list("state", flat=True)) == [
        "applied",
        "cancelled",
    ]


def test_a_change_is_not_sent_twice(browser, sandbox):
    trunk = trunk_with()
    url = saved(browser, trunk, opened(browser, trunk), threshold_amount="9000").url
    browser.post(url)
    sent = len(writes(sandbox))
    again = browser.post(url)
    assert "no longer a plan" in said(again)
    assert len(writes(sandbox)) == sent
    assert "no longer a plan" in said(browser.get(url))


@pytest.mark.parametrize(
    ("rule", "label"),
    [("allow_all", "Destinations refused"), ("reject_all", "Destinations allowed")],
)
def test_a_review_says_what_listing_a_destination_does(browser, rule, label):
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]
    typed = {"default_dst_action": rule, "dst_prefixes": "881", "threshold_amount": "99999"}
    fields = opened(browser, trunk)
    review = browser.get(saved(browser, trunk, fields, **typed).url).content.decode()
    assert f"<dt>{label}</dt>" in review


def test_a_review_says_what_upstream_moved_since(browser, sandbox, pulled):
    trunk = trunk_with()
    url = saved(browser, trunk, opened(browser, trunk), threshold_amount="9000").url
    sandbox.change_trunk(str(trunk.pk), threshold_amount="123.0")
    pull(pulled)
    assert b"Upstream moved since this was planned" in browser.get(url).content


# --- Numbers --------------------------------------------------------------------------------------


def test_numbers_are_added_and_taken_away(browser, sandbox):
    trunk = Trunk.objects.filter(dids__isnull=False, allow_any_did_as_cli=False)[0]
    held = [str(pk) for pk in trunk.dids.values_list("pk", flat=True)]
    new = str(Did.objects.can_call_out().exclude(pk__in=held)[0].pk)
    saved(browser, trunk, opened(browser, trunk), dids=[*held[1:], new])
    assert set(sandbox.trunk(str(trunk.pk))["dids"]) == {*held[1:], new}


def test_numbers_are_left_alone_while_upstream_manages_them(browser, sandbox):
    trunk = trunk_with(allow_any_did_as_cli=False)
    fields = opened(browser, trunk)
    response = saved(browser, trunk, fields, allow_any_did_as_cli="on")
    assert "dids" not in Change.objects.get(origin="staff").patch
    browser.post(response.url)
    assert sandbox.trunk(str(trunk.pk))["attributes"]["allow_any_did_as_cli"] is True


def test_the_default_number_goes_with_replacing_and_only_with_it(browser, sandbox):
    trunk = trunk_with(on_cli_mismatch_action="reject_call")
    fields = opened(browser, trunk)
    html = saved(browser, trunk, fields, on_cli_mismatch_action="replace_cli").content.decode()
    assert "Can't be blank while the caller ID is replaced" in html.replace("&#x27;", "'")
    did = str(Did.objects.can_call_out()[0].pk)
    typed = {"on_cli_mismatch_action": "replace_cli", "default_did": did}
    typed["threshold_amount"] = "9000"  # a risk, so that it is reviewed
    review = browser.get(saved(browser, trunk, fields, **typed).url).content.decode()
    assert did not in review, "a number is shown by its digits"
    assert Change.objects.get(origin="staff").patch["default_did"] == {"set": did}
    kept = opened(browser, trunk)
    saved(browser, trunk, kept, default_did=did, on_cli_mismatch_action="send_original_cli")
    assert "default_did" not in Change.objects.filter(origin="staff").latest("created_at").patch


def test_a_number_of_another_account_is_refused_beside_the_numbers(browser, pulled, account):
    trunk = trunk_with(allow_any_did_as_cli=False)
    other = Account.objects.get(pk=pulled.pk)
    other.pk, other.name = None, "Second"
    other.save()
    foreign = Did.objects.exclude(trunks=trunk)[0]
    Did.objects.filter(pk=foreign.pk).update(account=other)
    html = saved(browser, trunk, opened(browser, trunk), dids=[str(foreign.pk)]).content.decode()
    assert 'id="id_dids_error"' in html
    assert "not one of the account" in html


def test_the_search_finds_only_numbers_that_can_call_out_of_this_account(browser, pulled):
    did = Did.objects.can_call_out()[0]
    end = str(did.number)[-6:]
    url = f"/staff/dids/picker/?for=dids&account={pulled.pk}&dids-q={end}"
    assert str(did.pk) in browser.get(url).content.decode()
    other = f"/staff/dids/picker/?for=dids&account=999999&dids-q={end}"
    assert str(did.pk) not in browser.get(other).content.decode()


def test_searching_without_javascript_keeps_what_is_chosen_and_typed(browser):
    trunk = Trunk.objects.filter(dids__isnull=False, allow_any_did_as_cli=False)[0]
    fields = opened(browser, trunk)
    new = Did.objects.can_call_out().exclude(pk__in=trunk.dids.values("pk"))[0]
    typed = {"name": "Unsaved", "dids-q": new.number, "find": "dids"}
    html = browser.post(edit_url(trunk), {**fields, **typed}).content.decode()
    shown = fields_of(html)
    assert shown["name"] == "Unsaved"
    assert shown["dids"] == fields["dids"]
    assert f'value="{new.pk}"' in html


def test_enter_in_a_changed_search_box_searches_instead_of_saving(browser, sandbox):
    trunk = trunk_with(allow_any_did_as_cli=False)
    fields = opened(browser, trunk)
    entered = {**fields, "name": "Not yet", "dids-q": "44", "by": "enter"}
    assert browser.post(edit_url(trunk), entered).status_code == 200
    assert writes(sandbox) == []
    assert "Applied" in said(browser.post(edit_url(trunk), {**fields, "name": "B", "by": "enter"}))


# --- Rights ---------------------------------------------------------------------------------------

PAGES = ("edit/", "regenerate/", "delete/")


def test_a_viewer_reaches_no_form(pulled, vera, client_of):
    trunk = trunk_with()
    viewer = client_of(vera)
    for page in PAGES:
        assert viewer.get(f"/staff/trunks/{trunk.pk}/{page}").status_code == 403
    for act in ("block/", "unblock/", "edit/", "edit/auth-fields/", "delete/"):
        assert viewer.post(f"/staff/trunks/{trunk.pk}/{act}").status_code == 403
    assert viewer.get("/staff/trunks/new/").status_code == 403
    assert viewer.get(f"/staff/dids/picker/?for=dids&account={pulled.pk}").status_code == 403


def test_an_agent_cannot_delete(browser):
    assert browser.get(f"/staff/trunks/{trunk_with().pk}/delete/").status_code == 403


def test_strangers_are_sent_to_the_door_and_missing_trunks_are_missing(browser, client):
    assert client.get(edit_url(trunk_with())).status_code == 302
    missing = "/staff/trunks/00000000-0000-4000-8000-000000000000/edit/"
    assert browser.get(missing).status_code == 404


# --- Constant work --------------------------------------------------------------------------------


def test_the_form_asks_the_database_the_same_however_many_numbers_are_chosen(
    browser, django_assert_max_num_queries, pulled
):
    few, many = Trunk.objects.filter(allow_any_did_as_cli=False)[:2]
    many.dids.set(Did.objects.all()[:100])
    few.dids.set(Did.objects.all()[:1])
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for trunk in (few, many):
        browser.get(edit_url(trunk))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(edit_url(trunk))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16, counts


def test_what_upstream_left_unset_stays_unset_when_only_something_else_is_touched(
    browser, sandbox, pulled
):
    made = sandbox.create_trunk(
        name="Half set", status=None, default_dst_action=None, media_encryption_mode=ABSENT
    )
    pull(pulled)
    path = f"/staff/trunks/{made['id']}/edit/"
    page = browser.get(path).content.decode()
    assert page.count("Not set upstream") == 3
    sandbox.clear_requests()
    browser.post(path, {**fields_of(page), "rtp_timeout": "77", "by": "save"})
    [patch] = [r for r in sandbox.requests if r["method"] == "PATCH"]
    assert patch["body"]["data"]["attributes"] == {"rtp_timeout": 77}


def test_a_made_up_number_is_said_beside_the_numbers(browser):
    trunk = trunk_with(allow_any_did_as_cli=False)
    path = f"/staff/trunks/{trunk.pk}/edit/"
    fields = fields_of(browser.get(path).content)
    page = browser.post(path, {**fields, "dids": ["not-a-uuid"], "by": "save"}).content.decode()
    assert "is not one of the account" in page
