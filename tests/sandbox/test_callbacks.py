"""What the emulated upstream tells by itself: signed, again until it is taken, to here only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from trunks.domain.secrets import Secret
from trunks.domain.signatures import is_signed
from trunks.sandbox import Sandbox

SECRET = "secret-of-callbacks"


class Ear:
    """A server that keeps what it is told, and answers as it is bid."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []  # then 204
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers), body))
                self.send_response(ear.answers.pop(0) if ear.answers else 204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/callbacks/7/?a=1"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, body in self.heard for event in json.loads(body)]

    def believed(self, secret: str = SECRET) -> list[bool]:
        return [
            is_signed(headers["X-DIDWW-Signature"], self.url, json.loads(body), Secret(secret))
            for headers, body in self.heard
        ]


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    threading.Thread(target=ear.server.serve_forever, args=(0.02,), daemon=True).start()
    yield ear
    ear.server.shutdown()
    ear.server.server_close()


@pytest.fixture
def talkative(sandbox: Sandbox) -> Sandbox:
    sandbox.settings(callback_secret=SECRET, callback_retry_seconds=0.01)
    return sandbox


def test_a_block_by_the_api_is_told_with_a_signature_of_the_products_own_reckoning(
    talkative: Sandbox, client: Client, ear: Ear
) -> None:
    trunk = client.create(callback_url=ear.url)
    client.patch(trunk["id"], status="blocked")
    assert talkative.wait_for_callbacks()
    [event] = ear.events
    assert event | {"created_at": ""} == {
        "id": trunk["id"],
        "type": "voice_out_trunks",
        "status": "blocked",
        "threshold_reached": False,
        "created_at": "",
    }
    assert ear.believed() == [True]
    assert ear.heard[0][0]["Content-Type"] == "application/json"


def test_a_block_by_someone_else_is_told_too(talkative: Sandbox, ear: Ear) -> None:
    trunk = talkative.create_trunk(callback_url=ear.url)
    talkative.change_trunk(trunk["id"], status="blocked", threshold_reached=True)
    talkative.change_trunk(trunk["id"], status="active", threshold_reached=False)
    assert talkative.wait_for_callbacks()
    assert [(e["status"], e["threshold_reached"]) for e in ear.events] == [
        ("blocked", True),
        ("active", False),
    ]


def test_nothing_is_told_of_other_changes_or_without_secret_or_url(
    talkative: Sandbox, ear: Ear
) -> None:
    trunk = talkative.create_trunk(callback_url=ear.url)
    talkative.change_trunk(trunk["id"], name="Renamed", spent_amount="9.0", status="active")
    deaf = talkative.create_trunk()
    talkative.change_trunk(deaf["id"], status="blocked")
    talkative.settings(callback_secret=None)
    talkative.change_trunk(trunk["id"], status="blocked")
    assert talkative.wait_for_callbacks()
    assert ear.heard == []


def test_what_was_not_taken_comes_again_with_what_came_since(talkative: Sandbox, ear: Ear) -> None:
    ear.answers = [503, 500]
    trunk = talkative.create_trunk(callback_url=ear.url)
    talkative.settings(callback_retry_seconds=0.2)
    talkative.change_trunk(trunk["id"], status="blocked")
    talkative.change_trunk(trunk["id"], status="active")
    assert talkative.wait_for_callbacks()
    statuses = [event["status"] for event in json.loads(ear.heard[-1][1])]
    assert statuses == ["blocked", "active"]
    assert len(ear.heard) == 3
    assert [entry["status"] for entry in talkative.callbacks] == [503, 500, 204]
    assert ear.believed() == [True] * 3


def test_it_is_dropped_after_the_last_attempt(talkative: Sandbox, ear: Ear) -> None:
    ear.answers = [403] * 99
    talkative.settings(callback_attempts=3)
    trunk = talkative.create_trunk(callback_url=ear.url)
    talkative.change_trunk(trunk["id"], status="blocked")
    assert talkative.wait_for_callbacks()
    assert len(ear.heard) == 3


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/x", "https://203.0.113.9/x", "hooks.example.com", "http://["]
)
def test_no_other_machine_is_told(talkative: Sandbox, url: str) -> None:
    talkative.settings(callback_attempts=1)
    trunk = talkative.create_trunk(callback_url=url)
    talkative.change_trunk(trunk["id"], status="blocked")
    assert talkative.wait_for_callbacks()
    assert [entry["status"] for entry in talkative.callbacks] == [None]


def test_anything_can_be_told_on_demand(talkative: Sandbox, client: Client, ear: Ear) -> None:
    trunk = talkative.create_trunk(callback_url=ear.url)
    asked = {"trunk": trunk["id"], "times": 2, "status": "blocked", "created_at": "now"}
    assert client.control("POST", "/callbacks", asked) == [204, 204]
    assert ear.believed() == [True, True]
    assert ear.events[0] == ear.events[1]
    talkative.send_callback(trunk["id"], secret="another")
    talkative.send_callback(trunk["id"], signature="0" * 40)
    assert ear.believed() == [True, True, False, False]
    assert ear.believed("another") == [False, False, True, False]
    assert len(client.control("GET", "/callbacks")) == 4
    client.control("DELETE", "/callbacks")
    assert talkative.callbacks == []


def test_a_reset_forgets_what_was_still_to_be_told(talkative: Sandbox, ear: Ear) -> None:
    ear.answers = [500] * 99
    trunk = talkative.create_trunk(callback_url=ear.url)
    talkative.settings(callback_retry_seconds=60)
    talkative.change_trunk(trunk["id"], status="blocked")
    talkative.reset()
    assert talkative.wait_for_callbacks(0.5)
    assert talkative.settings()["callback_secret"] is None


def test_a_secret_given_at_the_start_outlives_a_reset(tmp_path) -> None:
    with Sandbox(callback_secret=SECRET, state=tmp_path / "state") as sandbox:
        sandbox.reset()
        assert sandbox.settings()["callback_secret"] == SECRET
    with Sandbox(callback_secret="newer", state=tmp_path / "state") as sandbox:
        assert sandbox.settings()["callback_secret"] == "newer"
