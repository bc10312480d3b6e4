"""What Prometheus is told, and who is told it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.secrets import Secret
from trunks.models import (
    Account,
    Batch,
    Change,
    Customer,
    Heartbeat,
    Notice,
    Trunk,
)
from trunks.models.clock import database_now
from trunks.services.accounts import add_account, pause_for_trouble
from trunks.services.callback_events import keep_events
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.restoring import hold_unsettled
from trunks.services.submitting import submit
from trunks.upstream.callbacks import ToldEvent

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-some-length"


def read(client: Client, **options: Any) -> dict[str, dict[tuple[str, ...], float]]:
    """Samples: name → values of the labels, sorted by their names → value."""
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200
    told: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            told.setdefault(sample.name.removeprefix("trunkadmin_"), {})[labels] = sample.value
    return told


@pytest.fixture
def submitted(pulled: Account, ada) -> Callable[[int], Change]:
    def make(number: int) -> Change:
        trunk = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[number]
        actor = actor_of(ada)
        change = propose(trunk, {"rtp_timeout": Put(71)}, actor=actor, origin="api")
        return submit(change, actor=actor)

    return make


def test_requests_are_counted_and_timed_by_account_method_and_outcome(client, pulled, sandbox):
    before = read(client)
    ok = (str(pulled.pk), "GET", "ok")
    sandbox.fault("status", status=500, method="GET", times=1)
    pull(pulled)
    after = read(client)
    asked = after["upstream_requests_total"][ok] - before["upstream_requests_total"][ok]
    assert asked == len(sandbox.requests) - 1
    assert after["upstream_requests_total"][(ok[0], "GET", "failed")] == 1
    assert after["upstream_request_seconds_count"][ok[:2]] == sum(
        after["upstream_requests_total"].values()
    )
    assert 0 < after["upstream_request_seconds_sum"][ok[:2]] < 60


def test_the_outbox_is_told_by_account_and_so_is_who_waits_for_whom(client, submitted, pulled):
    waiting, unknown, doubtful = (submitted(n) for n in range(3))
    now, one = database_now(), (str(pulled.pk),)
    rows = Change.objects.all()
    rows.filter(pk=waiting.pk).update(submitted_at=now - timedelta(hours=2))
    rows.filter(pk=unknown.pk).update(state="delivering", sent_at=now)
    rows.filter(pk=doubtful.pk).update(state="delivering", sent_at=now, quarantined_at=now)
    told = read(client)
    assert told["changes"][("api", "pending")] == 1
    assert told["changes"][("api", "delivering")] == 2
    assert told["changes_waiting"][one] == 1
    assert 7190 < told["oldest_waiting_seconds"][one] < 7300
    assert told["changes_outcome_unknown"][one] == 2
    assert told["changes_quarantined"][one] == 1
    assert told["changes_held"][one] == 0
    hold_unsettled(actor=SYSTEM)
    told = read(client)
    assert told["changes_held"][one] == 3
    assert told["changes_waiting"][one] == 0, "what a person holds back is no outage"
    assert told["oldest_waiting_seconds"][one] == 0


def test_drift_and_conflicts_count_until_somebody_decides(client, submitted, pulled, sandbox):
    one = (str(pulled.pk),)
    conflict = submitted(0)
    now = database_now()
    Change.objects.filter(pk=conflict.pk).update(state="conflicted", settled_at=now)
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[1]
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=93)
    pull(pulled)
    told = read(client)
    assert (told["conflicts_undecided"][one], told["drift_undecided"][one]) == (1, 1)
    drift = Change.objects.drift().get()
    drift.decisions.create(kind="acknowledged", actor_kind="staff", at=now)
    assert read(client)["drift_undecided"][one] == 0


def test_accounts_say_how_they_are_and_how_old_their_mirror_is(client, pulled):
    one = str(pulled.pk)
    told = read(client)
    assert told["account_info"] == {(one, "Production"): 1}
    assert told["account_paused"] == {(one, "trouble"): 0, (one, "question"): 0}
    assert 0 <= told["pull_age_seconds"][(one,)] < 60
    assert 0 < told["pull_seconds"][(one,)] < 60
    assert told["trunks"][(one,)] == 40
    assert told["tombstones"][(one,)] == 0
    pause_for_trouble(pulled, "401")
    assert read(client)["account_paused"] == {(one, "trouble"): 1, (one, "question"): 0}


def test_what_is_not_known_yet_is_left_out(client, account):
    told = read(client)
    assert "pull_age_seconds" not in told
    assert "pull_seconds" not in told
    assert told["changes_waiting"] == {(str(account.pk),): 0}


def test_the_machinery_is_told_too(client, pulled):
    now = database_now()
    for name, seconds in (("a", 1), ("b", 2), ("dead", 400)):
        Heartbeat.objects.create(name=name, at=now - timedelta(seconds=seconds))
    Batch.objects.create(kind="edit", state="running", created_at=now)
    Notice.objects.create(kind="blocked", title="To be mailed", at=now, next_mail_at=now)
    Notice.objects.create(kind="blocked", title="Given up", at=now)
    keep_events(pulled, [ToldEvent(Trunk.objects.all()[0].pk, "", "2026-11-23T09:00Z", None)])
    Account.objects.update(callbacks_refused=7)
    told, one = read(client), (str(pulled.pk),)
    assert (told["workers"][()], told["workers_silent"][()]) == (2, 1)
    assert 0 < told["heartbeat_age_seconds"][()] < 60
    assert told["batches"] == {("running",): 1, ("paused",): 0}
    assert told["notices_unmailed"][()] == 1
    assert told["callbacks_received_total"][one] == 1
    assert told["callbacks_refused_total"][one] == 7
    assert len(told["build_info"]) == 1


def test_no_name_of_a_customer_or_a_trunk_and_no_secret_is_told(client, pulled, sandbox, submitted):
    customer = Customer.objects.create(name="Acme Telephony")
    Trunk.objects.update(customer=customer)
    submitted(0)
    text = client.get("/metrics").content.decode()
    names = [name for name in Trunk.objects.values_list("name", flat=True) if name]
    assert [name for name in [*names, customer.name, sandbox.api_key] if name in text] == []


def test_more_of_everything_costs_no_more_queries(
    client, pulled, submitted, sandbox, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as few:
        client.get("/metrics")
    for n in range(3):
        other = add_account(f"Other {n}", sandbox.url, Secret("k"), actor=SYSTEM)
        keep_events(other, [ToldEvent(Trunk.objects.all()[0].pk, "blocked", "2026-11-23", None)])
        submitted(n)
    with django_assert_num_queries(len(few)):
        client.get("/metrics")


@pytest.mark.parametrize(
    "options",
    [
        {"REMOTE_ADDR": "198.51.100.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "not an address"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=198.51.100.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "198.51.100.7"},
        {"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": "Bearer"},
        {"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": "Bearer ключ"},
        {"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": f"Basic {TOKEN}"},
    ],
)
@pytest.mark.parametrize("token", ["", TOKEN])
def test_a_stranger_finds_no_such_page(client, settings, ada, options, token):
    settings.METRICS_TOKEN = token
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/metrics", **options).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_needs_no_token(client, address):
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200


def test_from_elsewhere_the_token_opens(client, settings):
    settings.METRICS_TOKEN = TOKEN
    far = {"REMOTE_ADDR": "198.51.100.7", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    answer = client.get("/metrics", **far, HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answer["Cache-Control"]


def test_nothing_but_reading_is_possible(client):
    assert client.post("/metrics").status_code == 405
