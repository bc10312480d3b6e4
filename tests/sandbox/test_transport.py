"""Keys, media types, headers and versions."""

from __future__ import annotations

import http.client
import re
import time

import pytest

from tests.sandbox.conftest import Client
from trunks.sandbox import Sandbox

TRUNKS = "/voice_out_trunks"
MEDIA_TYPE = "application/vnd.api+json"


@pytest.mark.parametrize("key", ["", "wrong"])
@pytest.mark.parametrize("path", [TRUNKS, "/dids", "/balance", "/elephants"])
def test_without_the_right_key_nothing_is_told(reader: Client, key: str, path: str) -> None:
    is_checked = path != "/elephants"
    answer = reader.send("GET", path, Api_Key=key, is_checked=is_checked)
    assert answer.status_code == 401
    error = {
        "title": "Unauthorized",
        "detail": "Authorization failed",
        "code": "401",
        "status": "401",
    }
    assert answer.json() == {"errors": [error]}


def test_an_answer_carries_the_upstreams_headers(reader: Client) -> None:
    first, second = (reader.send("GET", f"{TRUNKS}?page[size]=1") for _ in range(2))
    assert first.headers["Content-Type"] == MEDIA_TYPE
    assert re.fullmatch(r"[0-9a-f-]{36}", first.headers["X-Request-Id"])
    assert float(first.headers["X-Runtime"]) >= 0
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', first.headers["ETag"])
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Cache-Control"] == "max-age=0, private, must-revalidate"
    assert reader.send("GET", f"{TRUNKS}/x").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("version", ["2022-05-10", "2026-11-19", "soon"])
def test_another_version_is_ignored_and_not_refused(reader: Client, version: str) -> None:
    answer = reader.send("GET", "/balance", X_DIDWW_API_Version=version)
    assert answer.json()["meta"]["api_version"] == "2026-04-16"


def test_the_served_version_can_be_another(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(api_version="2026-11-19")
    assert client.get(TRUNKS)["meta"]["api_version"] == "2026-11-19"
    created = client.send("POST", TRUNKS, {"data": {"type": "voice_out_trunks"}})
    assert created.status_code == 422


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("text/html", 200),
        (MEDIA_TYPE, 200),
        (f"{MEDIA_TYPE}; q=0.5", 200),
        (f"{MEDIA_TYPE}; charset=utf-8, {MEDIA_TYPE}", 200),
        (f"{MEDIA_TYPE}; charset=utf-8", 406),
        (f"{MEDIA_TYPE}; ext=a, text/html", 406),
    ],
)
def test_accept_needs_one_plain_entry(reader: Client, accept: str, status: int) -> None:
    answer = reader.send("GET", "/balance", Accept=accept)
    assert answer.status_code == status
    if status == 406:
        assert answer.json()["errors"][0]["code"] == "406"


@pytest.mark.parametrize("given", ["application/json", f"{MEDIA_TYPE}; charset=utf-8", ""])
def test_a_body_of_another_type_is_refused(client: Client, given: str) -> None:
    answer = client.send("POST", TRUNKS, {"data": {}}, Content_Type=given)
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["code"] == "415"


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    url = f"{client.sandbox.url}{TRUNKS}"
    answer = client.session.post(url, data=b"{", headers={"Content-Type": MEDIA_TYPE}, timeout=5)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/elephants"),
        ("POST", "/dids"),
        ("DELETE", "/dids/x"),
        ("PATCH", TRUNKS),
        ("GET", "/voice_out_trunk_regenerate_credentials"),
        ("GET", "/emergency_calling_services"),
    ],
)
def test_what_upstream_does_not_route_is_not_found(client: Client, method: str, path: str) -> None:
    answer = client.send(method, path, is_checked=False)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "404"


def test_outbound_can_be_disabled(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(outbound_enabled=False)
    assert client.refusal("GET", TRUNKS)[0] == 403
    path = "/voice_out_trunk_regenerate_credentials"
    assert client.refusal("POST", path, {"data": {}})[0] == 403
    assert client.get("/dids")["data"]


def test_a_rate_above_the_limit_is_429_as_documented(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(requests_per_second=3)
    time.sleep(1 - time.monotonic() % 1)
    answers = [client.send("GET", "/balance", is_checked=False) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json() == {"errors": [{"status": "429", "detail": "Too Many Requests"}]}


def test_a_connection_is_kept_and_an_answer_is_one_write(busy: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", busy.port, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v3/balance", headers={"Api-Key": busy.api_key})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        sockets.add(connection.sock.getsockname())
    connection.close()
    assert len(sockets) == 1


def test_a_body_of_unknown_length_is_refused(busy: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", busy.port, timeout=5)
    connection.putrequest("POST", "/v3/voice_out_trunks")
    connection.putheader("Api-Key", busy.api_key)
    connection.putheader("Content-Type", MEDIA_TYPE)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()  # refused on the headers alone: a body would race with the answer
    assert connection.getresponse().status == 411
    connection.close()


def test_a_fault_of_our_own_is_a_500_and_leaves_a_trace(
    sandbox: Sandbox, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    trunk = sandbox.create_trunk(threshold_amount="many")
    sandbox.upstream.store.all("balances")[0].attributes["balance"] = object()
    assert client.send("GET", "/balance", is_checked=False).status_code == 500
    assert "not JSON serializable" in capsys.readouterr().err
    assert client.get(f"{TRUNKS}/{trunk['id']}")["data"]["id"] == trunk["id"]


def test_head_is_get_without_a_body(reader: Client) -> None:
    answer = reader.send("HEAD", "/balance", is_checked=False)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.content == b""
    assert reader.send("GET", "/balance").status_code == 200
