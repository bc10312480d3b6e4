"""Callbacks as staff meet them: on the account's page, on the trunk's timeline, in one form."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.told import SECRET, event_of, given_secret, knock, tell
from trunks.domain.actor import SYSTEM
from trunks.models import Account, AuditEntry, CallbackEvent, Trunk
from trunks.services.accounts import add_account
from trunks.services.callback_reads import refresh_waiting


@pytest.fixture
def told(pulled: Account) -> Account:
    return given_secret(pulled)


@pytest.fixture
def trunk(pulled: Account) -> Trunk:
    return Trunk.objects.filter(status="active").order_by("pk")[0]


def text_of(client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def page_of(account: Account) -> str:
    return f"/staff/accounts/{account.pk}/"


# --- The account's page ---------------------------------------------------------------------------


def test_the_account_shows_the_url_to_paste_and_that_a_secret_is_missing(pulled, sam, client_of):
    page = text_of(client_of(sam), page_of(pulled))
    assert f"http://127.0.0.1:8000/callbacks/{pulled.pk}/" in page
    assert "No callback secret is set, so every callback is refused." in page
    assert "callback-secret" not in page  # an agent may not set it


def test_the_account_counts_what_came_and_what_was_refused(told, trunk, sam, client_of):
    tell(told, event_of(trunk.pk), event_of(trunk.pk, status="active"))
    knock(told, b"[]", "0" * 40)
    page = text_of(client_of(sam), page_of(told))
    assert "2 events" in page
    assert "1 delivery" in page
    assert f'href="/staff/trunks/{trunk.pk}/"' in page
    assert SECRET.clear not in page


def test_an_event_of_a_trunk_not_known_here_is_shown_by_its_id(told, sam, client_of):
    stranger = "f36d1d17-bd16-42b9-af42-0cfe166bf3ec"
    tell(told, event_of(stranger))
    assert stranger in text_of(client_of(sam), page_of(told))


# --- The timeline ---------------------------------------------------------------------------------


def test_the_trunk_tells_what_upstream_said_and_whether_it_was_read_since(
    told, trunk, sam, client_of
):
    url, sams = f"/staff/trunks/{trunk.pk}/", client_of(sam)
    tell(told, event_of(trunk.pk, threshold_reached=False))
    page = text_of(sams, url)
    assert "Blocked, says upstream" in page
    assert "By hand, not by its 24-hour limit." in page
    assert "callback, not read again yet" in page
    refresh_waiting(told)
    assert "not read again yet" not in text_of(sams, url)


def test_the_timeline_holds_no_word_of_another_account(told, trunk, sam, client_of, sandbox):
    second = given_secret(add_account("Second", sandbox.url, SECRET, actor=SYSTEM))
    tell(second, event_of(trunk.pk))
    assert CallbackEvent.objects.count() == 1
    assert "says upstream" not in text_of(client_of(sam), f"/staff/trunks/{trunk.pk}/")


def test_odd_words_of_upstream_are_shown_as_words(told, trunk, sam, client_of):
    tell(told, event_of(trunk.pk, status="<b>hibernating</b>"))
    page = text_of(client_of(sam), f"/staff/trunks/{trunk.pk}/")
    assert "Status “&lt;b&gt;hibernating&lt;/b&gt;”, says upstream" in page


def test_many_events_cost_the_timeline_no_query_more(told, trunk, sam, client_of):
    sams = client_of(sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert sams.get(f"/staff/trunks/{trunk.pk}/").status_code == 200
        return len(seen)

    tell(told, event_of(trunk.pk, created_at="first"))
    few = queries()
    tell(told, *(event_of(trunk.pk, created_at=str(n)) for n in range(60)))
    assert queries() == few


# --- The secret -----------------------------------------------------------------------------------


def test_an_admin_sets_the_secret_and_callbacks_are_believed(pulled, trunk, ada, client_of):
    form = page_of(pulled) + "callback-secret/"
    answer = client_of(ada).post(form, {"callback_secret": SECRET.clear}, follow=True)
    assert "The callback secret is set" in answer.content.decode()
    assert SECRET.clear not in answer.content.decode()
    assert tell(pulled, event_of(trunk.pk)) == 204
    assert AuditEntry.objects.get(act="callback_secret_set").actor_label == "Ada Lind"


def test_the_form_never_shows_what_is_stored_or_was_typed(told, ada, client_of):
    adas, form = client_of(ada), page_of(told) + "callback-secret/"
    assert SECRET.clear not in text_of(adas, form)
    typed = adas.post(form, {"callback_secret": "zwei\nZeilen-ungültig"}).content.decode()
    assert "Zeilen" not in typed
    assert "Must be printable text in one line" in typed


@pytest.mark.parametrize("typed", ["", " ", "ü", "x" * 256])
def test_what_cannot_be_a_secret_is_refused_beside_its_field(told, ada, client_of, typed):
    answer = client_of(ada).post(page_of(told) + "callback-secret/", {"callback_secret": typed})
    assert answer.status_code == 200
    assert 'class="field-error"' in answer.content.decode()
    told.refresh_from_db()
    assert told.callback_secret is not None


def test_an_admin_removes_the_secret_and_nothing_is_believed(told, trunk, ada, client_of):
    client_of(ada).post(page_of(told) + "callback-secret/", {"remove": "yes"})
    assert tell(told, event_of(trunk.pk)) == 403
    assert AuditEntry.objects.filter(act="callback_secret_removed").exists()


def test_an_agent_cannot_set_it(told, sam, client_of):
    answer = client_of(sam).post(page_of(told) + "callback-secret/", {"callback_secret": "mine"})
    assert answer.status_code == 403
