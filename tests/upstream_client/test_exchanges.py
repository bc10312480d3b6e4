"""What the flight recorder is told: each request once, truthfully, and never a secret."""

import json
from typing import Any

import pytest

from tests.upstream_client.conftest import KEY
from tests.upstream_client.raw import answer, says
from tests.upstream_client.test_outcomes import OUTCOMES
from trunks.domain.secrets import Secret
from trunks.upstream.errors import UpstreamError
from trunks.upstream.redaction import LONGEST, WITHHELD, redacted
from trunks.upstream.transport import Deadline

NEVER = Deadline(None)
NOWHERE = "http://127.0.0.1:9"
SECRET = "pass-9f8e7d"
PLAIN_KEY = "2f81c0d9e7"  # nothing in it gives it away


@pytest.fixture
def told(connect, raw):
    """`told(script)` → a transport to a server like that, and what it tells of its requests."""

    def make(script):
        exchanges: list[Any] = []
        server = raw(script)
        return connect(server.url, record=exchanges.append), exchanges, server

    return make


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_request_is_told_once_whatever_comes_of_it(told, name):
    script, _, _, asked = OUTCOMES[name]
    transport, exchanges, server = told(script)
    with pytest.raises(UpstreamError):
        transport.read("/voice_out_trunks", {"filter[name]": "Riga & co"}, NEVER)
    with pytest.raises(UpstreamError):
        transport.write("POST", "/voice_out_trunks", {"data": {}}, NEVER)
    assert len(exchanges) == len(server.requests) == asked + 1
    assert [e.attempt for e in exchanges] == [*range(1, asked + 1), 1]
    assert [e.method for e in exchanges] == ["GET"] * asked + ["POST"]
    assert exchanges[0].path == "/voice_out_trunks?filter[name]=Riga+%26+co"
    assert all(exchange.problem for exchange in exchanges)


def test_a_good_answer_is_told_with_its_id_and_its_time_and_without_its_body(told):
    body = {"data": {"attributes": {"password": SECRET}}}
    slow = says(answer(200, body, **{"X-Request-Id": "abc-1"}))
    transport, exchanges, _ = told(slow)
    transport.read("/voice_out_trunks/1", {}, NEVER)
    (exchange,) = exchanges
    assert (exchange.status, exchange.request_id, exchange.problem) == (200, "abc-1", "")
    assert exchange.answer == ""
    assert 0 <= exchange.milliseconds < 5000
    assert SECRET not in repr(exchange)


def test_where_nobody_answers_the_try_is_told_without_a_status(connect):
    exchanges: list[Any] = []
    with pytest.raises(UpstreamError):
        connect(NOWHERE, record=exchanges.append).write(
            "DELETE", "/voice_out_trunks/1", None, NEVER
        )
    assert [(e.status, e.problem) for e in exchanges] == [(None, "upstream cannot be reached")]


def test_what_never_left_is_not_told(connect):
    exchanges: list[Any] = []
    with pytest.raises(UpstreamError):
        connect(NOWHERE, record=exchanges.append).write("POST", "/x", {}, Deadline(0.0))
    assert exchanges == []


def test_an_answer_that_breaks_off_is_told_with_its_status_and_its_id(told):
    head = b"HTTP/1.1 201 Created\r\nX-Request-Id: r-7\r\nContent-Length: 900\r\n\r\n"
    transport, exchanges, _ = told(says(head + b'{"data": {"password": "' + SECRET.encode()))
    with pytest.raises(UpstreamError):
        transport.write("POST", "/voice_out_trunks", {}, NEVER)
    assert [(e.status, e.request_id, e.answer) for e in exchanges] == [(201, "r-7", "")]


def test_a_key_that_upstream_repeats_is_in_nothing_that_is_told(connect, raw):
    error = {"title": "Unauthorized", "detail": f"There is no {PLAIN_KEY} here", "status": "401"}
    exchanges: list[Any] = []
    server = raw(says(answer(401, {"errors": [error]})))
    transport = connect(server.url, PLAIN_KEY, record=exchanges.append)
    with pytest.raises(UpstreamError):
        transport.read("/voice_out_trunks", {}, NEVER)
    assert PLAIN_KEY not in repr(exchanges)
    (told,) = json.loads(exchanges[0].answer)["errors"]
    assert told == {"title": "Unauthorized", "detail": WITHHELD, "status": "401"}


def kept(*errors: object, **more: object) -> str:
    return redacted(json.dumps({"errors": errors, **more}).encode(), Secret(KEY))


def test_of_a_refusal_the_words_are_kept_and_nothing_beside_them():
    error = {
        "title": "can't be blank",
        "detail": "name - can't be blank",
        "code": 100,
        "status": "422",
        "source": {"pointer": "/data/attributes/name", "parameter": SECRET},
        "meta": {"password": SECRET},
        "attributes": {"username": SECRET},
        "id": SECRET,
    }
    told = kept(error, data={"attributes": {"password": SECRET}})
    assert SECRET not in told
    assert json.loads(told) == {
        "errors": [
            {
                "title": "can't be blank",
                "detail": "name - can't be blank",
                "code": "100",
                "status": "422",
                "source": {"pointer": "/data/attributes/name"},
            }
        ]
    }


@pytest.mark.parametrize(
    "error",
    [
        {"detail": f"{SECRET} is too short", "source": {"pointer": "/data/attributes/password"}},
        {"title": SECRET, "source": {"pointer": "/data/attributes/auth/username"}},
        {"detail": f"the password {SECRET} is too short"},
        {"detail": f"Api-Key {SECRET} is unknown"},
        {"title": f"Authorization: Bearer {SECRET}"},
    ],
)
def test_words_about_credentials_are_withheld(error):
    told = kept({**error, "status": "422", "code": "7"})
    assert SECRET not in told
    assert WITHHELD in told
    assert '"422"' in told


@pytest.mark.parametrize(
    "pointer", [f"/data/{SECRET} x", f"password={SECRET}", "/a" * 500, 7, {"a": SECRET}]
)
def test_what_is_no_pointer_is_not_kept(pointer):
    told = kept({"detail": "no", "source": {"pointer": pointer}})
    assert json.loads(told) == {"errors": [{"detail": "no"}]}


def test_endless_words_are_cut():
    told = json.loads(kept(*[{"detail": "x" * 10_000}] * 500))["errors"]
    assert len(told) == 10
    assert all(len(error["detail"]) == LONGEST for error in told)


@pytest.mark.parametrize(
    "content",
    [
        SECRET.encode() * 9,
        json.dumps({"data": {"password": SECRET}}).encode(),
        json.dumps({"errors": {"password": SECRET}}).encode(),
        json.dumps({"errors": [SECRET, {"meta": SECRET}]}).encode(),
        json.dumps([SECRET]).encode(),
        b"[" * 100_000 + SECRET.encode(),
        b"\xff" + SECRET.encode(),
    ],
)
def test_of_any_other_body_only_length_and_digest_are_kept(content):
    told = redacted(content, Secret(KEY))
    assert told.startswith(f"{len(content)} bytes, SHA-256 ")
    assert SECRET not in told


def test_where_there_is_no_body_nothing_is_kept():
    assert redacted(b"", Secret(KEY)) == ""


@pytest.mark.parametrize("status", [400, 404, 422, 500, 200])
def test_a_key_that_upstream_repeats_anywhere_reaches_nobody(connect, raw, status):
    error = {
        "title": PLAIN_KEY,
        "detail": "x" * 1990 + PLAIN_KEY,
        "meta": {PLAIN_KEY: [PLAIN_KEY]},
        "source": {"pointer": f"/data/attributes/{PLAIN_KEY}"},
    }
    document = {"errors": [error], "meta": {"api_version": f"v-{PLAIN_KEY}"}}
    exchanges: list[Any] = []
    server = raw(says(answer(status, document, **{"X-Request-Id": f"{'-' * 195}{PLAIN_KEY}"})))
    transport = connect(server.url, PLAIN_KEY, record=exchanges.append)
    with pytest.raises(UpstreamError) as raised:
        transport.write("PATCH", "/voice_out_trunks/1", {}, NEVER)
    everything = f"{raised.value} {raised.value.__dict__} {exchanges}"
    assert PLAIN_KEY[:4] not in everything
