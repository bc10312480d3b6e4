"""`make demo`: the sandbox upstream, the worker and the web server, together."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from trunks.management.demo_data import CALLBACK_SECRET, DIDS, MEMBERS, STAFF, TRUNKS
from trunks.models import Account

START_SECONDS = 60


class Command(BaseCommand):
    help = "Runs the whole thing on this machine with an emulated upstream; Ctrl-C stops it"

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(os.environ.get("PORT", "8000"))
        sandbox_port = int(os.environ.get("SANDBOX_PORT", "8001"))
        for number, name in ((port, "PORT"), (sandbox_port, "SANDBOX_PORT")):
            _must_be_free(number, name)
        # Where upstream is to call, in this process and in those it starts.
        settings.PUBLIC_URL = os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
        self.folder = settings.BASE_DIR / "var"
        self.folder.mkdir(exist_ok=True)
        lock = (self.folder / "demo.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError("a demo already runs from this folder") from None
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(0))
        try:
            self._start_all(port, sandbox_port)
            self._tell(port, sandbox_port)
            self._watch()
        finally:
            self._stop_all()

    def _start_all(self, port: int, sandbox_port: int) -> None:
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0)
        state = self.folder / "demo-upstream.sqlite3"
        if not Account.objects.exists():  # a new database begins with a new upstream
            for old in self.folder.glob(f"{state.name}*"):
                old.unlink()
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        size = ["--trunks", str(TRUNKS), "--dids", str(DIDS)]
        upstream = ["sandbox", "--port", str(sandbox_port), "--state", str(state), *size]
        upstream += ["--callback-secret", CALLBACK_SECRET]
        self._start("sandbox", [*manage, *upstream])
        self._wait_for("sandbox", f"http://127.0.0.1:{sandbox_port}/v3/balance")
        self.stdout.write("Pulling the trunks …")
        call_command("seed_demo", base_url=f"http://127.0.0.1:{sandbox_port}/v3")
        self._start("worker", [*manage, "worker"])
        gunicorn = [sys.executable, "-m", "gunicorn", "trunkadmin.wsgi", "--threads", "8"]
        self._start("web", [*gunicorn, "--bind", f"127.0.0.1:{port}"])
        self._wait_for("web", f"http://127.0.0.1:{port}/healthz")

    def _start(self, name: str, command: list[str]) -> None:
        """Each in a process group of its own, so that Ctrl-C reaches only us; log in var/."""
        with Path(self.folder / f"demo-{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_for(self, name: str, url: str) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.running[name].poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310  on this machine
                    return
            except urllib.error.HTTPError:
                return  # it answers
            except OSError:
                time.sleep(0.1)
        raise CommandError(f"the {name} did not start: see var/demo-{name}.log")

    def _tell(self, port: int, sandbox_port: int) -> None:
        lines = [
            "",
            f"trunkadmin  http://127.0.0.1:{port}/",
            *(f"staff {person.role}  {person.email}  {person.password}" for person in STAFF),
            *(f"member {person.role}  {person.email}  {person.password}" for person in MEMBERS),
            "",
            f"The emulated upstream: http://127.0.0.1:{sandbox_port}/v3 (Api-Key: sandbox-key)",
            "Ctrl-C stops it all; make demo goes on from there. Logs: var/",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _watch(self) -> None:
        while True:
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise CommandError(f"the {name} stopped: see var/demo-{name}.log")
            time.sleep(0.5)

    def _stop_all(self) -> None:
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _must_be_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            message = f"port {port} is in use: choose another, e.g. make demo {name}={port + 100}"
            raise CommandError(message) from None
