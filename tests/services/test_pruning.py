"""What is forgotten by itself, and what never is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from tests.told import event_of, given_secret, tell
from trunks.domain.patch import Put
from trunks.models import (
    Account,
    AuditEntry,
    Batch,
    CallbackEvent,
    Change,
    Decision,
    Notice,
    SyncRun,
    Trunk,
    UpstreamRequest,
)
from trunks.models.clock import database_now
from trunks.services import pruning
from trunks.services.duties import DUTIES
from trunks.services.pruning import prune
from trunks.services.working import to_pull

pytestmark = pytest.mark.django_db
NOTHING = {"requests": 0, "callbacks": 0, "notices": 0, "pulls": 0}


def days_ago(days: float) -> datetime:
    return database_now() - timedelta(days=days)


def requested(account: Account, *ages: float, sync: SyncRun | None = None) -> None:
    for age in ages:
        UpstreamRequest.objects.create(account=account, sync=sync, milliseconds=1, at=days_ago(age))


def told(account: Account, *ages: float) -> None:
    """Blocks of trunks, with their notices."""
    given_secret(account)
    for number, age in enumerate(ages):
        event = event_of(Trunk.objects.all()[0].pk, created_at=f"2020-01-01T00:00:0{number}Z")
        assert tell(account, event) == 204
        CallbackEvent.objects.filter(created_at=event["created_at"]).update(
            received_at=days_ago(age)
        )
        Notice.objects.filter(pk=Notice.objects.latest("pk").pk).update(at=days_ago(age))


def pulled_before(account: Account, *ages: float) -> list[SyncRun]:
    return [
        SyncRun.objects.create(account=account, state="done", started_at=days_ago(age))
        for age in ages
    ]


def ages_of(instants: Iterable[datetime]) -> list[int]:
    now = database_now()
    return sorted((now - at).days for at in instants)


def test_requests_are_forgotten_after_their_days_a_bit_at_a_time(account, settings, monkeypatch):
    settings.REQUEST_LOG_DAYS = 3
    monkeypatch.setattr(pruning, "PRUNED_AT_ONCE", 4)
    monkeypatch.setattr(pruning, "BATCHES_AT_ONCE", 2)
    requested(account, *[9] * 10, 4, 2, 2, 0)
    assert prune() == {**NOTHING, "requests": 8}
    assert prune() == {**NOTHING, "requests": 3}
    assert prune() == NOTHING
    assert ages_of(UpstreamRequest.objects.values_list("at", flat=True)) == [0, 2, 2]


def test_what_was_told_is_forgotten_after_a_year_with_its_notice(pulled, sam):
    told(pulled, 800, 366, 364, 1)
    for notice in Notice.objects.all():
        notice.read_by.add(sam)
    assert prune() == {**NOTHING, "callbacks": 2, "notices": 2}
    assert ages_of(CallbackEvent.objects.values_list("received_at", flat=True)) == [1, 364]
    assert ages_of(Notice.objects.values_list("at", flat=True)) == [1, 364]


def test_the_count_of_callbacks_never_falls(client, pulled):
    told(pulled, 800, 366, 1)
    before = client.get("/metrics").content
    prune()
    line = f'trunkadmin_callbacks_received_total{{account="{pulled.pk}"}} 3.0'.encode()
    assert line in before
    assert line in client.get("/metrics").content


def test_pulls_are_forgotten_after_ninety_days_but_for_an_accounts_latest(account):
    pulled_before(account, 300, 200, 95)
    assert prune() == {**NOTHING, "pulls": 2}
    assert ages_of(SyncRun.objects.values_list("started_at", flat=True)) == [95]
    pulled_before(account, 89, 0)
    assert prune() == {**NOTHING, "pulls": 1}
    assert ages_of(SyncRun.objects.values_list("started_at", flat=True)) == [0, 89]


def test_a_paused_account_still_knows_when_it_was_last_pulled(account):
    pulled_before(account, 300)
    prune()
    assert to_pull(database_now() - timedelta(days=300)).count() == 0


def test_a_pull_stays_as_long_as_its_requests(account, settings):
    settings.REQUEST_LOG_DAYS = 400
    old, older, _ = pulled_before(account, 300, 500, 1)
    requested(account, 300, sync=old)
    requested(account, 399, sync=older)
    assert prune() == NOTHING
    settings.REQUEST_LOG_DAYS = 14
    assert prune() == {**NOTHING, "requests": 2, "pulls": 2}


def test_history_is_never_forgotten(pulled, ask, sam):
    long_ago = database_now() - timedelta(days=9000)
    change = ask(Trunk.objects.all()[0], {"rtp_timeout": Put(99)})
    Decision.objects.create(change=change, kind="acknowledged", actor_kind="staff", at=long_ago)
    Batch.objects.create(kind="edit", state="finished", created_at=long_ago, finished_at=long_ago)
    AuditEntry.objects.update(at=long_ago)
    Change.objects.update(created_at=long_ago, submitted_at=long_ago, settled_at=long_ago)
    models = (Change, Decision, Batch, AuditEntry, Trunk)
    before = {model: set(model._default_manager.values_list("pk", flat=True)) for model in models}
    assert all(before.values())
    for duty in DUTIES:
        duty.do()
    call_command("prune", stdout=StringIO())
    after = {model: set(model._default_manager.values_list("pk", flat=True)) for model in models}
    assert after == before


def test_the_worker_forgets_by_itself_and_a_command_does_it_now(account, monkeypatch):
    assert prune in [duty.do for duty in DUTIES]
    monkeypatch.setattr(pruning, "PRUNED_AT_ONCE", 2)
    monkeypatch.setattr(pruning, "BATCHES_AT_ONCE", 1)
    requested(account, *[99] * 5, 1)
    out = StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue() == "forgotten: 5 requests, 0 callbacks, 0 notices, 0 pulls\n"
    assert UpstreamRequest.objects.count() == 1
