"""A worker on call: messages wake it, and no account takes all hands."""

from contextlib import ExitStack

import pytest
from django.core.cache import cache

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Change, Heartbeat, SyncRun, Trunk
from trunks.services import on_call
from trunks.services.duties import Duty
from trunks.services.leases import OWNER
from trunks.services.proposing import propose
from trunks.services.pulling import request_pull
from trunks.services.submitting import submit
from trunks.services.waking import Work


@pytest.fixture(autouse=True)
def fresh(settings, monkeypatch):
    """A cache of this test's own, and a worker that was not told to stop."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "on call"}}
    monkeypatch.setattr(on_call, "_told_to_stop", bytearray(1))
    monkeypatch.setattr(on_call, "_beaten", -1000.0)
    yield
    cache.clear()


@pytest.fixture
def ask(ada):
    def asked(trunk: Trunk) -> Change:
        actor = actor_of(ada)
        change = propose(trunk, {"rtp_timeout": Put(99)}, actor=actor, origin="api")
        return submit(change, actor=actor)

    return asked


def states() -> list[str]:
    return sorted(Change.objects.values_list("state", flat=True))


def test_it_finds_what_is_due_and_does_it_when_it_is_told(pulled, ask, ada):
    ask(Trunk.objects.all()[0])
    request_pull(pulled, actor=actor_of(ada))
    assert on_call.look_around() == [(Work.DRAIN, pulled.pk), (Work.PULL, pulled.pk)]
    on_call.drain(pulled.pk)
    on_call.pull(pulled.pk)
    assert states() == ["applied"]
    assert SyncRun.objects.filter(state="done").count() == 2
    assert on_call.look_around() == []


def test_a_message_that_comes_twice_or_for_nothing_does_nothing(pulled, ask, sandbox):
    ask(Trunk.objects.all()[0])
    for _ in range(3):
        on_call.drain(pulled.pk)
    assert len([r for r in sandbox.requests if r["method"] == "PATCH"]) == 1


def test_one_account_never_takes_all_hands(pulled, ask):
    ask(Trunk.objects.all()[0])
    with ExitStack() as others:
        for _ in range(on_call.DRAINS_AT_ONCE):
            others.enter_context(on_call._place(f"drain:{pulled.pk}", on_call.DRAINS_AT_ONCE))
        on_call.drain(pulled.pk)
        assert states() == ["pending"]
    on_call.drain(pulled.pk)
    assert states() == ["applied"], "the places are free again"


def test_who_is_told_to_stop_begins_nothing_new(pulled, ask, ada):
    ask(Trunk.objects.all()[0])
    request_pull(pulled, actor=actor_of(ada))
    on_call.stop()
    assert on_call.look_around() == []
    on_call.drain(pulled.pk)
    assert states() == ["pending"]
    on_call.pull(pulled.pk)
    assert SyncRun.objects.count() == 1
    assert not Heartbeat.objects.exists(), "nor says that it lives"


def test_who_carries_messages_out_says_that_it_lives(pulled):
    on_call.look_around()
    beat = Heartbeat.objects.get()
    assert (beat.name, beat.doing) == (OWNER, "looking around")
    on_call.drain(pulled.pk)
    assert Heartbeat.objects.get().at == beat.at, "not at every message"


def test_a_duty_runs_once_in_its_interval_whoever_comes_first(db, monkeypatch, caplog):
    done = []

    def fails() -> None:
        done.append("fails")
        raise ZeroDivisionError

    duties = (Duty("fails", 60.0, fails), Duty("works", 60.0, lambda: done.append("works")))
    monkeypatch.setattr(on_call, "DUTIES", duties)
    on_call.do_duties()
    on_call.do_duties()
    assert done == ["fails", "works"]
    assert "ZeroDivisionError" in caplog.text
