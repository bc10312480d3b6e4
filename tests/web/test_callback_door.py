"""The door for upstream's events: open to everyone, and to nobody without the right signature."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.told import SECRET, event_of, given_secret, knock, signature_of, tell
from trunks.domain.actor import SYSTEM
from trunks.domain.secrets import Secret
from trunks.domain.signatures import signatures
from trunks.models import Account, CallbackEvent, Trunk
from trunks.services.accounts import add_account
from trunks.services.callbacks import callback_url


@pytest.fixture
def told(pulled: Account) -> Account:
    return given_secret(pulled)


@pytest.fixture
def events(told: Account) -> list[dict[str, object]]:
    return [event_of(Trunk.objects.all()[0].pk)]


@pytest.fixture
def body(events) -> bytes:
    return json.dumps(events).encode()


def refused(account: Account) -> int:
    account.refresh_from_db()
    return account.callbacks_refused


def test_a_signed_delivery_is_answered_at_once_without_a_word(told, events, body):
    answer = Client(enforce_csrf_checks=True).post(
        reverse("callback", args=[told.pk]),
        body,
        content_type="application/json",
        headers={"X-DIDWW-Signature": signature_of(told, events)},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies
    assert CallbackEvent.objects.count() == 1


def test_upstream_is_not_asked_while_it_waits_for_the_answer(told, events, sandbox):
    assert tell(told, *events) == 204
    assert sandbox.requests == []


@pytest.mark.parametrize(
    "signature",
    [None, "", "0" * 40, "0" * 39, "sha1=" + "0" * 40, "ü" * 40, "0" * 90_000, "\t", "g" * 40],
    ids=lambda signature: repr(signature)[:12],
)
def test_no_or_a_wrong_signature_is_refused_and_counted(told, body, signature):
    assert knock(told, body, signature) == 403
    assert refused(told) == 1
    assert not CallbackEvent.objects.exists()


def test_a_signature_of_other_events_is_refused(told, events):
    other = [event_of(events[0]["id"], status="active")]
    assert knock(told, json.dumps(other).encode(), signature_of(told, events)) == 403
    added = [*events, event_of(events[0]["id"], created_at="later")]
    assert knock(told, json.dumps(added).encode(), signature_of(told, events)) == 403


def test_a_signature_for_another_url_is_refused(told, events, body):
    for url in (
        "https://elsewhere.example/callbacks/1/",
        callback_url(told) + "?a=1",
        callback_url(told).rstrip("/"),
        "http://testserver" + reverse("callback", args=[told.pk]),
    ):
        assert knock(told, body, signatures(url, events, SECRET)[0]) == 403, url


def test_another_accounts_secret_opens_nothing(told, events, sandbox):
    second = given_secret(
        add_account("Second", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM),
        Secret("secret-of-the-second"),
    )
    assert tell(told, *events, secret=Secret("secret-of-the-second")) == 403
    assert (refused(told), refused(second)) == (1, 0)


def test_an_account_that_is_not_there_answers_as_one_that_refuses(told, events, body):
    for pk in (0, 999_999, 2**63, 10**30):
        assert knock(pk, body, signature_of(told, events)) == 403
    assert refused(told) == 0


def test_no_refusal_tells_why(told, body, client):
    url = reverse("callback", args=[told.pk])
    answers = {
        client.post(
            url, body, content_type="application/json", headers={"X-DIDWW-Signature": signature}
        ).content
        for signature in ("", "0" * 40, "nonsense")
    }
    assert answers == {b"not accepted\n"}


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_taken(told, events, body, method):
    answer = getattr(Client(), method)(
        reverse("callback", args=[told.pk]),
        headers={"X-DIDWW-Signature": signature_of(told, events)},
    )
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(told, events, body, content_type):
    assert knock(told, body, signature_of(told, events), content_type=content_type) == 415


def test_json_may_name_its_charset(told, events, body):
    named = "application/json; charset=utf-8"
    assert knock(told, body, signature_of(told, events), content_type=named) == 204


def test_a_megabyte_is_not_read(told, events):
    payload = [event_of(events[0]["id"], more="x" * 1_000_000)]
    with CaptureQueriesContext(connection) as queries:
        assert tell(told, payload=payload) == 413
    assert len(queries) == 0
    assert not CallbackEvent.objects.exists()


def test_a_thousand_events_fit(told, events):
    payload = [event_of(events[0]["id"], created_at=str(n)) for n in range(1000)]
    assert tell(told, payload=payload) == 204
    assert CallbackEvent.objects.count() == 1000


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000])
def test_what_is_not_json_objects_is_a_bad_request(told, body):
    assert knock(told, body, "0" * 40) == 400
    assert not CallbackEvent.objects.exists()


def test_a_replay_changes_nothing(told, events, body):
    signature = signature_of(told, events)
    assert [knock(told, body, signature) for _ in range(3)] == [204] * 3
    assert CallbackEvent.objects.count() == 1


def test_the_url_is_the_public_one_whatever_host_a_proxy_names(told, events, body, settings):
    settings.PUBLIC_URL = "https://trunks.example.com"
    settings.ALLOWED_HOSTS = ["inside.local"]
    signature = signature_of(told, events)
    assert (
        signature
        == signatures(f"https://trunks.example.com:443/callbacks/{told.pk}/", events, SECRET)[0]
    )
    assert knock(told, body, signature, Host="inside.local") == 204


def test_a_session_of_staff_is_no_signature(told, body, ada, client_of):
    url = reverse("callback", args=[told.pk])
    assert client_of(ada).post(url, body, content_type="application/json").status_code == 403


@pytest.mark.parametrize("depth", [10, 200, 300, 990, 1020, 5000])
@pytest.mark.parametrize("brackets", [b"[]", b"{}"])
def test_no_depth_of_a_body_brings_the_door_down(told, depth, brackets):
    opens = b"[" if brackets == b"[]" else b'{"a":'
    body = b'[{"a":' + opens * depth + b"1" + brackets[1:] * depth + b"}]"
    assert knock(told, body, "0" * 40) in (400, 403)


@pytest.mark.parametrize("body", [b"{", b"[1]", b"", b"[]", b"[{}]", b"[" * 100_000])
@pytest.mark.parametrize("signature", [None, "0" * 40])
def test_no_body_tells_which_accounts_there_are(told, sandbox, body, signature):
    without = add_account("Second", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
    answers = {knock(pk, body, signature) for pk in (told.pk, without.pk, 999_999)}
    assert len(answers) == 1


def test_an_empty_secret_opens_nothing(told, events):
    Account.objects.filter(pk=told.pk).update(callback_secret=Secret(""))
    assert tell(told, *events, secret=Secret("")) == 403
    assert not CallbackEvent.objects.exists()
