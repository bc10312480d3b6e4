"""Deciding as a person at a screen does it: a third value on demand, several ticks at once."""

import re

import pytest
from playwright.sync_api import expect

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Change, Trunk
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit


@pytest.fixture
def trunks(pulled) -> list[Trunk]:
    return list(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:3])


def test_the_third_value_is_asked_for_when_it_is_chosen(visit, sams, ada, trunks, sandbox):
    actor = actor_of(ada)
    plan = propose(trunks[0], {"rtp_timeout": Put(99)}, actor=actor, origin="staff")
    sandbox.change_trunk(str(trunks[0].pk), rtp_timeout=77)
    change = deliver(submit(plan, actor=actor))
    page = visit(f"/staff/changes/{change.pk}/conflict/", sams)
    value = page.get_by_role("textbox", name="RTP timeout")
    expect(value).to_be_hidden()
    page.get_by_role("radio", name="Keep Ada Lind’s").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Edit")).to_be_checked()
    expect(value).to_be_visible()
    value.fill("55")
    page.get_by_role("button", name="Decide").click()
    page.get_by_role("heading", name=str(trunks[0])).wait_for()
    assert sandbox.trunk(str(trunks[0].pk))["attributes"]["rtp_timeout"] == 55


def test_ticked_drift_is_acknowledged_together(visit, sams, trunks, sandbox, pulled):
    for trunk in trunks:
        sandbox.change_trunk(str(trunk.pk), rtp_timeout=99)
    pull(pulled)
    page = visit("/staff/inbox/", sams)
    button = page.get_by_role("button", name="Acknowledge what is ticked")
    expect(button).to_be_hidden()
    boxes = page.get_by_role("checkbox", name=re.compile("RTP timeout"))
    boxes.nth(0).check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_label("Tick all of this page").check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    boxes.nth(2).uncheck()
    button.click()
    expect(page.locator("#messages")).to_contain_text("2 changes acknowledged.")
    assert Change.objects.drift().undecided().count() == 1
