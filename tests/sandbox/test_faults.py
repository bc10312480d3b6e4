"""Faults do what they say, as often as they say, to the requests they name."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Client, trunk_body
from trunks.sandbox import Sandbox

TRUNKS = "/voice_out_trunks"


def _create(client: Client, name: str = "Acme") -> requests.Response:
    return client.send("POST", TRUNKS, trunk_body(name=name), is_checked=False)


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _names(sandbox: Sandbox) -> list[str]:
    return [trunk["attributes"]["name"] for trunk in sandbox.trunks()]


@pytest.mark.parametrize("close", ["fin", "rst"])
@pytest.mark.parametrize(("kind", "committed"), [("drop_before", []), ("drop_after", ["Acme"])])
def test_a_dropped_write_is_committed_or_not(
    sandbox: Sandbox, client: Client, kind: str, close: str, committed: list[str]
) -> None:
    sandbox.fault(kind, method="POST", close=close)
    with pytest.raises(requests.ConnectionError) as caught:
        _create(client)
    assert ("reset" in str(caught.value)) is (close == "rst")
    assert _names(sandbox) == committed
    assert sandbox.requests[-1]["status"] is None
    assert _create(client, "Bolt").status_code == 201


def test_a_cut_answer_is_committed_and_half_there(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("cut", method="POST")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _create(client)
    assert _names(sandbox) == ["Acme"]
    assert _create(client, "Bolt").status_code == 201


def test_a_write_is_done_and_answered_as_another_version(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("version", method="POST")
    assert _create(client).json()["meta"] == {"api_version": "2022-05-10"}
    assert _create(client, "Bolt").json()["meta"] == {"api_version": "2026-04-16"}
    assert _names(sandbox) == ["Acme", "Bolt"]


def test_a_cut_list_lacks_bytes_it_announced(sandbox: Sandbox) -> None:
    sandbox.fault("cut")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("GET", "/v3/dids", headers={"Api-Key": sandbox.api_key})
    answer = connection.getresponse()
    announced = int(answer.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    connection.close()
    assert len(caught.value.partial) == announced // 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_is_answered_without_a_commit(
    sandbox: Sandbox, client: Client, status: int
) -> None:
    sandbox.fault("status", status=status, retry_after=7)
    answer = _create(client)
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "7"
    error = answer.json()["errors"][0]
    assert error["status"] == str(status)
    if status == 429:
        assert answer.json() == {"errors": [{"status": "429", "detail": "Too Many Requests"}]}
    assert _names(sandbox) == []


def test_a_status_may_hide_a_commit(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("status", status=504, commit=True)
    assert _create(client).status_code == 504
    assert _names(sandbox) == ["Acme"]


def test_a_page_of_html_is_no_json(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("html", status=200)
    answer = client.send("GET", TRUNKS, is_checked=False)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.startswith("<html>")


def test_latency_comes_before_or_after_the_commit(sandbox: Sandbox, client: Client) -> None:
    for is_late, committed in ((False, []), (True, ["Acme"])):
        sandbox.reset()
        sandbox.fault("latency", seconds=1.2, commit=is_late)
        with pytest.raises(requests.ReadTimeout):
            client.session.post(
                f"{sandbox.url}{TRUNKS}",
                json=trunk_body(name="Acme"),
                headers={"Content-Type": "application/vnd.api+json"},
                timeout=0.6,
            )
        assert _names(sandbox) == committed
        _wait_until(lambda: _names(sandbox) == ["Acme"])


def test_latency_goes_together_with_another_fault(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("latency", seconds=0.2)
    sandbox.fault("status", status=503)
    started = time.monotonic()
    assert client.send("GET", TRUNKS, is_checked=False).status_code == 503
    assert time.monotonic() - started >= 0.2


def test_a_fault_counts_down_and_lets_the_first_ones_through(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.fault("status", status=503, after=1, times=2)
    answers = [client.send("GET", TRUNKS, is_checked=False).status_code for _ in range(5)]
    assert answers == [200, 503, 503, 200, 200]
    assert sandbox.faults() == []


def test_a_fault_without_a_count_stays_until_cleared(sandbox: Sandbox, client: Client) -> None:
    sandbox.fault("status", status=503, times=None)
    for _ in range(3):
        assert client.send("GET", TRUNKS, is_checked=False).status_code == 503
    sandbox.clear_faults()
    assert client.send("GET", TRUNKS).status_code == 200


@pytest.mark.parametrize(
    ("values", "method", "path", "is_hit"),
    [
        ({"method": "POST"}, "GET", TRUNKS, False),
        ({"method": "get"}, "GET", TRUNKS, True),
        ({"path": "/v3/dids"}, "GET", "/dids", True),
        ({"path": "/dids"}, "GET", "/dids", True),
        ({"path": "/dids"}, "GET", TRUNKS, False),
        ({"path": "^/voice_out_trunks/[^/]+$"}, "GET", TRUNKS, False),
        ({"path": "^/voice_out_trunks/[^/]+$"}, "GET", f"{TRUNKS}/x", True),
        ({"query": "page[number]=2"}, "GET", "/dids?page%5Bnumber%5D=2", True),
        ({"query": "page[number]=2"}, "GET", "/dids?page%5Bnumber%5D=1", False),
    ],
)
def test_a_fault_hits_only_what_it_names(
    sandbox: Sandbox, client: Client, values: dict[str, Any], method: str, path: str, is_hit: bool
) -> None:
    sandbox.fault("status", status=503, **values)
    answer = client.send(method, path, is_checked=False)
    assert (answer.status_code == 503) is is_hit


def test_a_created_trunk_is_listed_late(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(list_lag_seconds=1)
    created = client.create()
    assert client.get(TRUNKS)["data"] == []
    assert client.get(f"{TRUNKS}/{created['id']}")["data"] == created
    _wait_until(lambda: client.get(TRUNKS)["meta"]["total_records"] == 1)


def test_a_late_commit_happens_after_the_dropped_connection(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.settings(commit_lag_seconds=1)
    sandbox.fault("drop_after", method="POST")
    with pytest.raises(requests.ConnectionError):
        _create(client)
    assert client.get(TRUNKS)["data"] == []
    _wait_until(lambda: _names(sandbox) == ["Acme"])


def test_an_answered_write_waits_for_its_late_commit(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(commit_lag_seconds=0.2)
    started = time.monotonic()
    assert _create(client).status_code == 201
    assert time.monotonic() - started >= 0.2


def test_an_unknown_kind_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="unknown kind 'flood'"):
        sandbox.fault("flood")
    with pytest.raises(TypeError, match="colour"):
        sandbox.fault("status", colour="red")
