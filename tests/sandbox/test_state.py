"""State outlives the server; the commands serve it; large accounts stay quick."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.sandbox.conftest import Client, many
from trunks.sandbox import Sandbox

_ROOT = Path(__file__).parents[2]


def test_state_survives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "upstream.sqlite3"
    with Sandbox(trunks=3, dids=5, state=state) as sandbox:
        client = Client(sandbox)
        did = sandbox.dids()[0]["id"]
        created = client.create()
        client.patch(created["id"], {"dids": many(did)}, rtp_timeout=60)
        client.send("DELETE", f"/voice_out_trunks/{sandbox.trunks()[0]['id']}")
        client.patch(sandbox.trunks()[0]["id"], status="blocked")
        sandbox.settings(max_page_size_dids=3)
        trunks, dids = sandbox.trunks(), sandbox.dids()
    with Sandbox(trunks=99, dids=99, state=state) as again:
        assert again.trunks() == trunks
        assert again.dids() == dids
        assert again.settings()["max_page_size_dids"] == 3
        later = Client(again).create(name="After the restart")
        assert [trunk["id"] for trunk in again.trunks()][-1] == later["id"]


def test_a_stopped_sandbox_hangs_up_and_can_come_back_on_its_port(tmp_path: Path) -> None:
    state = tmp_path / "upstream.sqlite3"
    sandbox = Sandbox(dids=1, state=state).start()
    client = Client(sandbox)
    client.get("/balance")
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        client.get("/balance")
    with Sandbox(port=sandbox.port, state=state):
        assert client.get("/balance")["data"]["type"] == "balances"


@pytest.mark.parametrize("command", [["-m", "trunks.sandbox"], ["manage.py", "sandbox"]])
def test_it_is_served_by_a_command_until_terminated(tmp_path: Path, command: list[str]) -> None:
    options = ["--port", "0", "--trunks", "4", "--dids", "6", "--api-key", "mine"]
    options += ["--state", str(tmp_path / "state.sqlite3")]
    process = subprocess.Popen(
        [sys.executable, *command, *options],
        cwd=_ROOT,
        env={**os.environ, "DEBUG": "true"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+/v3", first)
        assert match, first
        url = f"{match[0]}/voice_out_trunks"
        answer = requests.get(url, headers={"Api-Key": "mine"}, timeout=10)
        assert answer.json()["meta"]["total_records"] == 4
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(timeout=10) == 0
        assert "mine" not in first + rest
        assert "4 trunks, 6 DIDs" in rest
    finally:
        process.kill()
        process.wait()


def test_a_killed_server_has_kept_every_answered_write(tmp_path: Path) -> None:
    options = ["--port", "0", "--trunks", "0", "--dids", "0"]
    options += ["--state", str(tmp_path / "state.sqlite3")]
    process = subprocess.Popen(
        [sys.executable, "-m", "trunks.sandbox", *options],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    match = re.search(r":(\d+)/v3", process.stdout.readline())
    assert match
    headers = {"Api-Key": "sandbox-key"}
    url = f"http://127.0.0.1:{match[1]}/control/trunks"
    ids = [requests.post(url, headers=headers, timeout=5).json()["id"] for _ in range(5)]
    process.kill()
    process.wait()
    process.stdout.close()
    with Sandbox(state=tmp_path / "state.sqlite3") as again:
        assert [trunk["id"] for trunk in again.trunks()] == ids


def test_ten_thousand_trunks_stay_quick(tmp_path: Path) -> None:
    """Generous bounds: they catch a lost order of magnitude, not a busy machine."""
    started = time.process_time()
    with Sandbox(trunks=10_000, dids=20_000, state=tmp_path / "large.sqlite3") as sandbox:
        assert time.process_time() - started < 6
        client = Client(sandbox)
        path = "/voice_out_trunks?page[size]=1000&include=dids,emergency_dids"
        client.send("GET", path, is_checked=False)
        started = time.process_time()
        assert client.send("GET", path, is_checked=False).status_code == 200
        assert time.process_time() - started < 0.5
        started = time.process_time()
        for number in range(20):
            client.create(name=f"One more {number}")
        assert (time.process_time() - started) / 20 < 0.1
