"""A stage for processes: a database that they open as well, the sandbox over HTTP, workers."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from trunks.access import actor_of
from trunks.domain.patch import Put, Whole
from trunks.models import Account, Change, Heartbeat, SyncRun, Trunk, User
from trunks.sandbox import Sandbox
from trunks.services.proposing import propose
from trunks.services.submitting import submit

ROOT = Path(__file__).resolve().parents[2]
REDIS = ("127.0.0.1", 6379)
REDIS_URL = "redis://127.0.0.1:6379/9"
PATIENCE = 90.0  # seconds; the machine may be busy


def eventually(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """The first true answer; tests wait for conditions, never for time."""
    end = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < end, f"it never came true that {what}"
        time.sleep(0.05)
    return answer


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The test's database as a URL for other processes; SQLite's moves from memory to a file."""
    if connection.vendor == "postgresql":
        given = connection.settings_dict
        who = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
        yield f"postgres://{who}/{given['NAME']}"
        return
    path = tmp_path / "db.sqlite3"
    connection.ensure_connection()
    with sqlite3.connect(path) as file:
        connection.connection.backup(file)
    in_memory, name = connections["default"], connection.settings_dict["NAME"]
    del connections["default"]
    connections.settings["default"]["NAME"] = str(path)
    yield f"sqlite:///{path}"
    connections["default"].close()
    connections.settings["default"]["NAME"] = name
    connections["default"] = in_memory


class Crowd:
    """The worker processes of a test."""

    def __init__(self, database: str, folder: Path):
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DATABASE_URL": database,
            "UPSTREAM_REQUESTS_PER_SECOND": "2000",
            "SECRET_KEY": uuid.uuid4().hex,  # so that their queue is theirs alone
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def installation(self) -> str:
        """The name of their queue, as settings.py makes it."""
        return "trunkadmin-" + sha256(self.environment["SECRET_KEY"].encode()).hexdigest()[:8]

    def embedded(self) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "manage.py", "worker"], {})

    def celery(self, pool: str = "threads", *, clock: bool = True) -> subprocess.Popen[bytes]:
        """A worker, with a clock of its own: any number of clocks does no harm."""
        name = f"{len(self.processes)}-{uuid.uuid4().hex[:6]}@%h"
        quick = ["--without-mingle", "--without-gossip"]  # they wait for each other's greetings
        how = ["--pool", pool, "--concurrency", "4", "--hostname", name, *quick]
        celery = [sys.executable, "-m", "celery", "-A", "trunkadmin", "worker"]
        queue = {"TASK_QUEUE": "celery", "REDIS_URL": REDIS_URL}
        return self._start([*celery, *how, *(["--beat"] if clock else [])], queue)

    def start(self, kind: str) -> subprocess.Popen[bytes]:
        return self.embedded() if kind == "embedded" else self.celery(kind)

    def _start(self, command: list[str], more: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"worker-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(p.read_text() for p in sorted(self._folder.glob("worker-*.log")))

    def stop(self) -> list[int]:
        """Ask all of them to stop; their exit statuses."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(PATIENCE) for process in self.processes]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@pytest.fixture
def crowd(database: str, tmp_path: Path) -> Iterator[Crowd]:
    crowd = Crowd(database, tmp_path)
    yield crowd
    crowd.end()


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Which worker: embedded, or Celery's with threads or prefork."""
    if request.param != "embedded":
        request.getfixturevalue("needs_redis")
    return str(request.param)


@pytest.fixture
def needs_redis() -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(REDIS) == 0:
            return
    said = "Redis does not answer on 127.0.0.1"
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture
def ask(database: str, ada: User) -> Callable[..., Change]:
    """Ada asks for something; it waits for a worker."""
    actor = actor_of(ada)

    def asked(trunk: Trunk | None, patch: dict[str, Any], **options: Any) -> Change:
        change = propose(trunk, patch, actor=actor, origin="api", **options)
        return submit(change, actor=actor)

    return asked


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., threading.Event]]:
    """Lets an upstream keep requests waiting until the event is set."""
    gates = []

    def held(sandbox: Sandbox, method: str, path: str) -> threading.Event:
        gate, answer = threading.Event(), sandbox.upstream.handle

        def wait_and_answer(request: Any) -> Any:
            if request.method == method and request.path.startswith(path):
                gate.wait(20)
            return answer(request)

        monkeypatch.setattr(sandbox.upstream, "handle", wait_and_answer)
        gates.append(gate)
        return gate

    yield held
    for gate in gates:
        gate.set()


def new_trunk(name: str) -> dict[str, Any]:
    method = "authentication_method."
    return {
        "name": Put(name),
        "on_cli_mismatch_action": Put("reject_call"),
        method + "type": Put("credentials_and_ip"),
        method + "allowed_sip_ips": Whole(("203.0.113.77/32",)),
    }


def are_alive(many: int) -> bool:
    return Heartbeat.objects.count() >= many


def all_settled() -> bool:
    return not Change.objects.unsettled().exists()


def nothing_pulled() -> bool:
    return not Account.objects.filter(pull_requested_at__isnull=False).exists()


def is_sent() -> bool:
    return Change.objects.filter(sent_at__isnull=False).exists()


def is_pulling() -> bool:
    return SyncRun.objects.filter(state="running", seen__gt=0).exists()
