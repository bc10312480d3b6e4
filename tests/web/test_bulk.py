"""Sam ticks trunks, changes them together, sees the plan, applies it, and takes it back."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.web.sent import fields_of
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.authentication import SETTABLE
from trunks.domain.units import METHOD, SIP_IPS
from trunks.models import Account, Batch, Change, Did, Trunk
from trunks.services.delivering import drain
from trunks.services.pulling import pull
from trunks.web.forms.bulk_fields import FIELDS

pytestmark = pytest.mark.django_db
NEW = "/staff/batches/new/"
SID = "AC" + "0123456789abcdef" * 2


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


def some(count: int = 3, **wanted: Any) -> list[Trunk]:
    rows = Trunk.objects.filter(auth_type="credentials_and_ip", **wanted).order_by("name", "pk")
    return list(rows[:count])


def form_for(browser: Client, query: str) -> dict[str, Any]:
    return fields_of(browser.get(f"{NEW}?{query}").content, "bulk-form")


def ticked(trunks: list[Trunk]) -> str:
    return "&".join(f"trunk={trunk.pk}" for trunk in trunks)


def planned(browser: Client, query: str, **typed: Any) -> Batch:
    response = browser.post(NEW, {**form_for(browser, query), **typed})
    assert response.status_code == 302, re.findall(r"field-error.*?</p>", response.text, re.S)
    return Batch.objects.get(pk=response.headers["Location"].rstrip("/").rpartition("/")[2])


def page(browser: Client, batch: Batch, query: str = "") -> str:
    return browser.get(f"/staff/batches/{batch.pk}/{query}").content.decode()


def act(browser: Client, batch: Batch, what: str, **sent: Any):
    return browser.post(f"/staff/batches/{batch.pk}/{what}/", sent)


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


# --- Choosing -------------------------------------------------------------------------------------


def test_the_list_has_a_box_for_every_trunk_and_a_bar_for_those_ticked(browser, vera, client_of):
    html = browser.get("/staff/trunks/").content.decode()
    assert html.count('name="trunk"') == Trunk.objects.count()
    assert "Change all 40 trunks" in html
    assert 'name="trunk"' not in client_of(vera).get("/staff/trunks/").content.decode()
    assert 'name="trunk"' not in browser.get("/staff/trunks/?tab=gone").content.decode()


def test_the_form_names_what_was_ticked_and_leaves_everything_as_it_is(browser):
    trunks = some()
    html = browser.get(f"{NEW}?{ticked(trunks)}").content.decode()
    assert "Change 3 selected trunks" in html
    assert all(str(trunk.name) in html for trunk in trunks)
    fields = form_for(browser, ticked(trunks))
    left = {k: v for k, v in fields.items() if not k.endswith(("-q", "-q-was")) and v}
    assert set(left) == {"selection"}


def test_sending_the_form_as_it_is_asks_for_a_setting(browser):
    response = browser.post(NEW, form_for(browser, ticked(some())))
    assert "Choose at least one setting to change." in response.content.decode()
    assert not Batch.objects.exists()


def test_all_that_match_a_filter_are_counted_and_asked_for_again_when_sent(browser):
    word = str(some()[0].name).split()[0]
    matching = Trunk.objects.filter(name__startswith=word).count()
    query = f"which=all&q={word}"
    fields = form_for(browser, query)
    assert f"all {matching} trunk" in browser.get(f"{NEW}?{query}").content.decode()
    other = Trunk.objects.exclude(name__startswith=word)[0]
    Trunk.objects.filter(pk=other.pk).update(name=f"{word} newcomer")
    browser.post(NEW, {**fields, "rtp_timeout-op": "set", "rtp_timeout": "44"})
    batch = Batch.objects.get()
    assert batch.rows.count() == matching + 1
    assert f"now {matching + 1}" in batch.notes[0]


def test_nothing_ticked_leads_back_to_the_list_with_its_filter(browser):
    response = browser.get(f"{NEW}?q=Baltic&tab=blocked")
    assert response.url == "/staff/trunks/?q=Baltic&tab=blocked"
    assert "Choose the trunks first" in said(response)


def test_somebody_elses_form_or_an_altered_one_plans_nothing(browser, ada, client_of):
    fields = form_for(browser, ticked(some()))
    for sender, selection in ((client_of(ada), fields["selection"]), (browser, "made-up:x")):
        response = sender.post(NEW, {**fields, "selection": selection, "status": "blocked"})
        assert "open for too long" in said(response)
    assert not Batch.objects.exists()


# --- The form -------------------------------------------------------------------------------------


def test_each_setting_becomes_what_was_chosen_for_it(browser):
    did = Did.objects.can_call_out()[0]
    batch = planned(
        browser,
        ticked(some()),
        **{
            "status": "blocked",
            "external_reference_id-op": "clear",
            "auth-allowed_sip_ips-op": "add",
            "auth-allowed_sip_ips": "203.0.113.7\n198.51.100.0/24",
            "auth-tech_prefix-op": "set",
            "auth-tech_prefix": "77#",
            "dst_prefixes-op": "remove",
            "dst_prefixes": "47, 46",
            "dids-op": "replace",
            "dids": [str(did.pk)],
            "allow_any_did_as_cli": "false",
            "capacity_limit-op": "clear",
            "threshold_amount-op": "set",
            "threshold_amount": "75",
            "allowed_rtp_ips-op": "replace",
            "allowed_rtp_ips": "192.0.2.0/24",
            "emergency_dids-op": "clear",
        },
    )
    assert batch.patch == {
        "status": {"set": "blocked"},
        "external_reference_id": {"set": None},
        SIP_IPS: {"add": ["203.0.113.7/32", "198.51.100.0/24"], "remove": []},
        "authentication_method.tech_prefix": {"set": "77#"},
        "dst_prefixes": {"add": [], "remove": ["47", "46"]},
        "dids": {"whole": [str(did.pk)]},
        "allow_any_did_as_cli": {"set": False},
        "capacity_limit": {"set": None},
        "threshold_amount": {"set": "75.0"},
        "allowed_rtp_ips": {"whole": ["192.0.2.0/24"]},
        "emergency_dids": {"whole": []},
    }


def test_every_setting_but_the_name_and_the_method_itself_is_on_the_form():
    settable = {METHOD + name for names in SETTABLE.values() for name in names}
    numbers = {"dids", "emergency_dids", "default_did"}
    of_one = {"name", METHOD + "twilio_account_sid"}  # unique: no two trunks may have the same
    assert {f.unit for f in FIELDS} == {*ATTRIBUTES, *settable, *numbers} - of_one


WRONG = {
    "rtp_timeout": ({"rtp_timeout-op": "set", "rtp_timeout": "5"}, "Must be greater than or equal"),
    "nothing": ({"capacity_limit-op": "set"}, "Can&#x27;t be blank."),
    "host bits": (
        {"auth-allowed_sip_ips-op": "add", "auth-allowed_sip_ips": "192.0.2.1/24"},
        "has host bits set: did you mean 192.0.2.0/24",
    ),
    "no network": ({"auth-allowed_sip_ips-op": "remove"}, "List at least one."),
    "no number": ({"dids-op": "add", "dids-q": ""}, "Choose at least one number."),
    "odd choice": ({"status": "asleep"}, "This is not one of the choices."),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_stays(browser, what):
    typed, complaint = WRONG[what]
    typed = {**typed, "external_reference_id-op": "set", "external_reference_id": "kept-7"}
    response = browser.post(NEW, {**form_for(browser, ticked(some())), **typed})
    html = response.content.decode()
    assert complaint in html
    assert 'value="kept-7"' in html
    assert not Batch.objects.exists()


def test_callbacks_can_be_received_here_on_every_trunk(browser, settings):
    settings.PUBLIC_URL = "https://trunks.example"
    account = Account.objects.get()
    url = f"https://trunks.example/callbacks/{account.pk}/"
    assert url in browser.get(f"{NEW}?which=all").content.decode()
    batch = planned(browser, "which=all", **{"callback_url-op": "own"})
    assert {c.patch["callback_url"]["set"] for c in batch.changes.all()} == {url}
    assert "Callbacks received here" in str(batch)


def test_trunks_of_several_accounts_have_no_numbers_in_common(browser, pulled):
    other = Account.objects.create(
        name="Other",
        base_url=pulled.base_url,
        api_key=pulled.api_key,
        fingerprint_key=pulled.fingerprint_key,
    )
    Trunk.objects.filter(pk=some()[0].pk).update(account=other)
    html = browser.get(f"{NEW}?which=all").content.decode()
    assert "of several accounts" in html
    assert 'name="dids-op"' not in html


def test_numbers_are_found_without_scripts_and_the_form_is_kept(browser):
    did = Did.objects.can_call_out()[0]
    fields = form_for(browser, ticked(some()))
    typed = {"dids-op": "add", "dids-q": did.number, "find": "dids", "capacity_limit": "4"}
    html = browser.post(NEW, {**fields, **typed}).content.decode()
    assert f'value="{did.pk}"' in html
    assert fields_of(html, "bulk-form")["capacity_limit"] == "4"
    assert not Batch.objects.exists()


# --- The plan -------------------------------------------------------------------------------------


def test_the_plan_counts_and_names_the_refused_first_with_their_reasons(browser):
    network = {"auth-allowed_sip_ips-op": "add", "auth-allowed_sip_ips": "203.0.113.0/24"}
    batch = planned(browser, "which=all", **network)
    html = page(browser, batch)
    refused = Trunk.objects.filter(auth_type="ip_only")
    assert refused.exists()
    rows = html[html.index("<tbody>") :]
    for trunk in refused:
        assert str(trunk.name) in rows[: rows.index("More addresses") if "More" in rows else -1]
    assert "can&#x27;t be changed while the method is ip_only" in rows
    assert "More addresses may call" in html
    assert f"Apply {batch.changes.count()} changes" in html
    risky = page(browser, batch, "?risk=wider_networks")
    assert risky.count("may use this trunk instead of") == batch.rows.exclude(risks="").count()
    assert all(str(t.name) not in risky[risky.index("<tbody>") :] for t in refused)
    only = page(browser, batch, "?tab=refused")
    assert only[only.index("<tbody>") :].count("cell-title") == refused.count()


def test_back_to_editing_brings_the_form_as_it_was_and_replaces_the_plan(browser):
    batch = planned(
        browser,
        ticked(some()),
        **{
            "capacity_limit-op": "set",
            "capacity_limit": "33",
            "auth-allowed_sip_ips-op": "add",
            "auth-allowed_sip_ips": "203.0.113.7",
            "status": "blocked",
        },
    )
    fields = form_for(browser, f"plan={batch.pk}")
    assert fields["capacity_limit"] == "33"
    assert fields["auth-allowed_sip_ips"] == "203.0.113.7/32"
    assert (fields["status"], fields["capacity_limit-op"]) == ("blocked", "set")
    browser.post(NEW, {**fields, "capacity_limit": "34"})
    (again,) = Batch.objects.all()
    assert again.patch["capacity_limit"] == {"set": 34}
    assert again.rows.count() == 3


def test_a_plan_that_changes_nothing_has_nothing_to_apply(browser):
    trunks = some(2, status="active")
    html = page(browser, planned(browser, ticked(trunks), status="active"))
    assert "Nothing to apply" in html
    assert "Apply 0" not in html


def test_a_plan_is_thrown_away(browser):
    batch = planned(browser, ticked(some()), status="blocked")
    assert "thrown away" in said(act(browser, batch, "discard"))
    assert not Change.objects.exists()


# --- Applying and after ---------------------------------------------------------------------------


def test_apply_sends_it_in_the_background_and_the_page_tells_how_far_it_is(browser, sandbox):
    trunks = some()
    batch = planned(browser, ticked(trunks), status="blocked")
    response = act(browser, batch, "apply", reason="Ticket 8841", stop_after="2")
    assert response.url == f"/staff/batches/{batch.pk}/"
    batch.refresh_from_db()
    assert (batch.state, batch.stop_after, batch.reason) == ("running", 2, "Ticket 8841")
    html = page(browser, batch)
    assert "0 of 3 changes done" in html
    assert "No worker is running" in html
    assert f'hx-get="/staff/batches/{batch.pk}/progress/"' in html
    drain()
    html = page(browser, batch)
    assert "3 of 3 changes done" in html
    assert "every 2s" not in html
    assert "Undo" in html
    for trunk in trunks:
        assert sandbox.trunk(str(trunk.pk))["attributes"]["status"] == "blocked"
        assert str(batch.changes.get(trunk=trunk).pk) in html


def test_the_part_that_asks_for_itself_is_a_part_until_it_is_over(browser):
    batch = planned(browser, ticked(some()), status="blocked")
    act(browser, batch, "apply")
    headers = {"HX-Request": "true", "HX-Target": "batch-progress"}
    part = browser.get(f"/staff/batches/{batch.pk}/progress/", headers=headers)
    assert part.content.decode().strip().startswith('<div id="batch-progress"')
    drain()
    whole = browser.get(f"/staff/batches/{batch.pk}/progress/", headers=headers)
    assert whole.headers["HX-Retarget"] == "#main"


def test_a_wrong_number_of_refusals_is_said_and_nothing_is_applied(browser):
    batch = planned(browser, ticked(some()), status="blocked")
    response = act(browser, batch, "apply", reason="Ticket", stop_after="many")
    assert response.status_code == 200
    assert "Enter a whole number." in response.content.decode()
    batch.refresh_from_db()
    assert batch.state == "planned"


def test_pause_go_on_cancel_and_what_comes_too_late(browser):
    batch = planned(browser, ticked(some()), status="blocked")
    assert "batch is plan" in said(act(browser, batch, "pause"))
    act(browser, batch, "apply")
    act(browser, batch, "pause")
    html = page(browser, batch)
    assert "paused by Sam Okafor" in html
    act(browser, batch, "resume")
    act(browser, batch, "cancel")
    assert "3 not sent" in re.sub(r"<[^>]+>", "", page(browser, batch)).replace("  ", " ")
    assert "Nothing was done" in said(act(browser, batch, "resume"))
    assert "Nothing was done" in said(act(browser, batch, "apply"))


def test_a_paused_batch_stands_on_the_overview_and_each_change_names_its_batch(browser):
    batch = planned(browser, ticked(some()), status="blocked")
    act(browser, batch, "apply")
    act(browser, batch, "pause")
    html = browser.get("/staff/").content.decode()
    assert f"Paused: {batch}" in html
    assert "1 under way" in html
    change = batch.changes.all()[0]
    html = browser.get(f"/staff/changes/{change.pk}/").content.decode()
    assert f'href="/staff/batches/{batch.pk}/"' in html


def test_undo_is_a_plan_of_its_own(browser, sandbox):
    trunks = some(status="active")
    batch = planned(browser, ticked(trunks), status="blocked")
    assert "Nothing was done" in said(act(browser, batch, "undo"))
    act(browser, batch, "apply")
    drain()
    response = act(browser, batch, "undo")
    undo = Batch.objects.get(undo_of=batch)
    assert response.url == f"/staff/batches/{undo.pk}/"
    assert "Blocked" in page(browser, undo)
    act(browser, undo, "apply")
    drain()
    assert {sandbox.trunk(str(t.pk))["attributes"]["status"] for t in trunks} == {"active"}
    assert str(undo) in page(browser, batch)


def test_the_refused_tell_why_in_upstreams_words_and_conflicts_are_counted(
    browser, sandbox, pulled
):
    trunks = some()
    batch = planned(browser, ticked(trunks), **{"rtp_timeout-op": "set", "rtp_timeout": "44"})
    sandbox.change_trunk(str(trunks[0].pk), rtp_timeout=99)
    sandbox.delete_trunk(str(trunks[1].pk))
    act(browser, batch, "apply", stop_after="")
    drain()
    failed = page(browser, batch, "?tab=failed")
    assert failed[failed.index("<tbody>") :].count("cell-title") == 2
    assert "3 of 3 changes done" in failed
    assert "refused or in conflict" in failed


def test_the_list_of_batches_tells_of_each(browser):
    assert "No batches yet" in browser.get("/staff/batches/").content.decode()
    first = planned(browser, ticked(some()), status="blocked")
    second = planned(browser, ticked(some()), **{"rtp_timeout-op": "set", "rtp_timeout": "44"})
    act(browser, first, "apply", reason="Ticket 8841")
    drain()
    html = browser.get("/staff/batches/").content.decode()
    assert html.index(f"/staff/batches/{second.pk}/") < html.index(f"/staff/batches/{first.pk}/")
    assert "Status → Blocked" in html
    assert "RTP timeout → 44 s" in html
    assert "Ticket 8841" in html
    assert "3 of 3" in html


def test_what_upstream_calls_its_trunks_is_only_shown(browser):
    rude = "<script>alert(1)</script>" + "x" * 200
    trunk = some(1)[0]
    Trunk.objects.filter(pk=trunk.pk).update(name=rude)
    batch = planned(browser, ticked([trunk]), status="blocked")
    act(browser, batch, "apply")
    drain()
    act(browser, batch, "undo")
    undo = Batch.objects.get(undo_of=batch)
    for path in (f"new/?{ticked([trunk])}", "", f"{batch.pk}/", f"{undo.pk}/"):
        html = browser.get(f"/staff/batches/{path}").content.decode()
        assert "<script>alert" not in html


def test_who_only_looks_sees_batches_and_moves_none(browser, vera, client_of):
    batch = planned(browser, ticked(some()), status="blocked")
    veras = client_of(vera)
    html = veras.get(f"/staff/batches/{batch.pk}/").content.decode()
    assert "batch-side" in html
    assert "Apply 3" not in html
    assert act(veras, batch, "apply").status_code == 403


def test_pages_of_a_thousand_rows_ask_no_more_than_those_of_ten(account, sandbox, sam, client_of):
    sandbox.reset(trunks=120, dids=200)
    pull(account)
    browser = client_of(sam)

    def queries(query: str) -> int:
        batch = planned(browser, query, **{"rtp_timeout-op": "set", "rtp_timeout": "44"})
        page(browser, batch)
        with CaptureQueriesContext(connection) as context:
            page(browser, batch)
        return len(context)

    assert queries(ticked(some(10))) == queries("which=all")


def test_a_row_of_a_plan_is_reviewed_with_the_plan(browser):
    batch = planned(browser, ticked(some()), **{"rtp_timeout-op": "set", "rtp_timeout": "44"})
    change = batch.changes.all()[0]
    for asked in (browser.get, browser.post):
        answer = asked(f"/staff/changes/{change.pk}/review/")
        assert answer.headers["Location"] == f"/staff/batches/{batch.pk}/"
    change.refresh_from_db()
    assert change.state == "planned"
