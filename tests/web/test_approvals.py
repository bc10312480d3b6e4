"""What members ask for beyond their guard rails, as staff decide it in the browser."""

from datetime import timedelta

import pytest

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change, Decision, Trunk
from trunks.models.clock import database_now
from trunks.services.assigning import assign
from trunks.services.members import remove_member
from trunks.services.proposing import propose
from trunks.services.requesting import request as request_change
from trunks.services.requesting import withdraw

from .test_reading_trunks import text_of

pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


@pytest.fixture
def asked_for(pulled, acme, alice) -> Change:
    """Alice asks for more calls at once than her guard rails allow."""
    limited = Trunk.objects.filter(capacity_limit__isnull=False, auth_type="credentials_and_ip")
    trunk = limited.order_by("pk")[0]
    assign([trunk], acme, actor=SYSTEM)
    trunk = Trunk.objects.get(pk=trunk.pk)
    actor, more = actor_of(alice), {"capacity_limit": Put((trunk.capacity_limit or 0) + 7)}
    change = propose(trunk, more, actor=actor, origin="portal", on_request=True)
    return request_change(change, actor=actor, reason="A campaign in May")


def url_of(change):
    return f"/staff/approvals/{change.pk}/"


def test_the_queue_says_who_asks_for_what_beyond_which_rail(browser, asked_for):
    text = text_of(browser.get("/staff/approvals/"))
    for words in ("Acme", "Alice Reyes", "A campaign in May", "calls at once", "Calls at once"):
        assert words in text
    assert "Requests 1 waiting" in text
    assert "1 waiting" in text_of(browser.get("/staff/customers/"))


def test_the_overview_and_the_change_lead_an_admin_to_it(browser, client_of, sam, asked_for):
    for path in ("/staff/", f"/staff/changes/{asked_for.pk}/"):
        assert url_of(asked_for) in browser.get(path).content.decode()
        assert url_of(asked_for) not in client_of(sam).get(path).content.decode()


def test_a_request_says_what_would_be_allowed_without_asking(browser, asked_for):
    text = text_of(browser.get(url_of(asked_for)))
    assert "Beyond their guard rails" in text
    assert asked_for.breaches[0]["allowed"] in text


def test_approved_it_is_sent_and_the_word_is_kept(browser, asked_for, sandbox):
    wanted = asked_for.patch["capacity_limit"]["set"]
    browser.post(url_of(asked_for), {"verdict": "approve", "word": "Good luck"})
    asked_for.refresh_from_db()
    assert asked_for.state == "applied", asked_for.errors
    assert sandbox.trunk(str(asked_for.trunk_id))["attributes"]["capacity_limit"] == wanted
    assert Decision.objects.get(change=asked_for).reason == "Good luck"


def test_approved_until_a_time_it_is_put_back_then(browser, asked_for):
    until = database_now().replace(second=0, microsecond=0) + timedelta(days=2)
    typed = {"verdict": "approve", "reverse_at": until.strftime("%Y-%m-%dT%H:%M")}
    browser.post(url_of(asked_for), typed)
    asked_for.refresh_from_db()
    assert asked_for.reverse_at == until


def test_a_time_that_is_over_or_none_is_said_and_decides_nothing(browser, asked_for):
    for typed in ("2020-01-01T00:00", "tomorrow"):
        answer = browser.post(url_of(asked_for), {"verdict": "approve", "reverse_at": typed})
        assert answer.context["form"].errors["reverse_at"]
    asked_for.refresh_from_db()
    assert asked_for.state == "awaiting_approval"


def test_refused_without_a_word_it_asks_for_one(browser, asked_for):
    answer = browser.post(url_of(asked_for), {"verdict": "refuse", "word": " "})
    assert answer.context["form"].errors["word"]
    browser.post(url_of(asked_for), {"verdict": "refuse", "word": "Ask again in June"})
    asked_for.refresh_from_db()
    assert asked_for.state == "refused"
    assert "Ask again in June" in text_of(browser.get(f"/staff/changes/{asked_for.pk}/"))


def test_what_no_button_asks_for_decides_nothing(browser, asked_for):
    answer = browser.post(url_of(asked_for), {"word": "Yes"})
    assert "Say whether it is approved or refused." in text_of(answer)
    asked_for.refresh_from_db()
    assert asked_for.state == "awaiting_approval"


def test_what_was_withdrawn_or_decided_meanwhile_is_told(browser, asked_for, alice):
    withdraw(asked_for, actor=actor_of(alice))
    answer = browser.post(url_of(asked_for), {"verdict": "approve"}, follow=True)
    assert "does not wait for a decision: cancelled" in text_of(answer)


def test_what_a_removed_member_asked_for_is_not_approved(browser, asked_for, alice, sandbox):
    remove_member(alice.membership, actor=SYSTEM)
    answer = browser.post(url_of(asked_for), {"verdict": "approve"}, follow=True)
    assert "does not wait for a decision: cancelled" in text_of(answer)
    assert not [r for r in sandbox.requests if r["method"] == "PATCH"]


@pytest.mark.parametrize("who", ["vera", "sam"])
def test_who_is_no_admin_reads_the_queue_and_decides_nothing(client_of, request, asked_for, who):
    client = client_of(request.getfixturevalue(who))
    page = client.get("/staff/approvals/")
    assert f"/staff/changes/{asked_for.pk}/" in page.content.decode()
    assert url_of(asked_for) not in page.content.decode()
    assert client.post(url_of(asked_for), {"verdict": "approve"}).status_code == 403
    asked_for.refresh_from_db()
    assert asked_for.state == "awaiting_approval"


def test_an_empty_queue_says_so(browser):
    assert "Nothing waits" in text_of(browser.get("/staff/approvals/"))
