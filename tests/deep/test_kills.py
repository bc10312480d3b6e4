"""`kill -9` of the web server and of the worker at any moment, while people and programs edit.

They do what people and programs do whose request died: look, and ask again only for what is not
there; a program repeats its POST under the same Idempotency-Key. In the end each of 60 edits and
10 creates was done once.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from django.db import connections
from django.test import Client

from tests.deep.witness import Witness, check_the_mirror
from tests.web.sent import fields_of
from tests.workers.conftest import ROOT, Crowd, database, eventually  # noqa: F401  a fixture
from trunks.domain.actor import SYSTEM
from trunks.models import Account, Change, Trunk, User
from trunks.sandbox import Sandbox
from trunks.services.pulling import pull_if_free
from trunks.services.tokens import create_token

pytestmark = pytest.mark.deep

TRUNKS, EDITS_EACH, CREATES, AT_ONCE = 20, 3, 10, 6
MEDIA_TYPE = "application/vnd.api+json"
GONE = ("planned", "cancelled", "expired", "superseded")  # nothing will come of these
LEAST_KILLS = 6  # of each
METHOD = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.77/32"]}}


class Houses:
    """The web server and the worker, which die and are started again."""

    def __init__(self, database: str, folder: Path):  # noqa: F811
        self.crowd = Crowd(database, folder)
        self.crowd.environment |= {
            "SECRET_KEY": settings.SECRET_KEY,  # so that Sam is signed in there as well
            "UPSTREAM_REQUESTS_PER_SECOND": "300",
            "UPSTREAM_SETTLE_SECONDS": "2",
            "DELIVERY_RETRY_SECONDS": "0.3",
            "LEASE_SECONDS": "4",
            "UPSTREAM_CONNECT_TIMEOUT": "1",
            "UPSTREAM_READ_TIMEOUT": "2",
            "PULL_SECONDS": "3",
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        if name == "worker":
            self.running[name] = self.crowd.embedded()
            return
        gunicorn = [sys.executable, "-m", "gunicorn", "trunkadmin.wsgi", "--threads", "8"]
        bind = ["--bind", f"127.0.0.1:{self.port}", "--timeout", "90"]
        self.running[name] = self.crowd._start([*gunicorn, *bind], {})

    def kill(self, name: str) -> None:
        os.killpg(self.running[name].pid, signal.SIGKILL)
        self.running[name].wait()
        self.kills[name] += 1

    def is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def die_now_and_then(self, name: str, until: threading.Event, moments: random.Random) -> None:
        """Lives at least until it can do something, then dies at any moment."""
        while not until.is_set():
            if name == "web":
                eventually(lambda: until.is_set() or self.is_up(), "the web server answers")
            until.wait(moments.uniform(0.0, 2.0) + (0.0 if name == "web" else 1.5))
            self.kill(name)
            self.start(name)


@pytest.fixture
def houses(database: str, tmp_path: Path) -> Iterator[Houses]:  # noqa: F811
    houses = Houses(database, tmp_path)
    houses.start("web")
    houses.start("worker")
    yield houses
    houses.crowd.end()


class Someone:
    """Whoever asks: they are told the truth, or they look for themselves."""

    def __init__(self, houses: Houses, cookie: str, key: str):
        self.houses = houses
        self.page, self.api = requests.Session(), requests.Session()
        self.page.cookies.set("sessionid", cookie)
        self.api.headers.update({"Api-Key": key, "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE})
        self.died = 0

    def insist(self, ask: Callable[[], bool], is_there: Callable[[], bool]) -> None:
        for _ in range(200):
            try:
                if ask():
                    return
            except requests.RequestException:
                self.died += 1
                eventually(self.houses.is_up, "the web server is back")
                if is_there():
                    return
            time.sleep(0.05)
        pytest.fail("asked two hundred times")

    def edit(self, trunk: Trunk, name: str, value: Any, how: str) -> None:
        def is_there() -> bool:
            """As the trunk's page would show it: done, or on its way."""
            asked = Change.objects.filter(trunk=trunk, kind="update").exclude(state__in=GONE)
            return any(c.patch.get(name) == {"set": value} for c in asked)

        ask = self.edit_on_a_page if how == "page" else self.edit_as_a_program
        self.insist(lambda: ask(trunk, name, value, how), is_there)

    def edit_on_a_page(self, trunk: Trunk, name: str, value: Any, how: str) -> bool:
        url = f"{self.houses.url}/staff/trunks/{trunk.pk}/edit/"
        form = self.page.get(url, timeout=60)
        form.raise_for_status()
        fields = {**fields_of(form.content), name: value, "by": "save"}
        token = self.page.cookies["csrftoken"]
        headers = {"X-CSRFToken": token}
        answer = self.page.post(url, fields, headers=headers, allow_redirects=False, timeout=60)
        if answer.status_code == 200:
            return False  # back on the form
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(f"/trunks/{trunk.pk}/")
        return True

    def edit_as_a_program(self, trunk: Trunk, name: str, value: Any, how: str) -> bool:
        data = {"type": "voice_out_trunks", "id": str(trunk.pk), "attributes": {name: value}}
        headers = {"Prefer": "respond-async"} if how == "async" else {}
        url = f"{self.houses.url}/api/v3/voice_out_trunks/{trunk.pk}"
        return is_accepted(self.api.patch(url, json={"data": data}, headers=headers, timeout=60))

    def create(self, name: str, how: str) -> None:
        attributes = {
            "name": name,
            "on_cli_mismatch_action": "reject_call",
            "authentication_method": METHOD,
        }
        body = {"data": {"type": "voice_out_trunks", "attributes": attributes}}
        headers = {"Idempotency-Key": f"key of {name}"}
        headers |= {"Prefer": "respond-async"} if how == "async" else {}
        url = f"{self.houses.url}/api/v3/voice_out_trunks"

        def ask() -> bool:
            return is_accepted(self.api.post(url, json=body, headers=headers, timeout=60))

        self.insist(ask, lambda: False)


def is_accepted(answer: requests.Response) -> bool:
    """Done, or promised. Nothing left behind is asked for again; anything else is no answer that
    people who ask for different things may get."""
    if answer.status_code in (200, 201, 202):
        return True
    codes = [error["code"] for error in answer.json()["errors"]]
    if codes == ["upstream_outcome_unknown"]:
        return True
    assert codes in (["upstream_unavailable"], ["change_in_progress"]), answer.text
    return False


@pytest.fixture
def cookie(database: str, sam: User, client_of: Callable[[User], Client]) -> str:  # noqa: F811
    return client_of(sam).cookies["sessionid"].value


def test_nothing_is_lost_and_nothing_doubled(sandbox: Sandbox, pulled: Account, houses, cookie):
    sandbox.settings(commit_lag_seconds=0.1)
    for commit in (False, True):  # so that a kill finds something on its way
        sandbox.fault("latency", seconds=0.3, times=None, path="/voice_out", commit=commit)
    _, key = create_token("program", scopes=("read", "write"), actor=SYSTEM)
    trunks = list(Trunk.objects.order_by("pk")[:TRUNKS])
    before = {trunk["id"] for trunk in sandbox.trunks()}
    wishes = wished_for(trunks)
    people = [Someone(houses, cookie, key) for _ in range(AT_ONCE)]
    with Witness(sandbox).watching() as witness:
        with dying(houses):
            ask_for_all(people, wishes)
        eventually(lambda: not Change.objects.unsettled().exists(), "everything is settled")
        check_all_was_done_once(witness, wishes, before)
        eventually(lambda: pull_if_free(pulled), "the account is free")
        check_the_mirror(sandbox)
    assert not Change.objects.drift().exists(), "our own writes are never drift"
    died = sum(someone.died for someone in people)
    print(f"\nkills: {dict(houses.kills)}; requests that died: {died}; {told_of_attempts()}")
    assert min(houses.kills.values()) >= LEAST_KILLS


Wish = Callable[[Someone], None]


def wished_for(trunks: list[Trunk]) -> dict[tuple[str, str], tuple[Any, Wish]]:
    """By trunk (or new name) and field: the value, and how to ask for it."""
    wishes: dict[tuple[str, str], tuple[Any, Wish]] = {}
    hows = ("page", "async", "sync")
    for n, trunk in enumerate(trunks):
        values = {
            "external_reference_id": f"edit {n}",
            "rtp_timeout": 100 + n,
            "name": f"Renamed {n}",
        }
        for m, (name, value) in enumerate(values.items()):
            how = hows[(n + m) % 3]

            def edit(
                who: Someone, trunk: Trunk = trunk, name: str = name, v: Any = value, how: str = how
            ) -> None:
                who.edit(trunk, name, v, how)

            wishes[str(trunk.pk), name] = (value, edit)
    for n in range(CREATES):
        name, how = f"New {n}", hows[1 + n % 2]
        wishes[name, ""] = (name, lambda who, name=name, how=how: who.create(name, how))  # type: ignore[misc]
    return wishes


class dying:
    """Meanwhile both processes die again and again; afterwards both run."""

    def __init__(self, houses: Houses):
        self.houses, self.enough = houses, threading.Event()
        chance = random.Random(int(os.environ.get("KILLS_SEED", "1")))
        self.threads = [
            threading.Thread(
                target=houses.die_now_and_then,
                args=(name, self.enough, random.Random(chance.random())),
            )
            for name in ("web", "worker")
        ]

    def __enter__(self) -> None:
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        for thread in self.threads:
            thread.join()


def ask_for_all(people: list[Someone], wishes: dict[tuple[str, str], tuple[Any, Wish]]) -> None:
    """In no particular order, several at once, slowly enough to be interrupted often."""
    left = list(wishes.values())
    random.Random(1).shuffle(left)

    def live(someone: Someone) -> None:
        try:
            while left:
                _, wish = left.pop()
                wish(someone)
                time.sleep(random.uniform(0.5, 3.0))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        for done in [pool.submit(live, someone) for someone in people]:
            done.result()


def check_all_was_done_once(
    witness: Witness, wishes: dict[tuple[str, str], tuple[Any, Wish]], before: set[str]
) -> None:
    asked = Change.objects.exclude(state__in=(*GONE, "observed"))
    assert set(asked.values_list("state", flat=True)) == {"applied"}
    made = [t["attributes"]["name"] for t in witness.sandbox.trunks() if t["id"] not in before]
    assert sorted(made) == sorted(name for name, field in wishes if not field)
    for (trunk_id, name), (value, _) in wishes.items():
        if name:
            moved = [e for e in witness.effects if e.trunk_id == trunk_id and moves(e, name)]
            assert [e.after and e.after["attributes"][name] for e in moved] == [value]
    assert len(witness.effects) == len(wishes)


def moves(effect: Any, name: str) -> bool:
    if effect.before is None or effect.after is None:
        return False
    return bool(effect.before["attributes"][name] != effect.after["attributes"][name])


def told_of_attempts() -> str:
    again = Change.objects.filter(attempts__gt=1).count()
    twice = Change.objects.filter(sends__gt=1).count()
    unsent = Change.objects.filter(state__in=GONE).count()
    return f"claimed more than once: {again}; sent more than once: {twice}; unsent: {unsent}"
