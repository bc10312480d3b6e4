"""Sam changes many trunks at once in Chromium: ticks, plan, apply, progress, undo; with and without
JavaScript, light and dark, wide and narrow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import NARROW, WIDE, violations
from trunks.models import Batch, Trunk
from trunks.sandbox import Sandbox
from trunks.services.delivering import drain
from trunks.services.pulling import pull

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
CSV = (
    "id,name,capacity_limit,on_cli_mismatch_action\n"
    "{id},{name},77,\n"
    ",Tromsø desk,many,reject_call\n"
    "no-such-id,Nobody,5,\n"
)


def held(sandbox: Sandbox, trunk: Trunk) -> dict[str, Any]:
    found = sandbox.trunk(str(trunk.pk))
    assert found is not None
    return found["attributes"]


def some(count: int) -> list[Trunk]:
    rows = Trunk.objects.filter(auth_type="credentials_and_ip", status="active")
    return list(rows.order_by("name", "pk")[:count])


def tick(page: Page, trunks: list[Trunk]) -> None:
    for trunk in trunks:
        page.get_by_role("checkbox", name=f"Select {trunk.name}", exact=True).check()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.select_option(label=option)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_ticked_changed_planned_applied_and_taken_back(visit, sams, sandbox, pulled, scripts):
    trunks = some(3)
    pull(pulled)
    before = [held(sandbox, trunk) for trunk in trunks]
    page = visit("/staff/trunks/", sams, java_script_enabled=scripts)
    bar = page.get_by_role("group", name="Selected trunks")
    expect(bar).to_be_hidden()
    tick(page, trunks)
    if scripts:
        expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Change…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 3 selected trunks")
    choose(page, "Calls at once", "Set to")
    page.get_by_label("Calls at once: value").fill("33")
    choose(page, "Status", "Blocked")
    choose(page, "Networks", "Add")
    page.get_by_label("Networks: value", exact=True).fill("203.0.113.77")
    page.get_by_role("button", name="See the plan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Calls at once → 33")
    page.get_by_label("Reason").fill("Ticket 8841")
    page.get_by_role("button", name="Apply 3 changes").click()
    expect(page.get_by_text("0 of 3 changes done", exact=True)).to_be_visible()
    drain()
    if not scripts:
        page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("3 of 3 changes done", exact=True)).to_be_visible()
    expect(page.locator(".badge").get_by_text("Finished")).to_be_visible()
    assert [held(sandbox, t)["capacity_limit"] for t in trunks] == [33, 33, 33]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Undo:")
    page.get_by_role("button", name="Apply 3 changes").click()
    expect(page.get_by_text("0 of 3 changes done", exact=True)).to_be_visible()
    drain()
    assert [held(sandbox, trunk) for trunk in trunks] == before


def test_one_box_ticks_the_whole_page_and_says_so(visit, sams):
    page = visit("/staff/trunks/", sams)
    every = page.get_by_role("checkbox", name="Select all on this page")
    every.check()
    expect(page.locator("[data-selected]")).to_have_text(f"{Trunk.objects.count()} selected")
    tick_off = page.locator("input[name=trunk]").first
    tick_off.uncheck()
    assert every.evaluate("box => box.indeterminate")
    every.check()
    every.uncheck()
    expect(page.get_by_role("group", name="Selected trunks")).to_be_hidden()


def test_what_is_left_as_it_is_asks_for_nothing(visit, sams):
    page = visit("/staff/batches/new/?which=all", sams)
    value = page.get_by_label("Calls at once: value")
    expect(value).to_be_hidden()
    choose(page, "Calls at once", "Set to")
    expect(value).to_be_visible()
    expect(page.locator("[data-bar-note]")).to_contain_text("1 setting to change")
    choose(page, "Calls at once", "No limit")
    expect(value).to_be_hidden()
    choose(page, "DIDs", "Add")
    page.get_by_role("group", name="DIDs", exact=True).get_by_role("searchbox").fill("4")
    expect(page.get_by_role("list", name="Numbers found").first).to_be_visible()
    assert violations(page) == []


def test_a_wrong_value_is_focused_with_its_complaint(visit, sams):
    page = visit("/staff/batches/new/?which=all", sams)
    choose(page, "RTP timeout", "Set to")
    page.get_by_label("RTP timeout: value").fill("5")
    page.get_by_role("button", name="See the plan").click()
    value = page.get_by_label("RTP timeout: value")
    expect(value).to_be_focused()
    expect(value).to_have_value("5")
    expect(value).to_have_accessible_description(re.compile("greater than or equal to 30"))


def states(page: Page, trunk: Trunk) -> Iterator[str]:
    """From a sheet to its plan, under way, paused, and over."""
    yield "import"
    page.get_by_label("File").set_input_files(
        {"name": "wrong.csv", "mimeType": "text/csv", "buffer": b"nmae\nRiga\n"}
    )
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("Did you mean “name”?").first).to_be_visible()
    yield "a file refused"
    content = CSV.format(id=trunk.pk, name=trunk.name).encode()
    page.get_by_label("File").set_input_files(
        {"name": "trunks.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("button", name="Apply 1 change")).to_be_visible()
    yield "plan"
    page.get_by_label("Stop after").fill("none")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Enter a whole number.").first).to_be_visible()
    yield "plan with an error"
    page.get_by_label("Stop after").fill("")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    yield "under way"
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    yield "paused"
    page.get_by_role("button", name="Cancel what is not sent").click()
    expect(page.locator(".badge").get_by_text("Cancelled").first).to_be_visible()
    yield "cancelled"
    page.goto("/staff/batches/")
    yield "list"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_from_sheet_to_result(visit, sams, theme, size):
    page = visit("/staff/batches/import/", sams, color_scheme=theme, viewport=size)
    for state in states(page, some(1)[0]):
        assert violations(page) == [], state
        assert page.evaluate(FITS), f"{state}: wider than the screen"
    assert Batch.objects.get().state == "cancelled"


def test_the_list_with_trunks_ticked_is_sound(visit, sams):
    for size in (WIDE, NARROW):
        page = visit("/staff/trunks/", sams, viewport=size)
        tick(page, some(2))
        assert violations(page) == []
        assert page.evaluate(FITS)
