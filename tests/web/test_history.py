"""A trunk's history as staff read it, compare it and go back along it."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.sent import fields_of
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Edit, Op, Put
from trunks.models import Batch, CallbackEvent, Change, Decision, Trunk
from trunks.models.clock import database_now
from trunks.services.deciding import acknowledge
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit


@pytest.fixture
def browser(client_of, sam):
    return client_of(sam)


@pytest.fixture
def trunk(pulled):
    return Trunk.objects.filter(
        auth_type="credentials_and_ip", allow_any_did_as_cli=False, status="active"
    ).order_by("pk")[0]


def done(trunk, patch, who=SYSTEM, reason="", kind="update"):
    """Asked for and sent at once."""
    seen = Trunk.objects.get(pk=trunk.pk)
    change = propose(seen, patch, actor=who, origin="staff", reason=reason, kind=kind)
    return deliver(submit(change, actor=who))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def url_of(trunk, rest=""):
    return f"/staff/trunks/{trunk.pk}/history/{rest}"


def read(browser, trunk, **query):
    return text_of(browser.get(url_of(trunk), query))


def entries(browser, trunk, **query):
    """The titles of the page's moments, newest first."""
    page = browser.get(url_of(trunk), query).content.decode()
    return [re.sub(r"\s*<[^>]+>\s*", "", title) for title in re.findall(r"<h3>(.*?)</h3>", page)]


def compared(browser, trunk, one, other="now"):
    query = f"compare/?one={quote(one)}&other={quote(other)}"
    return browser.get(url_of(trunk, query))


# --- the page -------------------------------------------------------------------------------------


def test_it_says_who_did_what_when_and_why_and_what_upstream_said(browser, trunk, ada):
    change = done(trunk, {"capacity_limit": Put(77)}, actor_of(ada), "Ticket 8841")
    page = read(browser, trunk)
    for words in ("Calls at once", "77", "Ada Lind", "Staff pages", "“Ticket 8841”", "Applied"):
        assert words in page
    assert change.request_id
    assert change.request_id in page


def test_it_says_what_upstream_refused_and_in_which_words(browser, trunk):
    taken = Trunk.objects.exclude(pk=trunk.pk).exclude(name=None)[0].name
    done(trunk, {"name": Put(taken)})
    assert "Name has already been taken. Nothing was changed." in read(browser, trunk)


def test_it_says_what_followed_beyond_what_was_asked(browser, trunk):
    dids = [str(d.pk) for d in trunk.dids.all()[:1]]
    assert dids, "this trunk has a DID"
    done(trunk, {"allow_any_did_as_cli": Put(True)})
    assert "Upstream did beyond it: DIDs" in read(browser, trunk)


def test_it_says_what_was_decided_about_drift(browser, trunk, sandbox, sam):
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=88)
    refresh(trunk)
    drift = Change.objects.get(trunk=trunk, is_drift=True)
    acknowledge([drift.pk], actor=actor_of(sam), reason="Agreed by phone")
    page = read(browser, trunk)
    assert "Sam Okafor acknowledged it" in page
    assert "“Agreed by phone”" in page


def test_a_decision_that_is_only_planned_is_not_told(browser, trunk, sandbox):
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=88)
    trunk = refresh(trunk)
    drift = Change.objects.get(trunk=trunk, is_drift=True)
    plan = propose(trunk, {"rtp_timeout": Put(30)}, actor=SYSTEM, origin="staff")
    Decision.objects.create(
        change=drift,
        kind="reverted",
        by=plan,
        actor_kind="staff",
        actor_label="Ann",
        at=drift.created_at,
    )
    assert "Ann" not in read(browser, trunk)
    deliver(submit(plan, actor=SYSTEM))
    page = read(browser, trunk)
    assert "Ann decided to put it back" in page
    assert "Decides the drift: RTP timeout" in page


def test_a_change_of_a_batch_says_of_which(browser, trunk):
    batch = Batch.objects.create(
        kind="edit", title="Block all of Bolt", actor_kind="staff", created_at=database_now()
    )
    Change.objects.filter(pk=done(trunk, {"rtp_timeout": Put(88)}).pk).update(batch=batch)
    assert "Part of Block all of Bolt" in read(browser, trunk)


def test_a_change_that_a_later_one_took_over_leads_to_it(browser, trunk):
    first = propose(trunk, {"rtp_timeout": Put(88)}, actor=SYSTEM, origin="staff")
    submit(first, actor=SYSTEM)
    later = submit(
        propose(trunk, {"rtp_timeout": Put(99)}, actor=SYSTEM, origin="staff"), actor=SYSTEM
    )
    page = browser.get(url_of(trunk)).content.decode()
    assert f'href="/staff/changes/{later.pk}/">A later change took over' in page
    assert "Superseded" in page


def test_upstreams_callbacks_stand_where_they_came(browser, trunk):
    done(trunk, {"rtp_timeout": Put(88)})
    CallbackEvent.objects.create(
        account=trunk.account,
        trunk_id=trunk.pk,
        status="blocked",
        created_at="2026-05-12T10:00:00Z",
        received_at=database_now(),
    )
    done(trunk, {"capacity_limit": Put(77)})
    assert entries(browser, trunk)[1:4] == [
        "Calls at once",
        "Blocked, says upstream",
        "RTP timeout",
    ]


def test_what_waits_is_told_and_is_no_moment_to_choose(browser, trunk):
    submit(propose(trunk, {"rtp_timeout": Put(88)}, actor=SYSTEM, origin="staff"), actor=SYSTEM)
    page = browser.get(url_of(trunk)).content.decode()
    assert "Waiting" in page
    assert page.count('name="one"') == 2  # now, and when it was first seen


def test_a_plan_that_nobody_submitted_is_no_history(browser, trunk):
    propose(trunk, {"rtp_timeout": Put(88)}, actor=SYSTEM, origin="staff")
    assert entries(browser, trunk) == ["As it is now", "First seen here"]


def test_a_trunk_made_here_begins_with_that(browser, pulled):
    wanted: dict[str, Op] = {
        "name": Put("Acme Riga"),
        "on_cli_mismatch_action": Put("reject_call"),
        "authentication_method.type": Put("credentials_and_ip"),
        "authentication_method.allowed_sip_ips": Edit(add=("192.0.2.1/32",)),
    }
    change = propose(None, wanted, kind="create", actor=SYSTEM, origin="staff", account=pulled)
    made = Trunk.objects.get(pk=str(deliver(submit(change, actor=SYSTEM)).trunk_id))
    assert entries(browser, made) == ["As it is now", "New trunk"]


def test_a_deleted_trunk_still_has_its_history(browser, trunk, sandbox):
    done(trunk, {"rtp_timeout": Put(88)})
    sandbox.delete_trunk(str(trunk.pk))
    refresh(trunk)
    assert entries(browser, trunk)[:3] == ["As it was last", "Gone upstream", "RTP timeout"]
    assert "Restore" not in text_of(compared(browser, trunk, trunk.first_seen_at.isoformat()))


def test_a_deleted_person_is_still_named(browser, trunk, ada):
    done(trunk, {"rtp_timeout": Put(88)}, actor_of(ada))
    ada.delete()
    assert "Ada Lind" in read(browser, trunk)
    assert "Ada Lind" in text_of(compared(browser, trunk, trunk.first_seen_at.isoformat()))


def test_the_trunks_page_leads_there(browser, trunk):
    page = browser.get(f"/staff/trunks/{trunk.pk}/").content.decode()
    assert f'href="{url_of(trunk)}">All of its history</a>' in page


# --- filters and pages ----------------------------------------------------------------------------


@pytest.fixture
def busy(trunk, ada, sandbox):
    """Ada, the system and upstream have each moved something."""
    done(trunk, {"capacity_limit": Put(77)}, actor_of(ada))
    done(trunk, {"rtp_timeout": Put(88)})
    done(trunk, {}, kind="regenerate")
    sandbox.change_trunk(str(trunk.pk), threshold_amount="9.0")
    refresh(Trunk.objects.get(pk=trunk.pk))
    return trunk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"who": "Ada Lind"}, ["Calls at once"]),
        ({"who": "Upstream"}, ["24-hour limit"]),
        ({"who": "Nobody"}, []),
        ({"kind": "regenerate"}, ["New credentials"]),
        ({"kind": "observed"}, ["24-hour limit"]),
        ({"kind": "callback"}, []),
        ({"field": "rtp_timeout"}, ["RTP timeout"]),
        ({"field": "credentials"}, ["New credentials"]),
        ({"field": "name"}, []),
        ({"field": "no' such"}, []),
        ({"kind": "update", "field": "capacity_limit", "who": "Ada Lind"}, ["Calls at once"]),
        ({"until": "2020-01-01"}, []),
        ({"since": "2099-01-01"}, []),
        ({"since": "2020-01-01", "kind": "update"}, ["RTP timeout", "Calls at once"]),
        ({"since": "9999-12-31", "until": "9999-99-99"}, []),
        ({"since": "whenever", "kind": "observed"}, ["24-hour limit"]),
    ],
)
def test_filters_live_in_the_url(browser, busy, query, found):
    assert entries(browser, busy, **query)[1:] == found


def test_a_period_holds_both_its_ends(browser, busy):
    change = Change.objects.get(trunk=busy, patch__has_key="rtp_timeout")
    assert change.settled_at
    at = change.settled_at.isoformat()
    assert "RTP timeout" in entries(browser, busy, since=at, until=at)


def test_a_flag_that_took_dids_is_found_by_the_dids(browser, trunk):
    assert trunk.dids.exists()
    done(trunk, {"allow_any_did_as_cli": Put(True)})
    assert len(entries(browser, trunk, field="dids")) == 2


def test_nothing_that_matches_says_so_and_offers_a_way_out(browser, busy):
    page = read(browser, busy, who="Nobody")
    assert "Nothing matches" in page
    assert "Clear filters" in page


def write_down(trunk, count, start=0):
    """Changes as upstream would have made them, each with what a change may carry."""
    at = database_now()
    batch = Batch.objects.create(kind="edit", title="Many", actor_kind="staff", created_at=at)
    for place in range(start, start + count):
        change = Change.objects.create(
            account=trunk.account,
            trunk=trunk,
            kind="update",
            state="applied",
            origin="bulk",
            batch=batch,
            actor_kind="staff",
            actor_label=f"Person {place}",
            diff=[{"field": "rtp_timeout", "old": 30 + place, "new": 31 + place}],
            consequences=[{"field": "dst_prefixes", "added": ["47"], "removed": []}],
            created_at=at,
            settled_at=at + timedelta(milliseconds=place),
        )
        Decision.objects.create(
            change=change, kind="acknowledged", actor_kind="staff", actor_label="Sam", at=at
        )
        CallbackEvent.objects.create(
            account=trunk.account,
            trunk_id=trunk.pk,
            status="blocked",
            created_at=str(place),
            received_at=at + timedelta(milliseconds=place),
        )


def test_the_queries_do_not_grow_with_what_happened(browser, trunk):
    write_down(trunk, 2)
    browser.get(url_of(trunk))
    with CaptureQueriesContext(connection) as few:
        browser.get(url_of(trunk))
    write_down(trunk, 15, start=2)
    with CaptureQueriesContext(connection) as many:
        browser.get(url_of(trunk))
    assert len(many) == len(few)


def test_a_long_history_has_pages_and_ends_with_how_it_began(browser, trunk):
    write_down(trunk, 30)
    first, second = entries(browser, trunk), entries(browser, trunk, page=2)
    assert (len(first), len(second)) == (51, 12)
    assert "First seen here" not in first
    assert (second[0], second[-1]) == ("As it is now", "First seen here")
    assert "First seen here" not in entries(browser, trunk, page=2, kind="update")


# --- two moments ----------------------------------------------------------------------------------


def test_two_moments_are_chosen_without_javascript(browser, busy):
    page = browser.get(url_of(busy))
    form = fields_of(page.content, "action")
    assert form["other"] == "now"
    answer = compared(browser, busy, form["one"], form["other"])
    assert "24-hour limit" in text_of(answer)


def test_a_comparison_shows_what_differs_and_counts_what_does_not(browser, busy):
    page = text_of(compared(browser, busy, busy.first_seen_at.isoformat()))
    for label in ("Calls at once", "RTP timeout", "24-hour limit", "Username and password"):
        assert label in page
    assert "4 changes in between" in page
    kept = re.search(r"\d+ settings are the same (.*)", page)
    assert kept
    assert "Status Active Method Credentials + IP Networks" in kept[1]
    assert "False" not in kept[1]
    assert "As it was first seen here." in page


def test_a_moment_compared_with_itself_differs_in_nothing(browser, busy):
    first = Change.objects.filter(trunk=busy).earliest("settled_at").settled_at
    assert first
    at = first.isoformat()
    assert "No setting differs." in text_of(compared(browser, busy, at, at))


def test_a_moment_that_nobody_saw_is_not_compared(browser, busy):
    page = text_of(compared(browser, busy, "2020-01-01T10:00"))
    assert "Nobody here had looked yet: nothing is known." in page
    assert "Restore" not in page


def test_a_gap_in_the_record_is_said(browser, busy):
    Change.objects.filter(patch__has_key="rtp_timeout").update(
        diff=[{"field": "rtp_timeout", "old": 31, "new": 32}]
    )
    page = text_of(compared(browser, busy, busy.first_seen_at.isoformat()))
    assert "The record of RTP timeout has a gap" in page


@pytest.mark.parametrize("odd", ["", "yesterday", "2026-13-45T10:00", "9" * 500, "1\x00"])
def test_what_is_no_time_leads_back_to_the_list(browser, trunk, odd):
    answer = compared(browser, trunk, odd)
    assert (answer.status_code, answer["Location"]) == (302, url_of(trunk))


def test_no_page_ever_holds_a_credential(browser, busy, sandbox):
    method = sandbox.trunk(str(busy.pk))["attributes"]["authentication_method"]["attributes"]
    pages = browser.get(url_of(busy)), compared(browser, busy, busy.first_seen_at.isoformat())
    for page in pages:
        assert method["password"].encode() not in page.content


# --- the way back ---------------------------------------------------------------------------------


def restore(browser, trunk, at, **options):
    return browser.post(url_of(trunk, "restore/"), {"at": at}, **options)


def test_a_moment_is_restored_after_a_review(browser, busy, sandbox):
    at = busy.first_seen_at.isoformat()
    page = compared(browser, busy, at)
    assert fields_of(page.content, "method")["at"] == at
    review = restore(browser, busy, at, follow=True)
    said = text_of(review)
    for words in ("Review 3 changes", "The 24-hour limit rises", "Not restored: Credentials."):
        assert words in said
    typed = fields_of(review.content, "method")
    assert typed["reason"].startswith("Back to how it was on")
    assert sandbox.trunk(str(busy.pk))["attributes"]["capacity_limit"] == 77
    browser.post(review.redirect_chain[-1][0], typed)
    held = sandbox.trunk(str(busy.pk))["attributes"]
    assert (held["capacity_limit"], held["rtp_timeout"]) == (busy.capacity_limit, busy.rtp_timeout)
    assert "“Back to how it was on" in read(browser, busy)


def test_there_is_nothing_to_restore_from_the_present(browser, trunk):
    answer = restore(browser, trunk, database_now().isoformat(), follow=True)
    assert "has nothing to restore from that moment" in text_of(answer)
    assert not Change.objects.filter(trunk=trunk).exists()


def test_what_can_no_longer_be_restored_is_said(browser, trunk, sandbox):
    name = trunk.name
    done(trunk, {"name": Put("Elsewhere")})
    other = Trunk.objects.exclude(pk=trunk.pk).order_by("pk")[0]
    Trunk.objects.filter(pk=other.pk).update(name=name)
    answer = restore(browser, trunk, trunk.first_seen_at.isoformat(), follow=True)
    assert "Name: Another trunk of the account has that name now." in text_of(answer)


def test_a_viewer_reads_and_compares_but_is_not_offered_the_way_back(client_of, vera, busy):
    browser, at = client_of(vera), busy.first_seen_at.isoformat()
    assert "Calls at once" in read(browser, busy)
    assert "Restore" not in text_of(compared(browser, busy, at))
    assert restore(browser, busy, at).status_code == 403


@pytest.mark.parametrize("odd", ["", "now", "2026-99-99", "\x00"])
def test_what_is_no_moment_is_not_restored(browser, trunk, odd):
    assert restore(browser, trunk, odd)["Location"] == url_of(trunk)
    assert not Change.objects.filter(trunk=trunk).exists()
