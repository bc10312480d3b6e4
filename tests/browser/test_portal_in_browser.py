"""Ann of Acme in Chromium: within her rails, beyond them, on a phone and at a desk."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.browser.axe import NARROW, WIDE, violations
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change, Did, Trunk, User
from trunks.services.assigning import assign, assign_dids
from trunks.services.proposing import propose
from trunks.services.requesting import request as ask_staff

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def trunk(pulled, acme) -> Trunk:
    found = Trunk.objects.filter(auth_type="credentials_and_ip", status="active")
    mine = found.filter(allow_any_did_as_cli=False, capacity_limit__gt=10).order_by("pk")[0]
    assign([mine], acme, actor=SYSTEM)
    assign_dids(list(Did.objects.can_call_out().order_by("number")[:3]), acme, actor=SYSTEM)
    return Trunk.objects.get(pk=mine.pk)


@pytest.fixture
def anns(ann, client_of) -> Client:
    return client_of(ann)


def edit(trunk: Trunk) -> str:
    return f"/portal/trunks/{trunk.pk}/edit/"


def held(sandbox, trunk: Trunk) -> dict[str, Any]:
    return sandbox.trunk(str(trunk.pk))["attributes"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_edit_within_the_rails_is_done_at_once(visit, anns, trunk, sandbox, size, scripts):
    page = visit("/portal/", anns, viewport=size, java_script_enabled=scripts)
    page.get_by_role("link", name=str(trunk.name)).first.click()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Callback URL")).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("Acme Berlin")
    page.get_by_label("Calls at once").fill("4")
    page.get_by_role("button", name=re.compile("^Save")).last.click()
    page.wait_for_url(f"**/portal/trunks/{trunk.pk}/")
    expect(page.locator("#messages").get_by_text("Done at")).to_be_visible()
    assert held(sandbox, trunk)["name"] == "Acme Berlin"
    assert held(sandbox, trunk)["capacity_limit"] == 4


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_beyond_the_rails_she_asks_and_follows_it(visit, anns, trunk, sandbox, size, scripts):
    page = visit(edit(trunk), anns, viewport=size, java_script_enabled=scripts)
    page.get_by_label("Calls at once").fill("9000")
    page.get_by_role("button", name=re.compile("^Save")).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask staff for 1 change")
    page.get_by_role("button", name="Request").click()
    reason = page.get_by_label("Reason")
    expect(reason).to_be_focused()
    expect(reason).to_have_accessible_description(re.compile("Say why"))
    reason.fill("Christmas campaign")
    page.get_by_role("button", name="Request").click()
    expect(page.get_by_text("Nothing changes before staff decide.").first).to_be_visible()
    assert held(sandbox, trunk)["capacity_limit"] != 9000
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Taken back.").first).to_be_visible()
    assert Change.objects.get(origin="portal").state == "cancelled"


def test_numbers_are_found_by_typing(visit, anns, trunk):
    own = Did.objects.filter(customer=trunk.customer).exclude(trunks=trunk)[0]
    page = visit(edit(trunk), anns)
    dids = page.get_by_role("group", name="DIDs", exact=True)
    dids.get_by_role("searchbox").fill(str(own.number))
    found = dids.get_by_role("list", name="Numbers found")
    expect(found.get_by_role("checkbox")).to_have_count(1)
    found.get_by_role("checkbox").check()
    page.get_by_role("button", name="Save 1 change").click()
    page.wait_for_url(f"**/portal/trunks/{trunk.pk}/")
    assert own in trunk.dids.all()


@pytest.fixture
def paths(trunk: Trunk, alice: User) -> dict[str, str]:
    """Every page, with something on it."""
    actor = actor_of(alice)
    patch = {"capacity_limit": Put(9000)}
    plans = [propose(trunk, patch, actor=actor, origin="portal", on_request=True) for _ in range(2)]
    request = ask_staff(plans[0], actor=actor, reason="Christmas")
    one = f"/portal/trunks/{trunk.pk}/"
    recipes = ("asterisk", "freeswitch", "kamailio", "3cx")
    return {
        "home": "/portal/",
        "trunks": "/portal/trunks/",
        "nothing found": "/portal/trunks/?q=zzz",
        "trunk": one,
        "edit": f"{one}edit/",
        **{kind: f"{one}pbx/?for={kind}" for kind in recipes},
        "changes": "/portal/changes/",
        "request": f"/portal/changes/{request.pk}/",
        "review": f"/portal/changes/{plans[1].pk}/review/",
        "numbers": "/portal/dids/",
        "people": "/portal/members/",
        "remove": f"/portal/members/{alice.membership.pk}/remove/",
        "passwords": "/portal/passwords/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_of_the_portal_is_sound(visit, client_of, alice, paths, size, theme):
    page = visit("/portal/", client_of(alice), viewport=size, color_scheme=theme)
    found = []
    for name, path in paths.items():
        page.goto(path)
        found += [f"{name}: {fault}" for fault in violations(page)]
        if not page.evaluate(FITS):
            found.append(f"{name}: wider than the screen")
    assert found == []
