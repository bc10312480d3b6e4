"""The three ways of a conflict on one screen, and what becomes of each answer."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from tests.web.sent import fields_of
from trunks.access import actor_of
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.units import METHOD, TYPE
from trunks.models import Change, Trunk
from trunks.services.deciding import leave_conflict
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


@pytest.fixture
def trunk(pulled) -> Trunk:
    rows = Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)
    return rows.order_by("pk")[0]


@pytest.fixture
def collide(trunk, sandbox, ada):
    """Ada asks for something, and somebody upstream moves the same before it is sent."""

    def collided(patch: Patch, moved: dict[str, Any], **options: Any) -> Change:
        actor = actor_of(ada)
        seen = Trunk.objects.get(pk=trunk.pk)
        plan = propose(seen, patch, actor=actor, origin="staff", reason="Ticket 8841", **options)
        sandbox.change_trunk(str(trunk.pk), **moved)
        change = deliver(submit(plan, actor=actor))
        assert change.state == "conflicted"
        sandbox.clear_requests()
        return change

    return collided


@pytest.fixture
def capacity(trunk, collide) -> Change:
    """30 was asked for, 125 found."""
    return collide({"capacity_limit": Put(30)}, {"capacity_limit": 125})


def url_of(change: Change) -> str:
    return f"/staff/changes/{change.pk}/conflict/"


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


def form_of(browser: Client, change: Change) -> dict[str, Any]:
    return fields_of(browser.get(url_of(change)).content, "conflict-form")


def decide(browser: Client, change: Change, **answers: Any) -> Any:
    return browser.post(url_of(change), {**form_of(browser, change), **answers})


def held(sandbox, trunk: Trunk) -> dict[str, Any]:
    return sandbox.trunk(str(trunk.pk))["attributes"]


# --- The screen -----------------------------------------------------------------------------------


def test_all_three_stand_side_by_side_with_who_and_when(browser, trunk, capacity):
    page = text_of(browser.get(url_of(capacity)))
    for words in ("When it was asked for", "Asked for", "Upstream has", "30", "125"):
        assert words in page
    assert "Ada Lind saw this" in page
    assert "Ada Lind asked for it" in page
    assert "“Ticket 8841”" in page
    assert "by somebody upstream" in page
    assert "Nothing was overwritten" in page


def test_where_theirs_came_from_is_one_click_away(browser, trunk, capacity):
    drift = Change.objects.drift().get(trunk=trunk)
    assert f"/staff/changes/{drift.pk}/" in browser.get(url_of(capacity)).content.decode()


def test_another_change_of_ours_is_named_as_where_theirs_came_from(browser, trunk, ada, sam):
    """Sam was quicker with another value than Ada, who had opened the form before."""
    seen = Trunk.objects.get(pk=trunk.pk)
    slow = propose(seen, {"rtp_timeout": Put(99)}, actor=actor_of(ada), origin="staff")
    quick = propose(seen, {"rtp_timeout": Put(77)}, actor=actor_of(sam), origin="staff")
    deliver(submit(quick, actor=actor_of(sam)))
    change = deliver(submit(slow, actor=actor_of(ada)))
    page = browser.get(url_of(change))
    assert "by Sam Okafor" in text_of(page)
    assert f"/staff/changes/{quick.pk}/" in page.content.decode()


def test_the_author_is_spoken_to(client_of, ada, capacity):
    page = text_of(client_of(ada).get(url_of(capacity)))
    assert "You asked for it" in page
    assert "Keep mine" in page


def test_a_save_that_ends_in_conflict_leads_to_the_screen(browser, trunk, sandbox):
    edit = f"/staff/trunks/{trunk.pk}/edit/"
    typed = {**fields_of(browser.get(edit).content), "rtp_timeout": "99", "by": "save"}
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=77)
    response = browser.post(edit, typed)
    change = Change.objects.get(state="conflicted")
    assert response.url == url_of(change)
    assert change.seen_at is not None
    assert change.seen_at <= change.created_at


@pytest.mark.parametrize("page", ["/staff/", "/staff/inbox/", "trunk", "change"])
def test_the_way_to_it_is_never_far(browser, trunk, capacity, page):
    pages = {"trunk": f"/staff/trunks/{trunk.pk}/", "change": f"/staff/changes/{capacity.pk}/"}
    assert url_of(capacity) in browser.get(pages.get(page, page)).content.decode()


def test_moving_again_is_told(browser, trunk, capacity, sandbox):
    sandbox.change_trunk(str(trunk.pk), capacity_limit=126)
    pull(trunk.account)
    page = text_of(browser.get(url_of(capacity)))
    assert "Upstream has moved again since: it had 125 then, and has 126 now." in page


# --- The answers ----------------------------------------------------------------------------------


def test_keeping_mine_sends_it(browser, trunk, capacity, sandbox):
    response = decide(browser, capacity, **{"choice-capacity_limit": "mine"})
    if "/review/" in response.url:
        response = browser.post(response.url, {"reason": ""})
    assert held(sandbox, trunk)["capacity_limit"] == 30
    assert response.url == f"/staff/trunks/{trunk.pk}/"


def test_taking_theirs_sends_nothing_and_says_so(browser, trunk, capacity, sandbox):
    response = decide(browser, capacity, **{"choice-capacity_limit": "theirs"})
    assert "nothing had to be sent" in said(response)
    assert held(sandbox, trunk)["capacity_limit"] == 125
    assert all(r["method"] == "GET" for r in sandbox.requests)


def test_what_is_risky_is_reviewed_and_leads_back_to_the_conflict(browser, capacity, sandbox):
    answers = {"choice-capacity_limit": "edited", "edited-capacity_limit": "5000"}
    response = decide(browser, capacity, **answers)
    assert response.url.endswith("/review/")
    assert not [r for r in sandbox.requests if r["method"] == "PATCH"]
    page = browser.get(response.url)
    assert url_of(capacity) in page.content.decode()
    assert "Decides the conflict" in text_of(page)
    browser.post(response.url, {"reason": "More seats"})
    assert capacity.decisions.get().kind == "edited"
    assert capacity.decisions.get().reason == "More seats"


def test_the_edited_value_is_filled_in_with_mine(browser, capacity):
    assert form_of(browser, capacity)["edited-capacity_limit"] == "30"


def test_a_bad_value_is_complained_about_beside_its_field(browser, capacity, sandbox):
    answers = {"choice-capacity_limit": "edited", "edited-capacity_limit": "plenty"}
    response = decide(browser, capacity, **answers)
    assert 'id="id_edited-capacity_limit_error"' in response.content.decode()
    assert "plenty" in response.content.decode()
    assert sandbox.requests == []


def test_no_answer_is_asked_for(browser, capacity, sandbox):
    response = decide(browser, capacity)
    assert "Choose what it shall be." in text_of(response)
    assert sandbox.requests == []


def test_a_list_is_edited_as_a_whole_list(browser, trunk, collide, sandbox):
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["44", "45"])
    pull(trunk.account)
    change = collide({"dst_prefixes": Edit(add=("44", "47"))}, {"dst_prefixes": ["45", "46"]})
    assert form_of(browser, change)["edited-dst_prefixes"].split() == ["45", "46", "44", "47"]
    answers = {"choice-dst_prefixes": "edited", "edited-dst_prefixes": "46, 48"}
    response = decide(browser, change, **answers)
    if "/review/" in response.url:
        browser.post(response.url, {"reason": ""})
    assert set(held(sandbox, trunk)["dst_prefixes"]) == {"46", "48"}


def test_dids_are_edited_by_ticking_numbers(browser, trunk, collide, sandbox):
    a, b, c = [str(did.pk) for did in trunk.account.dids.can_call_out()[:3]]
    sandbox.change_trunk(str(trunk.pk), dids=[a, b])
    pull(trunk.account)
    change = collide({"dids": Edit(add=(a,))}, {"dids": [b, c]})
    page = text_of(browser.get(url_of(change)))
    assert trunk.account.dids.get(pk=c).number[:2] in page
    response = decide(browser, change, **{"choice-dids": "edited", "edited-dids": [a, c]})
    if "/review/" in response.url:
        browser.post(response.url, {"reason": ""})
    assert set(sandbox.trunk(str(trunk.pk))["dids"]) == {a, c}


def test_what_nobody_disputes_is_shown_and_goes_along(browser, trunk, collide, sandbox):
    patch = {"capacity_limit": Put(30), "rtp_timeout": Put(99)}
    change = collide(patch, {"capacity_limit": 125})
    page = text_of(browser.get(url_of(change)))
    assert "What nobody else moved" in page
    decide(browser, change, **{"choice-capacity_limit": "theirs"})
    assert held(sandbox, trunk)["rtp_timeout"] == 99


def test_a_setting_of_a_method_that_was_left_can_only_be_left(browser, trunk, collide, sandbox):
    twilio = {"type": "twilio", "attributes": {"twilio_account_sid": "AC" + "0" * 32}}
    patch = {METHOD + "tech_prefix": Put("12#")}
    change = collide(patch, {"authentication_method": twilio})
    assert "To switch back, edit the trunk." in text_of(browser.get(url_of(change)))
    again = decide(browser, change, **{"choice-tech_prefix": "mine"})
    assert again.status_code == 200
    response = decide(browser, change, **{"choice-tech_prefix": "theirs"})
    assert "upstream stays as it is" in said(response)
    assert held(sandbox, trunk)["authentication_method"]["type"] == "twilio"
    assert not Change.objects.undecided().filter(pk=change.pk).exists()


def test_two_switches_of_the_method_are_decided_as_one(browser, trunk, collide):
    mine, theirs = "AC" + "0" * 32, "AC" + "f" * 32
    patch = {TYPE: Put("twilio"), METHOD + "twilio_account_sid": Put(mine)}
    moved = {"type": "twilio", "attributes": {"twilio_account_sid": theirs}}
    change = collide(patch, {"authentication_method": moved})
    page = browser.get(url_of(change)).content.decode()
    assert mine in page
    assert theirs in page
    assert "Twilio account SID" in page


# --- Two at once, and what is stale ---------------------------------------------------------------


def test_the_second_to_decide_is_told_who_was_first(browser, capacity, ada, sandbox):
    form = form_of(browser, capacity)
    leave_conflict(capacity, actor=actor_of(ada))
    response = browser.post(url_of(capacity), {**form, "choice-capacity_limit": "mine"})
    assert "Decided already: Ada Lind left what upstream has" in said(response)
    assert response.url == f"/staff/changes/{capacity.pk}/"
    page = text_of(browser.get(response.url))
    assert "Ada Lind left what upstream has" in page
    assert sandbox.requests == []


def test_the_second_to_apply_a_reviewed_decision_is_told_too(browser, capacity, ada, sandbox):
    answers = {"choice-capacity_limit": "edited", "edited-capacity_limit": "5000"}
    review = decide(browser, capacity, **answers).url
    leave_conflict(capacity, actor=actor_of(ada))
    assert "Decided already: Ada Lind" in said(browser.post(review, {"reason": ""}))
    assert not [r for r in sandbox.requests if r["method"] == "PATCH"]
    assert Change.objects.get(pk=review.split("/")[-3]).state == "cancelled"


def test_moving_again_after_the_screen_was_shown_is_a_conflict_again(browser, capacity, sandbox):
    form = form_of(browser, capacity)
    sandbox.change_trunk(str(capacity.trunk_id), capacity_limit=126)
    response = browser.post(url_of(capacity), {**form, "choice-capacity_limit": "theirs"})
    again = Change.objects.filter(state="conflicted").exclude(pk=capacity.pk).get()
    assert response.url == url_of(again)
    assert sandbox.trunk(str(capacity.trunk_id))["attributes"]["capacity_limit"] == 126


def test_a_screen_that_was_altered_decides_nothing(browser, capacity, sandbox):
    form = form_of(browser, capacity) | {"seen": "made up", "choice-capacity_limit": "mine"}
    response = browser.post(url_of(capacity), form)
    assert "nothing was decided" in text_of(response)
    assert sandbox.requests == []
    assert not capacity.decisions.exists()


def test_the_screen_of_another_conflict_does_not_fit(browser, trunk, capacity, collide, sandbox):
    other = collide({"rtp_timeout": Put(99)}, {"rtp_timeout": 77})
    form = form_of(browser, other) | {"choice-capacity_limit": "mine"}
    assert "nothing was decided" in text_of(browser.post(url_of(capacity), form))


def test_a_refused_decision_asks_again_until_its_correction_is_applied(
    browser, trunk, capacity, sandbox
):
    sandbox.fault("status", status=422, method="PATCH")
    answers = {"choice-capacity_limit": "edited", "edited-capacity_limit": "20"}
    response = decide(browser, capacity, **answers)
    assert "/edit/?change=" in response.url
    assert capacity in Change.objects.undecided()
    sandbox.clear_faults()
    fields = fields_of(browser.get(response.url).content)
    browser.post(response.url.split("?")[0], {**fields, "capacity_limit": "21", "by": "save"})
    assert held(sandbox, trunk)["capacity_limit"] == 21
    assert capacity not in Change.objects.undecided()


# --- Deletions and new credentials ----------------------------------------------------------------


def test_a_deletion_in_conflict_shows_what_moved_and_is_left(client_of, ada, trunk, collide):
    change = collide({}, {"rtp_timeout": 77}, kind="delete")
    admin = client_of(ada)
    page = text_of(admin.get(url_of(change)))
    assert "Not deleted: it has moved since that was reviewed" in page
    assert "77 s" in page
    response = admin.post(f"/staff/changes/{change.pk}/leave/")
    assert response.url == "/staff/inbox/"
    assert change not in Change.objects.undecided()


def test_or_reviewed_again_on_the_present_settings(client_of, ada, trunk, collide, sandbox):
    change = collide({}, {"rtp_timeout": 77}, kind="delete")
    admin = client_of(ada)
    again = f"/staff/trunks/{trunk.pk}/delete/?conflict={change.pk}"
    assert html.escape(again) in admin.get(url_of(change)).content.decode()
    form = fields_of(admin.get(again).content, "delete-form")
    admin.post(again, {**form, "confirm": trunk.name, "reason": "All the same"})
    assert sandbox.trunk(str(trunk.pk)) is None
    assert change not in Change.objects.undecided()
    assert change.decisions.get().kind == "mine"


def test_an_agent_may_leave_a_deletion_but_not_repeat_it(browser, trunk, collide):
    change = collide({}, {"rtp_timeout": 77}, kind="delete")
    page = text_of(browser.get(url_of(change)))
    assert "Leave it" in page
    assert "Review again" not in page


def test_new_credentials_by_somebody_else_stop_ours(browser, trunk, sandbox, ada):
    actor = actor_of(ada)
    plan = propose(trunk, {}, kind="regenerate", actor=actor, origin="staff", reason="Leaked")
    sandbox.regenerate(str(trunk.pk))
    change = deliver(submit(plan, actor=actor))
    page = text_of(browser.get(url_of(change)))
    assert "somebody else made some" in page
    assert "Review again on the present settings" in page


def test_a_conflict_on_a_trunk_that_is_gone_offers_a_new_one(browser, trunk, capacity, sandbox):
    sandbox.delete_trunk(str(trunk.pk))
    pull(trunk.account)
    page = text_of(browser.get(url_of(capacity)))
    assert "Upstream no longer has this trunk" in page
    assert "Create again as new" in page


def test_what_is_in_no_conflict_has_no_screen(browser, trunk, ada):
    actor = actor_of(ada)
    plan = propose(trunk, {"rtp_timeout": Put(77)}, actor=actor, origin="staff")
    response = browser.get(url_of(deliver(submit(plan, actor=actor))))
    assert "in no conflict" in said(response)
