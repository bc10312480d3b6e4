"""What upstream tells: kept once, read again soon, and never about another account's trunk."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from tests.told import SECRET, event_of, given_secret, signature_of, tell
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.problems import Invalid
from trunks.domain.secrets import Secret
from trunks.models import Account, AuditEntry, CallbackEvent, Change, Notice, Trunk
from trunks.models.clock import database_now
from trunks.services.accounts import add_account
from trunks.services.callback_reads import refresh_waiting
from trunks.services.callbacks import (
    MalformedCallback,
    UnsignedCallback,
    callback_url,
    receive_callback,
    set_callback_secret,
)
from trunks.services.delivering import drain
from trunks.services.errors import Denied
from trunks.services.pulling import pull


@pytest.fixture
def told(pulled: Account) -> Account:
    """The account, whose callbacks are believed."""
    return given_secret(pulled)


@pytest.fixture
def another(told, sandbox) -> Account:
    """A second account with the same secret: a mistake, and no way in."""
    return given_secret(add_account("Second", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM))


def reads(sandbox) -> list[str]:
    return [request["path"].rpartition("/")[2] for request in sandbox.requests]


def deliver(account: Account, events: list[dict[str, Any]], signature: str) -> int:
    body, url = json.dumps(events).encode(), callback_url(account)
    return receive_callback(account.pk, url=url, signature=signature, body=body)


def let_time_pass() -> None:
    """The waits of what failed are over."""
    CallbackEvent.objects.waiting().update(next_try_at=F("received_at"))


# --- Kept once ------------------------------------------------------------------------------------


def test_an_event_is_kept_as_it_was_told(told, trunk):
    assert tell(told, event_of(trunk.pk)) == 204
    event = CallbackEvent.objects.get()
    assert (event.account, event.trunk_id) == (told, trunk.pk)
    assert (event.status, event.threshold_reached) == ("blocked", True)
    assert event.created_at == "2026-11-23T09:00:00.123Z"
    assert event.refreshed_at is None


def test_an_event_that_comes_again_is_kept_once_and_told_once(told, trunk):
    for _ in range(10):
        assert tell(told, event_of(trunk.pk)) == 204
    assert (CallbackEvent.objects.count(), Notice.objects.count()) == (1, 1)


def test_what_piled_up_comes_together_with_what_came_before(told, trunk):
    first = event_of(trunk.pk)
    later = event_of(trunk.pk, status="active", created_at="2026-11-23T09:05:00.000Z")
    assert tell(told, first) == 204
    assert tell(told, first, later, later) == 204
    assert sorted(CallbackEvent.objects.values_list("status", flat=True)) == ["active", "blocked"]
    assert Notice.objects.count() == 2


def test_an_event_may_come_as_one_object(told, trunk):
    assert tell(told, payload=event_of(trunk.pk)) == 204
    assert CallbackEvent.objects.count() == 1


def test_the_mirror_is_not_moved_by_words_alone(told, trunk, sandbox):
    before = Trunk.objects.get(pk=trunk.pk).status
    tell(told, event_of(trunk.pk, status="blocked" if before == "active" else "active"))
    assert Trunk.objects.get(pk=trunk.pk).status == before
    assert sandbox.requests == []


def test_many_events_cost_as_many_queries_as_a_few(told):
    trunks = list(Trunk.objects.values_list("pk", flat=True)[:20])

    def queries(*events):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert tell(told, *events) == 204
        return len(seen)

    few = queries(*(event_of(pk, created_at="a") for pk in trunks[:2]))
    assert queries(*(event_of(pk, created_at="b") for pk in trunks)) == few


@pytest.mark.parametrize(
    "odd",
    [
        {"id": None},
        {"id": 7},
        {"id": "not-a-uuid"},
        {"created_at": None},
        {"created_at": ""},
        {"type": "orders"},
        {"type": {"a": 1}},
    ],
    ids=str,
)
def test_what_is_no_event_of_a_trunk_is_passed_over(told, trunk, odd):
    assert tell(told, event_of(trunk.pk, **odd), event_of(trunk.pk)) == 204
    assert CallbackEvent.objects.count() == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "hibernating"},
        {"status": None},
        {"status": {"deep": []}},
        {"status": "x" * 9000},
        {"status": "a\x00b\u202e"},
        {"created_at": "yesterday\x00" * 90},
        {"threshold_reached": "perhaps"},
        {"more": {"members": [1, 2.5, None, "ü"]}},
    ],
    ids=str,
)
def test_an_event_with_odd_words_is_kept_all_the_same(told, trunk, odd):
    event = event_of(trunk.pk, **odd)
    assert tell(told, event) == 204
    assert tell(told, event) == 204
    assert CallbackEvent.objects.count() == 1


# --- Whose word counts ----------------------------------------------------------------------------


def test_an_account_without_a_secret_believes_nobody(pulled, trunk, sandbox):
    for secret in (SECRET, Secret(sandbox.api_key), Secret("")):
        assert tell(pulled, event_of(trunk.pk), secret=secret) == 403
    assert not CallbackEvent.objects.exists()


def test_the_api_key_is_no_callback_secret(told, trunk, sandbox):
    assert tell(told, event_of(trunk.pk), secret=Secret(sandbox.api_key)) == 403


def test_a_delivery_to_one_account_is_none_to_another_with_the_same_secret(told, another, trunk):
    events = [event_of(trunk.pk)]
    stolen = signature_of(told, events)
    with pytest.raises(UnsignedCallback):
        receive_callback(
            another.pk,
            url=callback_url(another),
            signature=stolen,
            body=json.dumps(events).encode(),
        )


def test_what_one_account_is_told_touches_no_trunk_of_another(told, another, trunk, sandbox):
    sandbox.clear_requests()
    assert tell(another, event_of(trunk.pk)) == 204
    refresh_waiting(another)
    refresh_waiting(told)
    assert sandbox.requests == []
    assert not CallbackEvent.objects.of_trunk(trunk).exists()
    assert not Notice.objects.filter(trunk=trunk).exists()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"7", b"[7]", b"[[]]", b"null", b"NaN", b'[{"a":"\\ud83d"}]', b"[" * 9000]
)
def test_what_is_not_a_list_of_objects_is_malformed(told, body):
    with pytest.raises(MalformedCallback):
        receive_callback(told.pk, url=callback_url(told), signature="0" * 40, body=body)


def test_refusals_are_counted_and_the_log_holds_no_word_of_theirs(told, trunk, caplog):
    tell(told, event_of(trunk.pk), secret=Secret("guess"))
    tell(told, event_of(trunk.pk, status="leaked-word"), secret=Secret("guess"))
    told.refresh_from_db()
    assert told.callbacks_refused == 2
    assert f"callback of account {told.pk} refused: the signature is wrong" in caplog.text
    assert "leaked-word" not in caplog.text
    assert SECRET.clear not in caplog.text


def test_a_secret_sealed_with_a_lost_key_lets_nobody_in(told, trunk, settings):
    events = [event_of(trunk.pk)]
    signature = signature_of(told, events)
    settings.SEALING_KEYS = ["x" * 43 + "="]
    with pytest.raises(UnsignedCallback):
        deliver(told, events, signature)


# --- The secret -----------------------------------------------------------------------------------


def test_an_admin_sets_and_removes_the_secret_on_record(pulled, ada, sam):
    set_callback_secret(pulled, SECRET, actor=actor_of(ada))
    pulled.refresh_from_db()
    assert SECRET.clear not in pulled.callback_secret.ciphertext
    set_callback_secret(pulled, None, actor=actor_of(ada))
    pulled.refresh_from_db()
    assert pulled.callback_secret is None
    acts = AuditEntry.objects.filter(subject_id=str(pulled.pk), act__startswith="callback")
    assert [(e.act, e.actor_label) for e in acts.order_by("pk")] == [
        ("callback_secret_set", "Ada Lind"),
        ("callback_secret_removed", "Ada Lind"),
    ]
    assert SECRET.clear not in str(list(acts.values()))
    with pytest.raises(Denied):
        set_callback_secret(pulled, SECRET, actor=actor_of(sam))


@pytest.mark.parametrize("clear", ["", " x", "x ", "a\nb", "ü", "x" * 256])
def test_a_secret_that_cannot_be_one_is_refused(pulled, ada, clear):
    with pytest.raises(Invalid):
        set_callback_secret(pulled, Secret(clear), actor=actor_of(ada))
    pulled.refresh_from_db()
    assert pulled.callback_secret is None


# --- Read again -----------------------------------------------------------------------------------


def test_the_trunk_is_read_once_however_much_was_told(told, trunk, sandbox):
    moved = {"status": "blocked", "threshold_reached": True}
    sandbox.change_trunk(str(trunk.pk), **moved)
    for minute in range(3):
        tell(told, event_of(trunk.pk, created_at=f"2026-11-23T09:0{minute}:00Z"))
    assert refresh_waiting(told) == 1
    assert reads(sandbox) == [str(trunk.pk)]
    assert Trunk.objects.get(pk=trunk.pk).status == "blocked"
    assert not CallbackEvent.objects.waiting().exists()
    assert refresh_waiting(told) == 0
    assert reads(sandbox) == [str(trunk.pk)]


def test_a_drain_reads_what_waits(told, trunk, sandbox):
    sandbox.change_trunk(str(trunk.pk), status="blocked", threshold_reached=True)
    tell(told, event_of(trunk.pk))
    drain()
    assert Trunk.objects.get(pk=trunk.pk).status == "blocked"


def test_what_failed_waits_and_is_tried_again_later(told, trunk, sandbox):
    sandbox.fault("status", status=503, times=None)
    tell(told, event_of(trunk.pk))
    assert refresh_waiting(told) == 0
    event = CallbackEvent.objects.get()
    assert event.refreshed_at is None
    assert event.tries == 1
    sandbox.clear_requests()
    assert refresh_waiting(told) == 0
    assert sandbox.requests == []  # not before its time
    assert event.next_try_at
    first_wait = event.next_try_at - event.received_at
    sandbox.clear_faults()
    Account.objects.update(pause="", paused_at=None, failures=0)
    let_time_pass()
    assert refresh_waiting(told) == 1
    assert first_wait >= timedelta(seconds=15)


def test_upstream_that_does_not_answer_is_asked_about_one_trunk_only(told, sandbox):
    for trunk in Trunk.objects.all()[:5]:
        tell(told, event_of(trunk.pk))
    sandbox.fault("status", status=503, times=None)
    sandbox.clear_requests()
    refresh_waiting(told)
    assert len(set(reads(sandbox))) == 1


def test_a_dead_upstream_is_soon_left_in_peace_however_much_waits(told, sandbox):
    for trunk in Trunk.objects.all()[:20]:
        tell(told, event_of(trunk.pk))
    sandbox.fault("status", status=503, times=None)
    for _ in range(5):
        refresh_waiting(told)
    told.refresh_from_db()
    assert told.pause == "trouble"
    assert len(set(reads(sandbox))) <= 3


@pytest.mark.parametrize("pause", ["trouble", "question"])
def test_a_paused_account_is_left_in_peace(told, trunk, sandbox, pause):
    tell(told, event_of(trunk.pk))
    Account.objects.update(pause=pause, pause_reason="?", paused_at=database_now())
    assert refresh_waiting(told) == 0
    assert sandbox.requests == []
    assert CallbackEvent.objects.waiting().get().tries == 0


def test_what_was_read_since_is_not_read_again(told, trunk, sandbox):
    tell(told, event_of(trunk.pk))
    pull(told)
    sandbox.clear_requests()
    refresh_waiting(told)
    assert sandbox.requests == []
    assert not CallbackEvent.objects.waiting().exists()


def test_an_event_of_a_trunk_nobody_knows_asks_for_a_pull_and_ends_with_it(told, sandbox):
    stranger = sandbox.create_trunk(name="Made in the panel", status="blocked")
    assert tell(told, event_of(stranger["id"])) == 204
    told.refresh_from_db()
    assert told.pull_requested_at is not None
    assert refresh_waiting(told) == 0
    assert CallbackEvent.objects.waiting().exists()
    pull(told)
    let_time_pass()
    refresh_waiting(told)
    assert not CallbackEvent.objects.waiting().exists()
    assert Trunk.objects.get(pk=stranger["id"]).status == "blocked"


def test_a_trunk_that_is_gone_becomes_a_tombstone_once(told, trunk, sandbox):
    tell(told, event_of(trunk.pk))
    sandbox.delete_trunk(str(trunk.pk))
    refresh_waiting(told)
    assert Trunk.objects.get(pk=trunk.pk).is_gone
    assert Change.objects.filter(trunk=trunk, state="observed").count() == 1
    assert not CallbackEvent.objects.waiting().exists()


def test_a_worker_that_is_to_stop_begins_no_other_read(told, trunk, sandbox):
    tell(told, event_of(trunk.pk))
    assert refresh_waiting(told, goes_on=lambda: False) == 0
    assert sandbox.requests == []


@pytest.mark.parametrize("odd", ["", "two\nlines", " around ", "x" * 256, "ключ"])
def test_no_account_begins_with_a_secret_that_is_none(sandbox, odd, db):
    with pytest.raises(Invalid):
        add_account(
            "Second", sandbox.url, Secret("a-key"), actor=SYSTEM, callback_secret=Secret(odd)
        )
    assert not Account.objects.exists()
