"""Accounts, pulls, DIDs and the overview, as staff read them."""

import pytest

from trunks.models import Account, Change, Did, Heartbeat, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.services.pulling import pull

from .test_reading_trunks import HTMX, text_of


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


def url_of(account):
    return f"/staff/accounts/{account.pk}/"


def question(account):
    Account.objects.filter(pk=account.pk).update(
        pause="question", pause_reason="12 of 40 trunks are gone.", paused_at=database_now()
    )


def test_an_account_never_shows_its_key(browser, pulled, sandbox):
    for url in (url_of(pulled), "/staff/accounts/", "/staff/"):
        page = browser.get(url).content.decode()
        assert sandbox.api_key not in page
        assert pulled.api_key.ciphertext not in page


def test_asking_for_a_pull_leaves_it_to_the_worker(browser, pulled):
    Heartbeat.objects.create(name="worker", at=database_now())
    answer = browser.post(f"{url_of(pulled)}pull/", follow=True)
    pulled.refresh_from_db()
    assert pulled.pull_requested_at is not None
    assert "the worker begins in a moment" in text_of(answer)
    assert b"every 2s" in answer.content


def test_it_says_when_no_worker_would_do_it(browser, pulled):
    answer = browser.post(f"{url_of(pulled)}pull/", follow=True)
    assert "no worker is running" in text_of(answer)


def test_a_viewer_may_not_ask_for_a_pull(client_of, vera, pulled):
    client = client_of(vera)
    assert "Pull now" not in text_of(client.get(url_of(pulled)))
    assert client.post(f"{url_of(pulled)}pull/").status_code == 403


def test_a_running_pull_shows_how_far_it_is_until_it_ends(browser, pulled):
    run = SyncRun.objects.create(account=pulled, started_at=database_now(), total=40, seen=24)
    polled = {**HTMX, "HX-Target": "progress"}
    assert "Pulling 60 %" in text_of(browser.get(url_of(pulled)))
    fragment = browser.get(f"{url_of(pulled)}progress/", headers=polled)
    assert b'value="24" max="40"' in fragment.content
    assert b"<html" not in fragment.content

    SyncRun.objects.filter(pk=run.pk).update(seen=40, dids_seen=30, total=160)
    fragment = browser.get(f"{url_of(pulled)}progress/", headers=polled)
    assert "30 of 120 DIDs" in text_of(fragment)

    SyncRun.objects.filter(pk=run.pk).update(state="done", finished_at=database_now())
    settled = browser.get(f"{url_of(pulled)}progress/", headers=polled)
    assert settled["HX-Retarget"] == "#main"
    assert b"every 2s" not in settled.content


def test_a_trunk_that_made_no_sense_is_named(browser, pulled):
    reason = "allowed_sip_ips is not a list of text"
    SyncRun.objects.create(
        account=pulled,
        started_at=database_now(),
        finished_at=database_now(),
        state="done",
        set_aside=[{"id": "0bad-id", "reason": reason}],
    )
    for url in (url_of(pulled), "/staff/syncs/"):
        page = text_of(browser.get(url))
        assert "0bad-id" in page
        assert reason in page


def test_a_pull_is_kept_with_what_it_found(browser, pulled):
    page = text_of(browser.get("/staff/syncs/"))
    assert "40 trunks, 120 DIDs" in page
    assert "40 new" in page


def test_a_paused_account_says_why(browser, pulled):
    Account.objects.filter(pk=pulled.pk).update(
        pause="trouble", pause_reason="401 Authorization failed", paused_at=database_now()
    )
    assert "401 Authorization failed." in text_of(browser.get(url_of(pulled)))
    trunk = Trunk.objects.present()[0]
    page = text_of(browser.get(f"/staff/trunks/{trunk.pk}/"))
    assert "The account Production is paused." in page


@pytest.mark.parametrize(("answer", "believed"), [("yes", True), ("no", False)])
def test_an_admin_answers_whether_trunks_are_gone(browser, pulled, answer, believed):
    question(pulled)
    page = text_of(browser.get(url_of(pulled)))
    assert "12 of 40 trunks are gone." in page
    browser.post(f"{url_of(pulled)}answer/", {"believe": answer})
    pulled.refresh_from_db()
    assert pulled.pause == ""
    assert pulled.missing_believed is believed


def test_no_answer_is_none(browser, pulled):
    question(pulled)
    assert browser.post(f"{url_of(pulled)}answer/", {"believe": "maybe"}).status_code == 400
    pulled.refresh_from_db()
    assert pulled.pause == "question"


def test_an_agent_sees_the_question_but_may_not_answer(client_of, sam, pulled):
    question(pulled)
    client = client_of(sam)
    assert "An administrator can answer" in text_of(client.get(url_of(pulled)))
    assert client.post(f"{url_of(pulled)}answer/", {"believe": "yes"}).status_code == 403
    pulled.refresh_from_db()
    assert pulled.pause == "question"


def test_the_overview_counts_what_is_there(browser, pulled):
    page = text_of(browser.get("/staff/"))
    active = Trunk.objects.present().filter(status="active").count()
    assert f"{active} of 40" in page


def test_what_needs_a_person_is_listed(browser, pulled, sandbox):
    trunk = Trunk.objects.present().order_by("name")[0]
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31999)
    pull(pulled)
    question(pulled)
    page = text_of(browser.get("/staff/"))
    assert "1 trunk changed upstream, not from here" in page
    assert "Production asks before it goes on" in page
    assert "No worker is running" in page


def test_the_sidebar_counts_without_a_query_each(browser, pulled):
    nav = browser.get("/staff/trunks/").context["nav"]
    counts = {item["label"]: item["count"] for part in nav for item in part["items"]}
    assert counts["Trunks"] == f"{Trunk.objects.present().count():,}"
    assert counts["DIDs"] == f"{Did.objects.present().count():,}"
    assert counts["Accounts"] == "1"
    assert [i["label"] for part in nav for i in part["items"] if i["current"]] == ["Trunks"]


def test_a_stranger_costs_no_count(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/no-such-page/")


def test_numbers_say_what_they_may_and_who_calls_with_them(browser, pulled):
    did = Did.objects.filter(trunks__isnull=False, number__startswith="47")[0]
    page = text_of(browser.get("/staff/dids/", {"q": did.number}))
    assert did.city in page
    assert Trunk.objects.filter(dids=did)[0].name in page


@pytest.mark.parametrize("use", ["calling", "emergency", "unused"])
def test_numbers_are_narrowed_by_their_use(browser, pulled, use):
    expected = {
        "calling": Did.objects.can_call_out().count(),
        "emergency": Did.objects.can_call_emergency().count(),
        "unused": Did.objects.present().filter(trunks=None).count(),
    }
    answer = browser.get("/staff/dids/", {"use": use})
    assert answer.context["page"].paginator.count == expected[use]


def test_changes_are_narrowed_by_the_url(browser, pulled, sandbox):
    trunk = Trunk.objects.present()[0]
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31999)
    pull(pulled)
    for query in ({"state": "drift"}, {"kind": "observed"}, {"trunk": trunk.pk}, {"q": trunk.name}):
        rows = browser.get("/staff/changes/", query).context["rows"]
        assert [row["trunk"] for row in rows] == [trunk.name], query
    assert not browser.get("/staff/changes/", {"origin": "api"}).context["rows"]


def test_plans_that_nobody_submitted_are_kept_out_of_sight(browser, pulled):
    trunk = Trunk.objects.present()[0]
    Change.objects.create(
        account=pulled, trunk=trunk, kind="update", origin="staff", created_at=database_now()
    )
    assert not browser.get("/staff/changes/").context["rows"]
    assert len(browser.get("/staff/changes/", {"state": "planned"}).context["rows"]) == 1
