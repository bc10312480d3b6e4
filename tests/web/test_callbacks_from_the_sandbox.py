"""The whole way: upstream blocks a trunk, tells it over HTTP, and staff see it."""

import pytest

from tests.told import SECRET, given_secret
from trunks.models import Account, CallbackEvent, Notice, Trunk
from trunks.sandbox import Sandbox
from trunks.services.callbacks import callback_url
from trunks.services.delivering import drain
from trunks.services.pulling import pull


@pytest.fixture
def told(transactional_db, live_server, settings, account: Account, sandbox: Sandbox) -> Account:
    settings.PUBLIC_URL = live_server.url
    sandbox.settings(callback_secret=SECRET.clear, callback_retry_seconds=0.05)
    return given_secret(account)


@pytest.fixture
def trunk(told: Account, sandbox: Sandbox) -> Trunk:
    made = sandbox.create_trunk(name="Halden Clinics", callback_url=callback_url(told))
    pull(told)
    return Trunk.objects.get(pk=made["id"])


def test_a_block_upstream_is_in_the_mirror_and_told_after_the_next_drain(told, trunk, sandbox):
    sandbox.change_trunk(str(trunk.pk), status="blocked", threshold_reached=True)
    assert sandbox.wait_for_callbacks()
    assert [entry["status"] for entry in sandbox.callbacks] == [204]
    drain()
    trunk.refresh_from_db()
    assert (trunk.status, trunk.threshold_reached) == ("blocked", True)
    assert CallbackEvent.objects.get().refreshed_at is not None
    assert Notice.objects.get().title == "Halden Clinics was blocked"


def test_a_duplicate_is_taken_and_a_forgery_is_not(told, trunk, sandbox):
    event = {"status": "blocked", "created_at": "2026-11-23T09:00:00.000Z"}
    assert sandbox.send_callback(str(trunk.pk), times=3, **event) == [204] * 3
    assert sandbox.send_callback(str(trunk.pk), secret=sandbox.api_key) == [403]
    assert sandbox.send_callback(str(trunk.pk), signature="0" * 40) == [403]
    assert CallbackEvent.objects.count() == 1
    told.refresh_from_db()
    assert told.callbacks_refused == 2


def test_what_was_refused_comes_again_until_it_is_signed_right(told, trunk, sandbox):
    sandbox.settings(callback_secret="not-enabled-yet", callback_attempts=10_000)
    sandbox.change_trunk(str(trunk.pk), status="blocked")
    assert not sandbox.wait_for_callbacks(0.2)
    sandbox.change_trunk(str(trunk.pk), status="active")
    sandbox.settings(callback_secret=SECRET.clear)
    assert sandbox.wait_for_callbacks()
    assert sorted(CallbackEvent.objects.values_list("status", flat=True)) == ["active", "blocked"]
