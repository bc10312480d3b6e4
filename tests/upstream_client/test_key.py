"""The key goes to its upstream and nowhere else, with the headers the contract wants."""

import json
import logging
import traceback

import pytest

from tests.upstream_client.conftest import KEY
from tests.upstream_client.raw import answer, resets, says
from trunks.upstream.errors import NotSent, Unavailable
from trunks.upstream.transport import Deadline

NEVER = Deadline(None)
TROUBLES = {
    "refused": says(answer(422, {"errors": [{"detail": "no"}]})),
    "unauthorized": says(answer(401)),
    "slow down": says(answer(429)),
    "away": says(answer(502, b"<html>")),
    "nonsense": says(answer(200, b"{")),
    "no HTTP": says(b"220 smtp"),
    "a reset": resets(),
    "a header line of none": says(b"HTTP/1.1 200 X\r\nnonsense\r\n\r\n"),
}
ODD_KEYS = ("ключ-secret", "line\nbreak-secret", " lead-secret", "\ud800-secret")


def write(transport):
    return transport.write("POST", "/voice_out_trunks", {"data": {}}, NEVER)


def read(transport):
    return transport.read("/voice_out_trunks", {}, NEVER)


def test_the_headers_are_the_contracts_and_no_others(raw, connect):
    server = raw(says(answer(200, {})))
    write(connect(server.url))
    read(connect(server.url))
    heads = [dict(h.split(": ", 1) for h in lines(request)[1:]) for request in server.requests]
    common = {
        "Host": f"localhost:{server.port}",
        "Api-Key": KEY,
        "Accept": "application/vnd.api+json",
        "X-DIDWW-Api-Version": "2026-04-16",
        "User-Agent": "trunkadmin",
        "Accept-Encoding": "identity",
    }
    assert heads[0] == common | {"Content-Type": "application/vnd.api+json", "Content-Length": "11"}
    assert heads[1] == common
    assert lines(server.requests[1])[0] == "GET /v3/voice_out_trunks HTTP/1.1"
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2]) == {"data": {}}


def lines(request):
    return request.partition(b"\r\n\r\n")[0].decode().split("\r\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(raw, connect, status):
    thief = raw(says(answer(200, {"data": []})))
    server = raw(says(answer(status, b"", Location=f"{thief.url}/voice_out_trunks")))
    for attempt in (read, write):
        with pytest.raises(Unavailable):
            attempt(connect(server.url))
    assert thief.requests == []


def test_the_environment_names_no_proxy_and_no_other_key(raw, connect, monkeypatch, tmp_path):
    thief = raw(says(answer(200, {})))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://localhost:{thief.port}")
    (tmp_path / ".netrc").write_text("default login thief password thief\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = raw(says(answer(200, {})))
    read(connect(server.url))
    assert thief.requests == []
    assert b"authorization" not in server.requests[0].lower()


def test_a_cookie_is_not_brought_back(raw, connect):
    server = raw(says(answer(200, {}, Set_Cookie="session=1; Path=/")))
    transport = connect(server.url)
    read(transport)
    read(transport)
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("script", TROUBLES.values(), ids=TROUBLES)
def test_the_key_is_in_no_log_and_no_error(upstream, caplog, script):
    caplog.set_level(logging.DEBUG)
    transport = upstream(script)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        write(transport)
    report = traceback.TracebackException.from_exception(caught.value)
    shown = "".join(report.format()) + repr(caught.value) + repr(transport) + caplog.text
    assert KEY not in shown
    assert KEY not in str(vars(caught.value))
    assert any(record.name.startswith("urllib3") for record in caplog.records)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_that_no_header_can_carry_never_leaves_and_is_not_shown(raw, connect, key):
    server = raw(says(answer(200, {})))
    with pytest.raises(NotSent) as caught:
        write(connect(server.url, key=key))
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert server.requests == []
