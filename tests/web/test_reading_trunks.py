"""The trunk list and a trunk's page, as staff read them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Edit, Put
from trunks.models import Change, Customer, Trunk
from trunks.models.clock import database_now
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

LIST = "/staff/trunks/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(client_of, sam):
    return client_of(sam)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def url_of(trunk):
    return f"{LIST}{trunk.pk}/"


def first_trunk(**conditions):
    found = Trunk.objects.filter(auth_type="credentials_and_ip", gone_at=None, **conditions)
    return found.order_by("name").first()


def waiting(trunk, patch, **fields):
    change = submit(propose(trunk, patch, actor=SYSTEM, origin="staff"), actor=SYSTEM)
    Change.objects.filter(pk=change.pk).update(**fields)
    return Change.objects.get(pk=change.pk)


# --- who may look ---------------------------------------------------------------------------------

PAGES = ["overview", "trunk-list", "did-list", "change-list", "account-list", "sync-list"]


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_sent_to_sign_in(client, db, name):
    answer = client.get(reverse(f"staff:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_may_look_at_everything(client_of, vera, pulled, name):
    assert client_of(vera).get(reverse(f"staff:{name}")).status_code == 200


def test_a_viewer_is_offered_nothing_to_do(client_of, vera, pulled):
    page = text_of(client_of(vera).get(url_of(first_trunk())))
    for label in ("Block", "Regenerate…", "Delete…", "New trunk"):
        assert label not in page
    assert "Edit" not in page.replace("Edit of", "")


def test_an_agent_may_edit_and_block_but_not_delete(browser, pulled):
    page = text_of(browser.get(url_of(first_trunk(status="active"))))
    assert "Block" in page
    assert "Regenerate…" in page
    assert "Delete…" not in page


# --- the list -------------------------------------------------------------------------------------


def test_a_line_says_what_matters(browser, pulled):
    trunk = first_trunk()
    customer = Customer.objects.create(name="Halden Clinics")
    Trunk.objects.filter(pk=trunk.pk).update(
        customer=customer,
        status="active",
        spent_amount="18.0",
        spent_value=18,
        threshold_amount="50.0",
        threshold_value=50,
        capacity_limit=None,
        default_dst_action="reject_all",
        dst_prefixes=["47"],
    )
    page = text_of(browser.get(LIST, {"customer": customer.pk}))
    for words in (trunk.name, "Halden Clinics", "Credentials + IP", "Active", "18.00 / 50 USD"):
        assert words in page
    for words in ("Unlimited", "Norway; rest refused", "mirror"):
        assert words in page


def test_filters_narrow_the_list(browser, pulled):
    rows = browser.get(LIST, {"method": "twilio"}).context["rows"]
    assert rows
    assert {row.method for row in rows} == {"Twilio"}


def test_a_tab_and_a_filter_go_together(browser, pulled):
    blocked = Trunk.objects.blocked().present()
    answer = browser.get(LIST, {"tab": "blocked", "account": pulled.pk})
    assert answer.context["page"].paginator.count == blocked.count()
    assert {row.status.tone for row in answer.context["rows"]} <= {"danger"}


def test_it_finds_the_trunks_an_address_may_call_from(browser, pulled):
    trunk = first_trunk()
    network = trunk.networks.first().cidr.split("/")[0]
    names = [row.name for row in browser.get(LIST, {"q": network}).context["rows"]]
    assert trunk.name in names


def test_it_finds_the_trunks_that_may_dial_a_number(browser, pulled):
    open_, closed, listed = Trunk.objects.present()[:3]
    Trunk.objects.filter(pk=open_.pk).update(default_dst_action="allow_all", dst_prefixes=[])
    open_.prefixes.all().delete()
    for trunk, prefix in ((closed, "371"), (listed, "47")):
        Trunk.objects.filter(pk=trunk.pk).update(
            default_dst_action="reject_all", dst_prefixes=[prefix]
        )
        trunk.prefixes.all().delete()
        trunk.prefixes.create(prefix=prefix)
    pages = [
        browser.get(LIST, {"destinations": "+47 21 55 01 20", "q": t.name})
        for t in (open_, closed, listed)
    ]
    found = [
        any(row.url == url_of(t) for row in page.context["rows"])
        for t, page in zip((open_, closed, listed), pages, strict=True)
    ]
    assert found == [True, False, True]


def test_it_sorts_by_the_share_spent(browser, pulled):
    rows = browser.get(LIST, {"sort": "-spent"}).context["page"].object_list
    shares = [trunk.spent_share or 0 for trunk in rows]
    assert shares == sorted(shares, reverse=True)


def test_no_limit_counts_as_the_most_calls(browser, pulled):
    rows = browser.get(LIST, {"sort": "-capacity"}).context["page"].object_list
    assert rows[0].capacity_limit is None


def test_a_fragment_is_the_rows_alone_and_never_cached_as_the_page(browser, pulled):
    fragment = browser.get(LIST, {"q": "a"}, headers=HTMX)
    page = browser.get(LIST, {"q": "a"})
    assert b"<html" not in fragment.content
    assert b"data-announce=" in fragment.content
    assert b"<html" in page.content
    assert "HX-Request" in fragment["Vary"]
    assert "HX-Request" in page["Vary"]


def test_a_boosted_link_and_a_step_back_get_the_whole_page(browser, pulled):
    for name in ("HX-Boosted", "HX-History-Restore-Request"):
        assert b"<html" in browser.get(LIST, headers={**HTMX, name: "true"}).content


def test_the_url_keeps_only_filters_that_are_set(browser, pulled):
    answer = browser.get(LIST, {"q": "riga", "tab": "", "sort": "name"}, headers=HTMX)
    assert answer["HX-Push-Url"] == "/staff/trunks/?q=riga&sort=name"
    typed_on = {**HTMX, "HX-Current-URL": "http://testserver/staff/trunks/?q=rig"}
    assert browser.get(LIST, {"q": "riga"}, headers=typed_on)["HX-Replace-Url"]


def test_nothing_matching_is_told_from_nothing_there(browser, pulled, db):
    assert "Nothing matches" in text_of(browser.get(LIST, {"q": "no such thing"}))
    Change.objects.all().delete()
    Trunk.objects.all().delete()
    assert "No trunks yet" in text_of(browser.get(LIST))


def test_without_an_account_it_says_how_to_add_one(browser):
    assert "add_account NAME" in text_of(browser.get(LIST))


@pytest.mark.parametrize(
    "query",
    [
        {"account": "99999999999999999999999"},
        {"account": "x"},
        {"customer": "-1"},
        {"customer": "none"},
        {"q": "\x00"},
        {"q": "%%'\"\\"},
        {"q": "1" * 5000},
        {"destinations": "zzz"},
        {"sort": "password"},
        {"tab": "zzz"},
        {"page": "0"},
        {"page": "9" * 40},
        {"page": "x"},
    ],
)
def test_an_odd_url_is_no_error(browser, pulled, query):
    assert browser.get(LIST, query).status_code == 200
    assert browser.get("/staff/dids/", query).status_code == 200
    assert browser.get("/staff/changes/", {**query, "trunk": "x", "state": "x"}).status_code == 200
    assert browser.get("/staff/syncs/", {**query, "state": "x"}).status_code == 200


def grown(browser, url):
    """How many queries the page takes with ten rows and with twenty."""
    counts = []
    for size in (10, 20):
        Trunk.objects.update(gone_at=database_now(), auth_password=None, unknown=None)
        shown = list(Trunk.objects.values_list("pk", flat=True)[:size])
        Trunk.objects.filter(pk__in=shown).update(gone_at=None)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = browser.get(url)
        assert answer.status_code == 200
        counts.append(len(queries))
    return counts


def test_twenty_trunks_take_no_more_queries_than_ten(browser, pulled):
    for trunk in Trunk.objects.all()[:4]:
        waiting(trunk, {"capacity_limit": Put(3)})
    ten, twenty = grown(browser, LIST)
    assert ten == twenty
    assert twenty <= 20


def test_twenty_changes_take_no_more_queries_than_ten(browser, pulled):
    counts = []
    trunks = list(Trunk.objects.filter(auth_type="credentials_and_ip")[:20])
    for part in (trunks[:10], trunks[10:]):
        for trunk in part:
            waiting(trunk, {"capacity_limit": Put(3 if trunk.capacity_limit != 3 else 4)})
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get("/staff/changes/")
        assert len(answer.context["rows"]) >= len(part)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_fifty_dids_take_no_more_queries_than_one(browser, pulled):
    counts = []
    for query in ({"q": "+47 21 55 01 00"}, {}):
        with CaptureQueriesContext(connection) as queries:
            browser.get("/staff/dids/", query)
        counts.append(len(queries))
    assert abs(counts[0] - counts[1]) <= 1  # a page without any linked trunk skips the prefetch


# --- one trunk ------------------------------------------------------------------------------------


def test_a_trunk_answers_each_question(browser, pulled):
    page = text_of(browser.get(url_of(first_trunk())))
    for question in (
        "Who may call",
        "What may be dialled",
        "As whom",
        "How much",
        "Media",
        "Emergency",
        "Upstream",
        "Timeline",
        "First seen here",
        "known since",
    ):
        assert question in page


def test_every_seeded_trunk_can_be_read(browser, pulled):
    for trunk in Trunk.objects.all():
        assert browser.get(url_of(trunk)).status_code == 200


def test_no_page_holds_a_password(browser, pulled, sandbox):
    passwords = [
        t["attributes"]["authentication_method"]["attributes"].get("password")
        for t in sandbox.trunks()
    ]
    pages = b"".join(browser.get(url_of(t)).content for t in Trunk.objects.all()[:10])
    assert any(passwords)
    assert not [p for p in passwords if p and p.encode() in pages]


def test_upstream_text_is_escaped(browser, pulled):
    trunk = first_trunk()
    Trunk.objects.filter(pk=trunk.pk).update(
        name="<script>alert(1)</script>",
        auth_username="<b>u</b>",
        external_reference_id="<i>r</i>",
        callback_url="javascript:alert(1)",
        status="<u>s</u>",
        dst_prefixes=["<p>"],
    )
    for url in (url_of(trunk), LIST):
        page = browser.get(url).content.decode()
        assert "<script>alert" not in page
        for markup in ("<b>u</b>", "<i>r</i>", "<u>s</u>"):
            assert markup not in page
        assert 'href="javascript:' not in page


def test_an_unknown_method_is_shown_without_its_values(browser, pulled, sandbox):
    trunk = first_trunk()
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={"type": "hologram", "attributes": {"beam": "very-secret-beam"}},
    )
    pull(pulled)
    page = browser.get(url_of(trunk)).content.decode()
    assert "hologram" in page
    assert "beam" in page
    assert "very-secret-beam" not in page


def test_what_waits_is_said_beside_the_mirror_and_updates_itself(browser, pulled):
    trunk = first_trunk(capacity_limit__isnull=False)
    change = waiting(trunk, {"capacity_limit": Put(31000)}, waiting_reason="no answer")
    answer = browser.get(url_of(trunk))
    page = text_of(answer)
    assert "One change is waiting for upstream" in page
    assert "→ 31,000 waiting" in page
    assert b'hx-trigger="every 2s"' in answer.content

    polled = {**HTMX, "HX-Target": "waiting"}
    fragment = browser.get(url_of(trunk), headers=polled)
    assert b"<html" not in fragment.content
    assert b"every 2s" in fragment.content

    deliver(change)
    settled = browser.get(url_of(trunk), headers=polled)
    assert settled["HX-Retarget"] == "#main"
    assert b"every 2s" not in settled.content
    assert "Applied upstream" in text_of(settled)


def test_an_unknown_outcome_is_called_so(browser, pulled):
    trunk = first_trunk()
    change = waiting(
        trunk, {"capacity_limit": Put(31000)}, state="delivering", sent_at=database_now()
    )
    assert "What became of it is not known yet" in text_of(browser.get(url_of(trunk)))
    assert "Outcome unknown" in text_of(browser.get(f"/staff/changes/{change.pk}/"))


def test_a_tombstone_says_so_and_offers_nothing(browser, pulled, sandbox):
    trunk = first_trunk()
    sandbox.delete_trunk(str(trunk.pk))
    pull(pulled)
    page = text_of(browser.get(url_of(trunk)))
    assert "Upstream no longer has this trunk" in page
    assert "erased" in page
    assert "Block" not in page
    names = [row.name for row in browser.get(LIST, {"tab": "gone"}).context["rows"]]
    assert names == [trunk.name]


def test_drift_is_told_with_what_moved(browser, pulled, sandbox):
    trunk = first_trunk()
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31999)
    pull(pulled)
    page = text_of(browser.get(url_of(trunk)))
    assert "Changed upstream, not from here" in page
    assert "31,999" in page
    assert "drifted" in text_of(browser.get(LIST, {"tab": "drifted"}))


def test_reading_again_brings_the_mirror_up_to_date(browser, pulled, sandbox):
    trunk = first_trunk()
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31999)
    answer = browser.post(f"{url_of(trunk)}refresh/", follow=True)
    assert "Read again just now" in text_of(answer)
    assert "31,999" in text_of(answer)


def test_a_failed_reading_is_a_message_not_an_error(browser, pulled, sandbox):
    trunk = first_trunk()
    pulled.base_url = "http://127.0.0.1:9/v3"
    pulled.save()
    answer = browser.post(f"{url_of(trunk)}refresh/", follow=True)
    assert answer.status_code == 200
    assert "Not read:" in text_of(answer)


def test_a_conflict_shows_all_three_sides(browser, pulled, sandbox):
    trunk = first_trunk(capacity_limit__isnull=False)
    change = waiting(trunk, {"capacity_limit": Put(31000)})
    sandbox.change_trunk(str(trunk.pk), capacity_limit=31500)
    change = deliver(change)
    assert change.state == "conflicted"
    page = text_of(browser.get(f"/staff/changes/{change.pk}/"))
    for words in ("When it was asked for", "Asked for 31,000", "Upstream has 31,500", "Decide"):
        assert words in page
    assert "ran into a conflict" in text_of(browser.get(url_of(trunk)))


def test_a_refusal_is_shown_in_upstreams_words(browser, pulled):
    one, other = Trunk.objects.filter(auth_type="twilio")[:2]
    change = deliver(waiting(one, {"name": Put(other.name)}))
    assert change.state == "refused"
    page = text_of(browser.get(f"/staff/changes/{change.pk}/"))
    assert "Name: has already been taken" in page
    assert "/data/attributes/name" in page


def test_networks_added_and_removed_are_told_apart(browser, pulled):
    trunk = first_trunk()
    patch = {"authentication_method.allowed_sip_ips": Edit(add=("198.51.100.77/32",))}
    change = deliver(waiting(trunk, patch))
    page = text_of(browser.get(f"/staff/changes/{change.pk}/"))
    assert "added + 198.51.100.77/32" in page


def test_a_long_waiting_change_says_when_it_is_tried_next(browser, pulled):
    trunk = first_trunk()
    later = database_now() + timedelta(minutes=5)
    waiting(trunk, {"capacity_limit": Put(31000)}, next_attempt_at=later)
    assert "Next try in 4 min" in text_of(browser.get(url_of(trunk)))
