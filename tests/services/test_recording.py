"""The flight recorder: every request of a change or a pull, and nothing that depends on it."""

import json
import threading

import pytest
from django.db import DatabaseError, connection

from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Change, Tally, Trunk, UpstreamRequest
from trunks.models.clock import database_now
from trunks.services import recording
from trunks.services.delivering import deliver, drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.refreshing import refresh
from trunks.services.submitting import submit
from trunks.services.tallying import Count, add_to_tallies, labels_of, labels_text


def lines(change: Change) -> list[tuple[str, int | None, int, str]]:
    rows = UpstreamRequest.objects.filter(change=change).order_by("at", "id")
    return [(row.method, row.status, row.attempt, row.problem) for row in rows]


def test_a_change_has_its_requests_in_their_order(trunk, ask, sandbox):
    change = ask(trunk, {"dst_prefixes": Put(("47",))})
    assert change.state == "applied"
    assert [(m, s) for m, s, _, _ in lines(change)] == [("GET", 200), ("PATCH", 200)]
    sent = UpstreamRequest.objects.get(change=change, method="PATCH")
    assert sent.path == f"/voice_out_trunks/{trunk.pk}"
    assert sent.account == change.account
    assert sent.request_id == change.request_id
    assert sent.answer == ""
    assert sent.at <= database_now()


def test_repeated_reads_are_numbered_and_say_what_was_wrong(trunk, ask, sandbox):
    sandbox.fault("html", method="GET", times=2)
    change = ask(trunk, {"rtp_timeout": Put(77)})
    assert lines(change) == [
        ("GET", 502, 1, "upstream answered 502"),
        ("GET", 502, 2, "upstream answered 502"),
        ("GET", 200, 3, ""),
        ("PATCH", 200, 1, ""),
    ]
    failed = UpstreamRequest.objects.filter(change=change, status=502)[0]
    assert "SHA-256" in failed.answer
    assert "html" not in failed.answer


def test_a_refusal_keeps_upstreams_words(trunk, ask, sandbox):
    other = Trunk.objects.exclude(pk=trunk.pk)[0]
    change = ask(trunk, {"name": Put(other.name)})
    assert change.state == "refused"
    refused = UpstreamRequest.objects.get(change=change, method="PATCH")
    assert (refused.status, refused.problem) == (422, "refused")
    (error,) = json.loads(refused.answer)["errors"]
    assert error["source"] == {"pointer": "/data/attributes/name"}
    assert error["detail"] == change.errors[0]["detail"]


def test_a_lost_answer_and_the_looks_after_it_belong_to_the_change(trunk, ask, sandbox, settings):
    settings.UPSTREAM_SETTLE_SECONDS = 0
    sandbox.fault("drop_after", method="PATCH")
    change = ask(trunk, {"rtp_timeout": Put(66)})
    assert change.outcome_unknown
    drain()
    change.refresh_from_db()
    assert change.state == "applied"
    assert [(m, s) for m, s, _, _ in lines(change)] == [
        ("GET", 200),
        ("PATCH", None),
        ("GET", 200),
    ]


def test_an_upstream_that_cannot_be_reached_leaves_its_traces(trunk, ask):
    Account.objects.update(base_url="http://127.0.0.1:9/v3")
    change = ask(trunk, {"rtp_timeout": Put(66)})
    assert change.state == "pending"
    assert {line[1:2] for line in lines(change)} == {(None,)}
    assert len(lines(change)) == 3


def test_a_pull_has_its_requests_and_no_change_has_them(account, sandbox):
    run = pull(account)
    rows = UpstreamRequest.objects.filter(sync=run)
    assert rows.count() == len(sandbox.requests)
    assert {(row.method, row.status, row.change) for row in rows} == {("GET", 200, None)}
    assert any("page[size]=" in row.path for row in rows)


def test_a_refresh_belongs_to_its_account_alone(trunk):
    before = UpstreamRequest.objects.count()
    refresh(trunk)
    (row,) = UpstreamRequest.objects.order_by("-pk")[: UpstreamRequest.objects.count() - before]
    assert (row.account_id, row.change, row.sync) == (trunk.account_id, None, None)


def test_no_secret_is_in_any_row(trunk, ask, pulled, sandbox):
    ask(trunk, {"rtp_timeout": Put(61)})
    sandbox.fault("status", status=401, method="PATCH")
    ask(trunk, {"rtp_timeout": Put(62)})
    kept = json.dumps(list(UpstreamRequest.objects.values()), default=str)
    method = sandbox.trunk(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    for secret in (sandbox.api_key, method["password"], method["username"]):
        assert secret not in kept


@pytest.mark.parametrize("broken", ["the row", "the count"])
def test_a_recorder_that_fails_breaks_no_delivery_and_no_pull(
    trunk, ask, account, monkeypatch, caplog, broken
):
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    if broken == "the row":
        monkeypatch.setattr(UpstreamRequest.objects, "create", fail)
    else:
        monkeypatch.setattr(recording, "add_to_tallies", fail)
    before = UpstreamRequest.objects.count()
    assert ask(trunk, {"rtp_timeout": Put(66)}).state == "applied"
    assert pull(account).state == "done"
    assert "could not be recorded" in caplog.text
    assert UpstreamRequest.objects.count() == before


def test_a_statement_that_fails_inside_leaves_the_connection_usable(trunk, ask, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        connection.cursor().execute("SELECT * FROM there_is_no_such_table")

    monkeypatch.setattr(recording, "add_to_tallies", fail)
    assert ask(trunk, {"rtp_timeout": Put(66)}).state == "applied"


def test_requests_are_counted_by_what_became_of_them(pulled, trunk, ask, sandbox):
    Tally.objects.all().delete()
    sandbox.fault("status", status=429, method="PATCH", retry_after=1)
    ask(trunk, {"rtp_timeout": Put(66)})
    counts = {
        (labels["method"], labels["outcome"]): tally.count
        for tally in Tally.objects.filter(name=recording.REQUESTS)
        if (labels := labels_of(tally.labels))["account"] == str(pulled.pk)
    }
    assert counts == {("GET", "ok"): 1, ("PATCH", "slow_down"): 1}
    assert Tally.objects.filter(name=recording.MILLISECONDS).count() == 2


@pytest.mark.django_db(transaction=True)
def test_however_many_count_at_once_nothing_is_lost_and_nobody_waits_in_a_circle():
    ours: Count = ("a", {"x": "1"}, 1)
    theirs: Count = ("b", {"x": "1", "w": "2"}, 10)
    failures: list[Exception] = []

    def count(rows: list[Count]) -> None:
        try:
            for _ in range(50):
                add_to_tallies(rows)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    orders = ([ours, theirs], [theirs, ours])
    threads = [threading.Thread(target=count, args=(orders[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert dict(Tally.objects.values_list("name", "count")) == {"a": 200, "b": 2000}


def test_labels_are_written_in_one_order_and_read_back():
    labels = {"outcome": "ok", "account": "7"}
    assert labels_text(labels) == 'account="7",outcome="ok"'
    assert labels_of(labels_text(labels)) == labels
    assert labels_of("") == {}


def test_a_delivery_started_for_another_change_is_told_apart(pulled, ada, sandbox):
    """Whoever delivers what stands before theirs on the trunk does it in its name."""
    actor = actor_of(ada)
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip")[0]

    def ask(**wanted: int) -> Change:
        patch = {name: Put(value) for name, value in wanted.items()}
        return submit(propose(trunk, patch, actor=actor, origin="staff"), actor=actor)

    first, second = ask(rtp_timeout=71), ask(capacity_limit=17)
    deliver(second)
    assert [m for m, *_ in lines(first)] == ["GET", "PATCH"]
    assert [m for m, *_ in lines(second)] == ["GET", "PATCH"]
