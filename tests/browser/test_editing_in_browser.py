"""Sam edits trunks in Chromium: with and without JavaScript, light and dark, wide and narrow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import NARROW, WIDE, violations
from trunks.models import Change, Did, Trunk

SID = "AC" + "0123456789abcdef" * 2
LOSS = "The username and password end"


@pytest.fixture
def trunk(pulled) -> Trunk:
    found = (
        Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)
        .filter(dids__isnull=False, status="active")
        .order_by("pk")[0]
    )
    assert found is not None
    return found


def edit(trunk: Trunk) -> str:
    return f"/staff/trunks/{trunk.pk}/edit/"


def held(sandbox, trunk: Trunk) -> dict[str, Any]:
    found = sandbox.trunk(str(trunk.pk))
    assert found is not None
    return found["attributes"]


def choose(page: Page, label: str) -> None:
    page.get_by_role("radio", name=label).check()


# --- The method switch ----------------------------------------------------------------------------


def test_choosing_a_method_changes_only_its_fields_and_keeps_the_focus(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    page.get_by_label("Name", exact=True).fill("Half typed")
    networks = page.get_by_label("Networks", exact=True)
    networks.fill("198.51.100.1\nnot yet valid")
    choose(page, "Twilio")
    expect(page.get_by_label("Twilio account SID")).to_be_visible()
    expect(networks).to_have_count(0)
    expect(page.get_by_role("radio", name="Twilio")).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half typed")
    expect(page.get_by_role("listitem").filter(has_text=LOSS)).to_be_visible()
    assert "198.51.100.1" not in page.url


def test_typed_values_come_back_when_flicking_back(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    page.get_by_label("Networks", exact=True).fill("198.51.100.1\nnot yet valid")
    page.get_by_label("Tech prefix").fill("77#")
    choose(page, "Twilio")
    page.get_by_label("Twilio account SID").fill("ACbeef")
    choose(page, "Credentials + IP")
    expect(page.get_by_label("Networks", exact=True)).to_have_value("198.51.100.1\nnot yet valid")
    expect(page.get_by_label("Tech prefix")).to_have_value("77#")
    expect(page.get_by_role("listitem").filter(has_text=LOSS)).to_have_count(0)
    choose(page, "Twilio")
    expect(page.get_by_label("Twilio account SID")).to_have_value("ACbeef")


def test_the_arrow_keys_choose_and_the_focus_follows(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    page.get_by_role("radio", name="Credentials + IP").focus()
    page.keyboard.press("ArrowDown")  # passes over the one that cannot be chosen
    expect(page.get_by_label("Twilio account SID")).to_be_visible()
    expect(page.get_by_role("radio", name="Twilio")).to_be_focused()


def test_ip_only_is_shown_disabled_with_its_reason(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    card = page.get_by_role("radio", name="IP only")
    expect(card).to_be_disabled()
    expect(card).to_have_accessible_description(
        "Set by DIDWW on request; leaving it cannot be undone."
    )


def test_without_javascript_a_button_shows_the_fields_and_nothing_is_lost(
    visit, sams, trunk, sandbox
):
    page = visit(edit(trunk), sams, java_script_enabled=False)
    page.get_by_label("Name", exact=True).fill("Typed without scripts")
    page.get_by_label("Networks", exact=True).fill("198.51.100.1")
    choose(page, "Twilio")
    page.get_by_role("button", name="Show fields").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed without scripts")
    page.get_by_label("Twilio account SID").fill(SID)
    choose(page, "Credentials + IP")
    page.get_by_role("button", name="Show fields").click()
    expect(page.get_by_label("Networks", exact=True)).to_have_value("198.51.100.1")
    choose(page, "Twilio")
    page.get_by_role("button", name="Show fields").click()
    expect(page.get_by_label("Twilio account SID")).to_have_value(SID)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Review"))
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(f"**/staff/trunks/{trunk.pk}/")
    assert held(sandbox, trunk)["authentication_method"]["type"] == "twilio"
    assert held(sandbox, trunk)["name"] == "Typed without scripts"


# --- Saving and its answers -----------------------------------------------------------------------


def test_enter_in_a_field_saves(visit, sams, trunk, sandbox):
    page = visit(edit(trunk), sams)
    name = page.get_by_label("Name", exact=True)
    name.fill("By the keyboard alone")
    name.press("Enter")
    page.wait_for_url(f"**/staff/trunks/{trunk.pk}/")
    expect(page.locator("#messages").get_by_text("Applied upstream")).to_be_visible()
    assert held(sandbox, trunk)["name"] == "By the keyboard alone"


def test_the_bar_counts_what_was_touched(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    page.get_by_label("RTP timeout").fill("44")
    expect(page.get_by_role("button", name="Save 1 change")).to_be_visible()
    choose(page, "Twilio")
    expect(page.get_by_role("button", name="Review 2 changes")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_taken_name_is_said_beside_the_name_which_is_focused(visit, sams, trunk, scripts):
    other = Trunk.objects.exclude(pk=trunk.pk)[0]
    page = visit(edit(trunk), sams, java_script_enabled=scripts)
    page.get_by_label("Name", exact=True).fill(other.name)
    page.get_by_label("Your reference").fill("kept-7")
    page.get_by_role("button", name="Save").last.click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(re.compile("^has already been taken"))
    expect(name).to_have_value(other.name)
    expect(page.get_by_label("Your reference")).to_have_value("kept-7")


def test_a_taken_sid_comes_back_from_the_review_beside_the_sid(visit, sams, trunk, sandbox):
    taken = Trunk.objects.filter(auth_type="twilio")[0].auth_attributes["twilio_account_sid"]
    page = visit(edit(trunk), sams)
    choose(page, "Twilio")
    page.get_by_label("Twilio account SID").fill(taken)
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Apply").click()
    sid = page.get_by_label("Twilio account SID")
    expect(sid).to_be_focused()
    expect(sid).to_have_value(taken)
    expect(sid).to_have_attribute("aria-invalid", "true")
    assert held(sandbox, trunk)["authentication_method"]["type"] == "credentials_and_ip"


def test_review_and_apply_and_back_to_editing(visit, sams, trunk, sandbox):
    page = visit(edit(trunk), sams)
    page.get_by_label("24-hour limit").fill("9000")
    page.get_by_label("Name", exact=True).fill("Dearer")
    page.get_by_role("button", name="Save 2 changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review 2 changes")
    page.get_by_role("link", name="Back to editing").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Dearer")
    expect(page.get_by_label("24-hour limit")).to_have_value("9000.00")
    page.get_by_role("button", name="Save 2 changes").click()
    page.get_by_label("Reason").fill("Ticket 8841")
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.locator("#messages").get_by_text("Applied upstream")).to_be_visible()
    assert held(sandbox, trunk)["threshold_amount"] == "9000.0"
    assert Change.objects.get(state="applied").reason == "Ticket 8841"


# --- Numbers --------------------------------------------------------------------------------------


def test_numbers_are_found_by_typing_and_taken_away_by_a_tick(visit, sams, trunk, sandbox):
    before = set(sandbox.trunk(str(trunk.pk))["dids"])
    new = Did.objects.can_call_out().exclude(trunks=trunk)[0]
    page = visit(edit(trunk), sams)
    dids = page.get_by_role("group", name="DIDs", exact=True)
    dids.get_by_role("searchbox").fill(new.number)
    dids.get_by_role("list", name="Numbers found").get_by_role("checkbox").first.check()
    chosen = dids.get_by_role("list", name="Chosen")
    expect(chosen.get_by_role("checkbox")).to_have_count(len(before) + 1)
    chosen.get_by_role("checkbox").first.uncheck()
    gone = chosen.get_by_role("checkbox").first.get_attribute("value")
    page.get_by_role("button", name="Save 1 change").click()
    page.wait_for_url(f"**/staff/trunks/{trunk.pk}/")
    assert set(sandbox.trunk(str(trunk.pk))["dids"]) == before - {gone} | {str(new.pk)}


def test_numbers_are_found_without_javascript_too(visit, sams, trunk, sandbox):
    new = Did.objects.can_call_out().exclude(trunks=trunk)[0]
    page = visit(edit(trunk), sams, java_script_enabled=False)
    dids = page.get_by_role("group", name="DIDs", exact=True)
    dids.get_by_role("searchbox").fill(new.number)
    dids.get_by_role("searchbox").press("Enter")
    dids.get_by_role("list", name="Numbers found").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/staff/trunks/{trunk.pk}/")
    assert str(new.pk) in sandbox.trunk(str(trunk.pk))["dids"]


def test_flags_hide_what_upstream_manages_and_show_what_replacing_needs(visit, sams, trunk):
    page = visit(edit(trunk), sams)
    dids = page.get_by_role("group", name="DIDs", exact=True)
    default = page.get_by_role("group", name="Default DID")
    expect(dids).to_be_visible()
    expect(default).to_be_hidden()
    page.get_by_label("Any of the account's DIDs as caller ID").check()
    expect(dids).to_be_hidden()
    page.get_by_label("When the caller ID is not allowed").select_option("replace_cli")
    expect(default).to_be_visible()


# --- For everyone ---------------------------------------------------------------------------------


def states(page: Page, trunk: Trunk) -> Iterator[str]:
    """The edit form as it opens, after a switch, with results, with errors; then the review."""
    yield "opened"
    choose(page, "Twilio")
    expect(page.get_by_label("Twilio account SID")).to_be_visible()
    page.get_by_role("group", name="DIDs", exact=True).get_by_role("searchbox").fill("4")
    expect(page.get_by_role("list", name="Numbers found")).to_be_visible()
    yield "switched, with numbers found"
    page.get_by_label("Calls at once").fill("-4")
    page.get_by_role("button", name="Review").click()
    expect(
        page.get_by_role("heading", name="2 fields need a correction")
        .or_(page.locator("main").get_by_text("2 fields need a correction"))
        .first
    ).to_be_visible()
    yield "with errors"
    page.get_by_label("Calls at once").fill("4")
    page.get_by_label("Twilio account SID").fill(SID)
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("button", name="Apply")).to_be_visible()
    yield "review"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_on_the_way_from_form_to_review(visit, sams, trunk, theme, size):
    page = visit(edit(trunk), sams, color_scheme=theme, viewport=size)
    for state in states(page, trunk):
        assert violations(page) == [], state
        assert page.evaluate(FITS), f"{state}: wider than the screen"


FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_on_the_pages_of_acts(visit, client_of, ada, trunk, theme, size):
    page = visit("/staff/trunks/new/", client_of(ada), color_scheme=theme, viewport=size)
    ip_only = Trunk.objects.filter(auth_type="ip_only")[0]
    acts = [f"/staff/trunks/{trunk.pk}/{act}/" for act in ("regenerate", "delete")]
    for path in ("/staff/trunks/new/", edit(ip_only), *acts):
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate(FITS), f"{path}: wider than the screen"
