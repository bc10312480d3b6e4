"""The inbox: everything that waits for a person's decision, and what becomes of each."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.web.sent import fields_of
from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Change, Customer, IgnoredField, Trunk
from trunks.models.clock import database_now
from trunks.services.accounts import pause_for_question
from trunks.services.deciding import acknowledge
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

pytestmark = pytest.mark.django_db
INBOX = "/staff/inbox/"


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


@pytest.fixture
def trunks(pulled) -> list[Trunk]:
    rows = Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)
    return list(rows.order_by("pk"))


@pytest.fixture
def drift(pulled, trunks, sandbox):
    """Somebody upstream moves something, and a pull sees it."""

    def moved(trunk: Trunk | None = None, **attributes: Any) -> Change:
        trunk = trunk or trunks[0]
        sandbox.change_trunk(str(trunk.pk), **attributes)
        pull(pulled)
        sandbox.clear_requests()
        found = Change.objects.drift().filter(trunk=trunk).recent_first().first()
        assert found is not None
        return found

    return moved


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


def ids_in(response: Any) -> list[str]:
    """The changes on the page, in their order."""
    return re.findall(r'id="change-([0-9a-f-]{36})"', response.content.decode())


# --- What is there --------------------------------------------------------------------------------


def test_an_empty_inbox_says_so(browser):
    assert "Nothing to decide" in text_of(browser.get(INBOX))


def test_drift_is_read_trunk_by_trunk_newest_first(browser, trunks, drift):
    old = drift(trunks[0], capacity_limit=125)
    other = drift(trunks[1], rtp_timeout=99)
    new = drift(trunks[0], dst_prefixes=["47"])
    page = browser.get(INBOX)
    assert ids_in(page) == [str(new.pk), str(old.pk), str(other.pk)]
    for words in (str(trunks[0]), "Calls at once", "125", "RTP timeout", "99 s", "Norway 47"):
        assert words in text_of(page)


def test_most_pressing_comes_first(browser, ada, trunks, drift, sandbox, pulled):
    moved = drift(trunks[0], rtp_timeout=99)
    conflict = collide(trunks[1], ada, sandbox)
    held = hold(trunks[2], ada)
    doubt = cast_doubt(pulled, ada, sandbox)
    pause_for_question(pulled, "30 of 40 trunks are gone upstream at once. Are they really gone?")
    page = browser.get(INBOX)
    shown = ids_in(page)
    in_order = [str(c.pk) for c in (doubt, conflict, held)]
    assert shown[:3] == in_order
    assert str(moved.pk) in shown[3:]
    text = text_of(page)
    assert text.index("Are they really gone?") < text.index("In doubt: Twice")


def collide(trunk: Trunk, user: Any, sandbox: Any) -> Change:
    actor = actor_of(user)
    plan = propose(trunk, {"capacity_limit": Put(30)}, actor=actor, origin="staff")
    sandbox.change_trunk(str(trunk.pk), capacity_limit=125)
    return deliver(submit(plan, actor=actor))


def hold(trunk: Trunk, user: Any) -> Change:
    """As a restore leaves it."""
    actor = actor_of(user)
    change = propose(trunk, {"rtp_timeout": Put(66)}, actor=actor, origin="staff")
    submit(change, actor=actor)
    Change.objects.filter(pk=change.pk).update(held_at=database_now(), hold_reason="restored")
    return Change.objects.get(pk=change.pk)


def cast_doubt(account: Account, user: Any, sandbox: Any) -> Change:
    """A create without an answer, and two trunks of its name."""
    actor, now = actor_of(user), database_now()
    patch = {
        "name": Put("Twice"),
        "capacity_limit": Put(12),
        "on_cli_mismatch_action": Put("send_original_cli"),
        "authentication_method.type": Put("credentials_and_ip"),
        "authentication_method.allowed_sip_ips": Put(("203.0.113.10/32",)),
    }
    change = propose(None, patch, kind="create", actor=actor, origin="staff", account=account)
    submit(change, actor=actor)
    made = [sandbox.create_trunk(name="Twice", capacity_limit=n)["id"] for n in (12, 14)]
    pull(account)
    Change.objects.filter(pk=change.pk).update(
        state="delivering", sent_at=now, sends=1, quarantined_at=now, candidates=made
    )
    return Change.objects.get(pk=change.pk)


def test_the_sidebar_counts_what_waits(browser, ada, trunks, drift, sandbox):
    drift(trunks[0], rtp_timeout=99)
    hold(trunks[2], ada)
    nav = browser.get("/staff/dids/").content.decode()
    link = re.search(r'href="/staff/inbox/".*?</a>', nav, re.DOTALL)
    assert link is not None
    assert re.search(r'class="count">2<', link.group())


def test_what_moved_on_since_says_so(browser, trunks, drift):
    was = trunks[0].rtp_timeout
    drift(trunks[0], rtp_timeout=99)
    drift(trunks[0], rtp_timeout=98)
    assert "Upstream has moved on since." in text_of(browser.get(INBOX))
    drift(trunks[0], rtp_timeout=was)
    assert "Upstream is back at what it was." in text_of(browser.get(INBOX))


def test_drift_that_met_a_change_of_ours_leads_to_the_conflict(browser, ada, trunks, sandbox):
    conflict = collide(trunks[0], ada, sandbox)
    group = browser.get(INBOX).content.decode().partition('class="stack drift"')[2]
    assert f"/staff/changes/{conflict.pk}/conflict/" in group


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("field=rtp_timeout", "timeout"),
        ("field=capacity_limit", "capacity conflict"),
        ("kind=conflict", "conflict"),
        ("kind=settings", "timeout capacity"),
        ("kind=credentials", "credentials"),
        ("kind=gone", "gone"),
        ("account=1", "all"),
        ("account=999", ""),
        ("kind=nonsense", "all"),
        ("field=nonsense", "all"),
        ("trunk=nonsense", ""),
    ],
)
def test_filters_in_the_url_narrow_it(browser, ada, trunks, drift, sandbox, query, shown):
    found = {
        "timeout": drift(trunks[0], rtp_timeout=99),
        "conflict": collide(trunks[1], ada, sandbox),
    }
    found["capacity"] = Change.objects.drift().get(trunk=trunks[1])
    sandbox.regenerate(str(trunks[2].pk))
    sandbox.delete_trunk(str(trunks[3].pk))
    pull(trunks[0].account)
    found["credentials"] = Change.objects.drift().get(trunk=trunks[2])
    found["gone"] = Change.objects.drift().get(trunk=trunks[3])
    wanted = found.keys() if shown == "all" else shown.split()
    query = query.replace("account=1", f"account={trunks[0].account_id}")
    assert set(ids_in(browser.get(f"{INBOX}?{query}"))) == {str(found[name].pk) for name in wanted}


def test_nothing_matching_offers_to_clear_the_filters(browser, drift):
    drift(rtp_timeout=99)
    page = text_of(browser.get(f"{INBOX}?kind=gone"))
    assert "Nothing matches" in page
    assert "Clear filters" in page


def test_one_page_holds_twenty_trunks(browser, pulled, sandbox):
    for number, trunk in enumerate(Trunk.objects.all()[:23]):
        sandbox.change_trunk(str(trunk.pk), rtp_timeout=100 + number)
    pull(pulled)
    assert len(ids_in(browser.get(INBOX))) == 20
    assert len(ids_in(browser.get(f"{INBOX}?page=2"))) == 3
    assert len(ids_in(browser.get(f"{INBOX}?page=999999999999"))) == 3


def test_a_trunk_that_never_stands_still_takes_no_more_than_its_share(browser, trunks, drift):
    for number in range(12):
        drift(trunks[0], rtp_timeout=100 + number)
    page = browser.get(INBOX)
    assert len(ids_in(page)) == 10
    assert "and 2 earlier changes" in text_of(page)


def test_its_queries_do_not_grow_with_its_rows(browser, pulled, ada, trunks, sandbox):
    def asked(some: list[Trunk], first: int) -> int:
        for number, trunk in enumerate(some):
            sandbox.change_trunk(str(trunk.pk), rtp_timeout=first + number, dids=[])
        pull(pulled)
        for trunk in some[:2]:
            hold(trunk, ada)
        with CaptureQueriesContext(connection) as queries:
            assert len(ids_in(browser.get(INBOX))) >= len(some)
        return len(queries)

    browser.get(INBOX)
    assert asked(trunks[:3], 100) == asked(trunks[3:15], 200)


# --- Acknowledging --------------------------------------------------------------------------------


def test_one_is_acknowledged_by_its_own_button(browser, trunks, drift):
    one, two = drift(trunks[0], rtp_timeout=99), drift(trunks[1], rtp_timeout=98)
    ticked = {"only": str(one.pk), "ids": [str(two.pk)], "back": "kind=settings"}
    response = browser.post(f"{INBOX}acknowledge/", ticked)
    assert response.url == f"{INBOX}?kind=settings"
    assert "1 change acknowledged." in said(response)
    assert ids_in(browser.get(INBOX)) == [str(two.pk)]


def test_several_are_acknowledged_at_once(browser, trunks, drift):
    ids = [str(drift(trunk, rtp_timeout=99).pk) for trunk in trunks[:3]]
    response = browser.post(f"{INBOX}acknowledge/", {"ids": ids[:2]})
    assert "2 changes acknowledged." in said(response)
    assert ids_in(browser.get(INBOX)) == ids[2:]


def test_all_of_a_trunk_are_acknowledged_with_one_button(browser, trunks, drift):
    drift(trunks[0], rtp_timeout=99)
    drift(trunks[0], rtp_timeout=98)
    page = browser.get(INBOX).content.decode()
    [button] = re.findall(r'name="only" value="([0-9a-f-]{36} [0-9a-f-]{36})"', page)
    browser.post(f"{INBOX}acknowledge/", {"only": button})
    assert "Nothing to decide" in text_of(browser.get(INBOX))


def test_what_somebody_was_first_with_is_told(browser, ada, trunks, drift):
    one, two = drift(trunks[0], rtp_timeout=99), drift(trunks[1], rtp_timeout=98)
    acknowledge([one.pk], actor=actor_of(ada))
    response = browser.post(f"{INBOX}acknowledge/", {"ids": [str(one.pk), str(two.pk)]})
    assert "1 change acknowledged, 1 decided before by Ada Lind." in said(response)


@pytest.mark.parametrize("data", [{}, {"ids": ["nonsense"]}, {"only": ""}])
def test_nothing_chosen_is_nothing_done(browser, drift, data):
    drift(rtp_timeout=99)
    assert "Nothing was chosen." in said(browser.post(f"{INBOX}acknowledge/", data))


def test_the_page_of_the_drift_tells_who_decided(browser, drift):
    change = drift(rtp_timeout=99)
    assert (
        f"{INBOX}?trunk={change.trunk_id}"
        in browser.get(f"/staff/changes/{change.pk}/").content.decode()
    )
    browser.post(f"{INBOX}acknowledge/", {"only": str(change.pk)})
    timeline = text_of(browser.get(f"/staff/trunks/{change.trunk_id}/"))
    assert "acknowledged by Sam Okafor" in timeline
    assert "Sam Okafor acknowledged it" in text_of(browser.get(f"/staff/changes/{change.pk}/"))


# --- Reverting ------------------------------------------------------------------------------------


def test_drift_is_put_back_after_a_review(browser, trunks, drift, sandbox):
    was = trunks[0].rtp_timeout
    change = drift(trunks[0], rtp_timeout=99)
    review = browser.post(f"/staff/changes/{change.pk}/revert/").url
    page = text_of(browser.get(review))
    assert "Review 1 change" in page
    assert "Puts back what was moved upstream" in page
    assert "99 s" in page
    assert sandbox.requests == []
    response = browser.post(review, {"reason": "Not agreed"})
    assert "Applied upstream" in said(response)
    assert sandbox.trunk(str(trunks[0].pk))["attributes"]["rtp_timeout"] == was
    assert ids_in(browser.get(INBOX)) == []


def test_what_cannot_be_put_back_is_said(browser, trunks, sandbox, pulled):
    sandbox.regenerate(str(trunks[0].pk))
    pull(pulled)
    change = Change.objects.drift().get()
    assert "Revert" not in text_of(browser.get(INBOX))
    response = browser.post(f"/staff/changes/{change.pk}/revert/")
    assert "nothing that could be put back" in said(response)


# --- Ignoring -------------------------------------------------------------------------------------


def test_a_field_is_left_to_upstream_and_reported_again(browser, trunks, drift):
    change = drift(trunks[0], rtp_timeout=99, capacity_limit=125)
    url = f"/staff/changes/{change.pk}/ignore/"
    assert "without anybody being asked" in text_of(browser.get(url))
    assert "Choose at least one field." in text_of(browser.post(url, {}))
    response = browser.post(url, {"units": ["rtp_timeout"], "reason": "Their autoscaler"})
    assert "RTP timeout" in said(response)
    assert "Nothing to decide" in text_of(browser.get(INBOX))
    page = text_of(browser.get(f"{INBOX}ignored/"))
    for words in (str(trunks[0]), "RTP timeout", "Sam Okafor", "“Their autoscaler”"):
        assert words in page
    field = IgnoredField.objects.get()
    assert "is reported again" in said(browser.post(f"/staff/ignored/{field.pk}/watch/"))
    assert "Nothing is ignored" in text_of(browser.get(f"{INBOX}ignored/"))


def test_an_ignored_field_is_a_quiet_line_of_the_timeline(browser, trunks, drift, pulled, sandbox):
    change = drift(trunks[0], rtp_timeout=99)
    browser.post(f"/staff/changes/{change.pk}/ignore/", {"units": ["rtp_timeout"]})
    sandbox.change_trunk(str(trunks[0].pk), rtp_timeout=98)
    pull(pulled)
    fact = Change.objects.filter(state="observed", is_drift=False).get()
    page = text_of(browser.get(f"/staff/changes/{fact.pk}/"))
    assert "Left to upstream on this trunk." in page
    assert "98 s" in page
    assert "not from here" not in text_of(browser.get(f"/staff/trunks/{trunks[0].pk}/"))


def test_another_spelling_is_told_letter_by_letter(browser, trunks, pulled, sandbox):
    written = f"{trunks[0].threshold_amount}00"
    sandbox.change_trunk(str(trunks[0].pk), threshold_amount=written)
    pull(pulled)
    fact = Change.objects.filter(state="observed").get()
    page = text_of(browser.get(f"/staff/changes/{fact.pk}/"))
    assert written in page
    assert "Written differently, the same meaning." in page
    assert "Nothing to decide" in text_of(browser.get(INBOX))


# --- What is held, and what is in doubt -----------------------------------------------------------


def test_what_is_held_back_goes_on_or_is_given_up(browser, ada, trunks):
    one, two, three = (hold(trunk, ada) for trunk in trunks[:3])
    assert "Restored." in text_of(browser.get(INBOX))
    released = browser.post(f"{INBOX}release/", {"only": str(one.pk)})
    assert "1 change released." in said(released)
    browser.post(f"{INBOX}give-up/", {"ids": [str(two.pk), str(three.pk)]})
    states = [Change.objects.get(pk=c.pk).state for c in (one, two, three)]
    assert states == ["pending", "cancelled", "cancelled"]
    again = browser.post(f"{INBOX}release/", {"only": str(one.pk)})
    assert "1 had been decided before." in said(again)


def test_a_doubt_shows_what_was_found_and_is_adopted(browser, pulled, ada, sandbox):
    change = cast_doubt(pulled, ada, sandbox)
    url = f"/staff/changes/{change.pk}/doubt/"
    page = browser.get(url)
    text = text_of(page)
    assert "Nobody here knows what became of it." in text
    assert "It has every setting that was asked for." in text
    assert "1 setting differs from what was asked for." in text
    for id_ in change.candidates:
        assert f"/staff/trunks/{id_}/" in page.content.decode()
    assert "Choose what became of it." in text_of(browser.post(url, {}))
    browser.post(url, {"choice": f"adopt-{change.candidates[0]}"})
    change.refresh_from_db()
    assert change.state == "applied"
    assert str(change.trunk_id) == change.candidates[0]


@pytest.mark.parametrize(("choice", "state"), [("again", "pending"), ("give-up", "refused")])
def test_or_it_is_sent_again_or_given_up(browser, pulled, ada, sandbox, choice, state):
    change = cast_doubt(pulled, ada, sandbox)
    url = f"/staff/changes/{change.pk}/doubt/"
    browser.post(url, {"choice": choice})
    change.refresh_from_db()
    assert change.state == state
    assert "in no doubt" in said(browser.post(url, {"choice": choice}))


def test_only_what_was_found_can_be_adopted(browser, pulled, ada, sandbox, trunks):
    change = cast_doubt(pulled, ada, sandbox)
    url = f"/staff/changes/{change.pk}/doubt/"
    assert browser.post(url, {"choice": f"adopt-{trunks[0].pk}"}).status_code == 200
    assert Change.objects.get(pk=change.pk).is_in_doubt


# --- What an account asks -------------------------------------------------------------------------


def test_an_account_is_answered_in_the_inbox(client_of, ada, sam, pulled):
    pause_for_question(pulled, "30 of 40 trunks are gone upstream at once. Are they really gone?")
    assert "An administrator can answer." in text_of(client_of(sam).get(INBOX))
    admin = client_of(ada)
    assert "Yes, they are gone" in text_of(admin.get(INBOX))
    answer = f"/staff/accounts/{pulled.pk}/answer/"
    response = admin.post(answer, {"believe": "no", "back": "inbox"})
    assert response.url == INBOX
    pulled.refresh_from_db()
    assert pulled.pause == ""


# --- Tombstones -----------------------------------------------------------------------------------


@pytest.fixture
def gone(trunks, pulled, sandbox) -> Trunk:
    trunk = trunks[0]
    trunk.customer = Customer.objects.create(name="Halden Clinics")
    trunk.save()
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    return Trunk.objects.get(pk=trunk.pk)


def test_gone_trunks_are_listed_with_their_last_settings(browser, gone):
    page = text_of(browser.get(f"{INBOX}gone/"))
    for words in (str(gone), "Halden Clinics", "Credentials + IP", "by somebody upstream"):
        assert words in page
    assert str(gone) in text_of(browser.get(f"{INBOX}gone/?q={gone.name}"))
    assert "Nothing matches" in text_of(browser.get(f"{INBOX}gone/?q=nothing-like-this"))


def test_a_new_one_is_reviewed_with_plain_words_before_it_is_made(browser, gone, sandbox):
    for page in (f"/staff/trunks/{gone.pk}/", INBOX, f"{INBOX}gone/"):
        assert "Create again as new" in text_of(browser.get(page))
    review = browser.post(f"/staff/trunks/{gone.pk}/again/").url
    text = text_of(browser.get(review))
    assert "It will be another trunk, with an id of its own." in text
    assert str(gone.pk) in text
    assert "DIDWW makes a new username and password." in text
    assert "Some of it cannot come back." in text
    response = browser.post(review, {"reason": "Deleted by mistake"})
    new = Trunk.objects.present().get(name=gone.name)
    assert response.url == f"/staff/trunks/{new.pk}/"
    assert str(new.customer) == "Halden Clinics"
    assert "Nothing to decide" in text_of(browser.get(INBOX))


def test_what_its_settings_lack_is_asked_for_in_the_form(browser, pulled, sandbox):
    trunk = Trunk.objects.filter(auth_type="ip_only")[0]
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    response = browser.post(f"/staff/trunks/{trunk.pk}/again/")
    assert response.url == f"/staff/trunks/new/?like={trunk.pk}"
    assert "cannot be set from here" in said(response)
    assert fields_of(browser.get(response.url).content)["name"] == trunk.name


def test_a_trunk_that_is_there_is_not_made_again(browser, trunks):
    response = browser.post(f"/staff/trunks/{trunks[0].pk}/again/")
    assert "still there" in said(response)
    assert not Change.objects.exists()


# --- Who may --------------------------------------------------------------------------------------


def test_a_viewer_reads_the_inbox_and_decides_nothing(client_of, vera, ada, trunks, drift, sandbox):
    change = drift(trunks[0], rtp_timeout=99)
    collide(trunks[1], ada, sandbox)
    hold(trunks[2], ada)
    viewer = client_of(vera)
    page = text_of(viewer.get(INBOX))
    assert "RTP timeout" in page
    for label in ("Acknowledge", "Revert", "Ignore…", "Release", "Decide "):
        assert label not in page
    conflict = Change.objects.get(state="conflicted")
    reads = viewer.get(f"/staff/changes/{conflict.pk}/conflict/")
    assert reads.url == f"/staff/changes/{conflict.pk}/"
    assert viewer.post(f"/staff/changes/{conflict.pk}/conflict/").status_code == 403
    assert viewer.post(f"/staff/changes/{conflict.pk}/doubt/").status_code == 403
    assert viewer.post(f"{INBOX}acknowledge/", {"only": str(change.pk)}).status_code == 403
    assert not change.decisions.exists()


def test_the_overview_says_what_waits(browser, ada, trunks, drift, sandbox, pulled):
    drift(trunks[0], rtp_timeout=99)
    collide(trunks[1], ada, sandbox)
    hold(trunks[2], ada)
    cast_doubt(pulled, ada, sandbox)
    sandbox.delete_trunk(str(trunks[3].pk))
    pull(pulled)
    text = text_of(browser.get("/staff/"))
    for words in ("In doubt: Twice", f"Conflict on {trunks[1]}", "1 change is held"):
        assert words in text
    assert "2 trunks changed upstream, not from here" in text
    assert "1 trunk is gone upstream" in text
