"""What became of a request is said truthfully, and a write is never sent twice."""

import gzip
import socket

import pytest
import requests

from tests.upstream_client.raw import answer, resets, says
from trunks.upstream import transport as module
from trunks.upstream.errors import (
    Missing,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unavailable,
)
from trunks.upstream.transport import Deadline

NEVER = Deadline(None)
ERROR = {"title": "can't be blank", "detail": "name - can't be blank", "code": "100"}
REFUSAL = {"errors": [ERROR | {"status": "422", "source": {"pointer": "/data/attributes/name"}}]}
HTML = b"<html><h1>502 Bad Gateway</h1></html>"
OLD = {"data": [], "meta": {"api_version": "2022-05-10"}}


def write(transport, method="POST"):
    return transport.write(method, "/voice_out_trunks", {"data": {}}, NEVER)


def read(transport):
    return transport.read("/voice_out_trunks", {}, NEVER)


LOST = (OutcomeUnknown, Unavailable, 3)
# (what upstream does, what a write that met it is, what a read is, how often a read asks)
OUTCOMES = {
    "400": (says(answer(400, REFUSAL)), Refused, Refused, 1),
    "409": (says(answer(409, REFUSAL)), Refused, Refused, 1),
    "415": (says(answer(415, REFUSAL)), Refused, Refused, 1),
    "422": (says(answer(422, REFUSAL)), Refused, Refused, 1),
    "404": (says(answer(404, REFUSAL)), Missing, Missing, 1),
    "401": (says(answer(401, REFUSAL)), Unauthorized, Unauthorized, 1),
    "401 without a body": (says(answer(401)), Unauthorized, Unauthorized, 1),
    "403": (says(answer(403, HTML)), Unauthorized, Unauthorized, 1),
    "404 of a proxy": (says(answer(404, HTML)), *LOST),
    "404 in JSON of another kind": (
        says(answer(404, {"error": "x"})),
        OutcomeUnknown,
        Unavailable,
        3,
    ),
    "404 with no error in its errors": (
        says(answer(404, {"errors": []})),
        OutcomeUnknown,
        Unavailable,
        3,
    ),
    "422 of a proxy": (says(answer(422, HTML)), *LOST),
    "408": (says(answer(408, REFUSAL)), *LOST),
    "429": (says(answer(429, {"errors": [{"detail": "Too Many Requests"}]})), NotSent, NotSent, 3),
    "500": (says(answer(500, REFUSAL)), *LOST),
    "502 in HTML": (says(answer(502, HTML)), *LOST),
    "200 in HTML": (says(answer(200, HTML)), *LOST),
    "200 without a body": (says(answer(200)), *LOST),
    "a list for an object": (says(answer(200, [1])), *LOST),
    "cut JSON": (says(answer(200, b'{"data": {"id": "1"')), *LOST),
    "invalid UTF-8": (says(answer(200, b'{"data": "\xff\xfe"}')), *LOST),
    "nesting without end": (says(answer(200, b"[" * 10**6)), *LOST),
    "nested objects": (says(answer(200, b'{"a":' * 10**5 + b"1")), *LOST),
    "a number of many digits": (
        says(answer(200, b'{"a":' + b"9" * 9999)),
        OutcomeUnknown,
        Unavailable,
        3,
    ),
    "another API version": (says(answer(200, OLD)), OutcomeUnknown, Unavailable, 1),
    "no HTTP at all": (says(b"220 smtp.example ESMTP\r\n"), *LOST),
    "nothing": (says(b""), *LOST),
    "a reset": (resets(), *LOST),
    "a reset in its body": (resets(answer(200, {"data": []})[:-4]), *LOST),
    "an end in its body": (says(answer(200, {"data": []})[:-4]), *LOST),
    "no gzip": (says(answer(200, b"x", Content_Encoding="gzip")), *LOST),
    "a redirect": (says(answer(302, b"", Location="/v3/other")), *LOST),
    "headers without end": (
        says(b"HTTP/1.1 200 X\r\n" + b"a: b\r\n" * 500),
        OutcomeUnknown,
        Unavailable,
        3,
    ),
    "a header without end": (
        says(b"HTTP/1.1 200 X\r\na: " + b"b" * 10**5),
        OutcomeUnknown,
        Unavailable,
        3,
    ),
}


@pytest.mark.parametrize(("script", "of_a_write"), [o[:2] for o in OUTCOMES.values()], ids=OUTCOMES)
def test_what_became_of_a_write(raw, connect, script, of_a_write):
    server = raw(script)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        write(connect(server.url))
    assert type(caught.value) is of_a_write
    assert len(server.requests) == 1  # never twice


@pytest.mark.parametrize(
    ("script", "of_a_read", "tries"), [(o[0], o[2], o[3]) for o in OUTCOMES.values()], ids=OUTCOMES
)
def test_what_became_of_a_read(raw, connect, script, of_a_read, tries):
    server = raw(script)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        read(connect(server.url))
    assert type(caught.value) is of_a_read
    assert len(server.requests) == tries


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_other_writes_are_not_sent_twice_either(raw, connect, method):
    server = raw(resets())
    with pytest.raises(OutcomeUnknown):
        write(connect(server.url), method)
    assert len(server.requests) == 1


def test_a_read_that_fails_twice_and_then_succeeds_has_succeeded(raw, connect):
    server = raw(says(answer(502, HTML), b"", answer(200, {"data": []}, X_Request_Id="r-1")))
    assert read(connect(server.url)).request_id == "r-1"
    assert len(server.requests) == 3


def test_a_refusal_keeps_upstreams_words_and_pointers(upstream):
    with pytest.raises(Refused, match="name - can't be blank") as caught:
        write(upstream(says(answer(422, REFUSAL, X_Request_Id="r-2"))))
    assert caught.value.errors == REFUSAL["errors"]
    assert (caught.value.status, caught.value.request_id) == (422, "r-2")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("1e9", 900.0),
        ("nan", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_upstreams_wish_to_wait_is_passed_on_within_reason(upstream, said, seconds):
    with pytest.raises(NotSent) as caught:
        write(upstream(says(answer(429, {}, Retry_After=said))))
    assert caught.value.retry_after == seconds


def test_another_api_version_is_trouble_and_named(upstream):
    with pytest.raises(Unavailable, match="2022-05-10, not 2026-04-16") as caught:
        read(upstream(says(answer(200, OLD))))
    assert caught.value.is_trouble


def test_no_answer_to_a_delete_is_needed(upstream):
    assert write(upstream(says(answer(204))), "DELETE").document == {}


def test_text_that_fits_no_database_is_read_and_left_to_the_values(upstream):
    odd = b'{"data": {"name": "\\ud800\\u0000", "limit": NaN, "far": 1e999}}'
    assert read(upstream(says(answer(200, odd)))).document["data"]["name"] == "\ud800\x00"


# --- connections that are never made ---


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


UNREACHABLE = ("http://127.0.0.1:{port}/v3", "http://no-such-host.invalid/v3", "http://a..b/v3")


@pytest.mark.parametrize("url", [*UNREACHABLE, "http://[::1/v3", "gopher://127.0.0.1/v3", ""])
def test_what_cannot_be_reached_was_not_sent(connect, url):
    transport = connect(url.format(port=closed_port()))
    with pytest.raises(NotSent):
        write(transport)
    with pytest.raises(NotSent):
        read(transport)


# --- answers that are too much ---


def test_a_body_over_the_limit_is_not_read_to_its_end(upstream, monkeypatch):
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10**6)
    monkeypatch.setattr(module, "READ_TRIES", 1)
    fine = {"data": "x" * 900_000}
    assert read(upstream(says(answer(200, fine)))).document == fine
    with pytest.raises(Unavailable):
        read(upstream(says(answer(200, {"data": "x" * 1_100_000}))))


@pytest.mark.parametrize("times", [1, 2], ids=["gzip", "gzip in gzip"])
def test_a_bomb_is_put_out_before_it_unfolds(upstream, monkeypatch, times):
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10**6)
    bomb = b'{"a": "' + b"x" * 20_000_000 + b'"}'
    for _ in range(times):
        bomb = gzip.compress(bomb, 9)
    encoding = ", ".join(["gzip"] * times)
    sizes: list[int] = []
    monkeypatch.setattr(requests.Response, "iter_content", counted(sizes))
    with pytest.raises(OutcomeUnknown):
        write(upstream(says(answer(200, bomb, Content_Encoding=encoding))))
    assert sum(sizes) < 3 * 10**6


def counted(sizes, original=requests.Response.iter_content):
    def iter_content(self, size):
        for chunk in original(self, size):
            sizes.append(len(chunk))
            yield chunk

    return iter_content
