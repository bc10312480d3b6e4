"""A pull mirrors everything exactly, reports what moved, and is slow to believe a loss."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.domain import authentication
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.secrets import Secret
from trunks.models import Account, AuditEntry, Change, Customer, Did, SyncRun, Trunk
from trunks.models.clock import database_now
from trunks.sandbox import ABSENT, Sandbox
from trunks.services.accounts import (
    add_account,
    answer_missing,
    client_for,
    pause_for_question,
    pause_for_trouble,
    set_account_key,
)
from trunks.services.delivering import deliver
from trunks.services.errors import Invalid, Missing, Unavailable
from trunks.services.mirroring import fingerprint_key, mirror_trunks
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.refreshing import refresh
from trunks.services.secrets import open_methods, unknown_members
from trunks.services.submitting import submit
from trunks.upstream import Client, Listing

CANARY = "canaryPassword99"
FUTURE = {
    "type": "sip_registration",
    "attributes": {"realm": "out.example.com", "secret": CANARY, "ports": [5060, 5061]},
}


def done(account: Account, **options: Any) -> SyncRun:
    run = pull(account, **options)
    assert run.state == "done", run.error
    return run


def any_trunk(**filters: Any) -> Trunk:
    found = Trunk.objects.present().filter(**filters).order_by("pk").first()
    assert found is not None
    return found


def mirrored(trunk: Trunk) -> dict[str, Any]:
    """The attributes of a row as upstream would write them, secrets opened."""
    attributes = {**trunk.attributes(), **unknown_members(trunk).get("attributes", {})}
    if "authentication_method" not in trunk.absent:
        method = open_methods([trunk], actor=SYSTEM)[trunk.pk]
        beside = unknown_members(trunk).get("beside", {})
        attributes["authentication_method"] = method and {**authentication.dump(method), **beside}
    return attributes


def test_every_attribute_is_mirrored_exactly(account, sandbox):
    sandbox.create_trunk(name="Future", authentication_method=FUTURE, status="hibernating")
    sandbox.create_trunk(
        name="Sparse",
        capacity_limit=None,
        dst_prefixes=None,
        threshold_amount="3000.00",
        rtp_timeout=ABSENT,
        callback_url=ABSENT,
        external_reference_id="x" * 300,
        media_encryption_mode="quantum",
        colour="blue",
    )
    no_list = {"type": "ip_only", "attributes": {"allowed_sip_ips": None, "tech_prefix": None}}
    odd: list[Any] = [no_list, {"type": "twilio", "attributes": None}, {"type": "new"}]
    named_so = {"type": "new", "attributes": {"password": None, "username": "x"}, "version": 3}
    beside = {"type": "twilio", "attributes": {"twilio_account_sid": None}, "since": "2026"}
    odd += [{"type": "new", "attributes": None}, named_so, beside]
    for number, method in enumerate(odd):
        sandbox.create_trunk(name=f"Odd {number}", authentication_method=method)
    done(account)
    assert Trunk.objects.count() == len(sandbox.trunks())
    for theirs in sandbox.trunks():
        row = Trunk.objects.get(pk=theirs["id"])
        assert mirrored(row) == theirs["attributes"], theirs["attributes"].get("name")
        assert row.spent_amount == theirs["meta"]["spent_amount"]
        if not row.allow_any_did_as_cli:
            assert {str(d.pk) for d in row.dids.all()} == set(theirs["dids"])


def test_a_second_pull_reports_nothing(pulled):
    run = done(pulled)
    assert (run.created, run.updated, run.drifted, run.missing) == (0, 0, 0, 0)
    assert not Change.objects.exists()


def test_dids_come_with_their_group(pulled, sandbox):
    assert Did.objects.count() == len(sandbox.dids())
    assert Did.objects.can_call_out().exists()
    assert Did.objects.filter(voice_out=False).exists()
    assert Did.objects.exclude(country="").exists()


def test_edits_by_others_are_drift_with_a_readable_diff(pulled, sandbox):
    trunk = any_trunk(status="active")
    sandbox.change_trunk(str(trunk.pk), capacity_limit=3, dst_prefixes=["47"])
    run = done(pulled)
    assert (run.updated, run.drifted) == (1, 1)
    [change] = Change.objects.drift()
    assert change.fields == ["capacity_limit", "dst_prefixes"]
    assert change.diff[0]["new"] == 3


def test_what_an_unknown_method_holds_is_drift_without_its_values(pulled, sandbox):
    made = sandbox.create_trunk(name="Future", authentication_method=FUTURE)
    done(pulled)
    moved = {"type": FUTURE["type"], "attributes": {"realm": "elsewhere.example"}}
    sandbox.change_trunk(made["id"], authentication_method=moved)
    assert done(pulled).drifted == 1
    [change] = Change.objects.drift()
    assert change.diff == [{"field": "credentials", "old": "the old ones", "new": "new ones"}]


def test_new_credentials_are_drift_without_their_values(pulled, sandbox):
    trunk = any_trunk(auth_type="credentials_and_ip")
    made = sandbox.regenerate(str(trunk.pk))["attributes"]["authentication_method"]["attributes"]
    done(pulled)
    [change] = Change.objects.drift()
    assert change.credentials_changed
    stored = json.dumps([change.diff, change.base, change.patch, change.consequences])
    assert made["password"] not in stored


def test_spend_and_the_limit_are_facts_not_drift(pulled, sandbox):
    trunk = any_trunk(status="active", threshold_reached=False)
    sandbox.change_trunk(str(trunk.pk), spent_amount="12.5")
    run = done(pulled)
    assert (run.updated, run.drifted) == (0, 0)
    sandbox.change_trunk(str(trunk.pk), status="blocked", threshold_reached=True)
    run = done(pulled)
    assert run.drifted == 0
    [fact] = Change.objects.filter(state="observed")
    assert not fact.is_drift
    assert set(fact.fields) == {"status", "threshold_reached"}
    trunk.refresh_from_db()
    assert trunk.spent_amount == "12.5"


def test_another_spelling_of_the_same_network_is_no_drift(pulled, sandbox):
    trunk = any_trunk(auth_type="ip_only")
    networks = trunk.auth_attributes["allowed_sip_ips"]
    respelled = [n.removesuffix("/32") for n in networks]
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={
            "type": "ip_only",
            "attributes": {"allowed_sip_ips": respelled, "tech_prefix": ""},
        },
    )
    assert done(pulled).drifted == 0


def test_a_removed_trunk_becomes_a_tombstone_after_it_was_asked_for(pulled, sandbox):
    trunk = any_trunk(auth_type="credentials_and_ip")
    sandbox.delete_trunk(str(trunk.pk))
    run = done(pulled)
    assert run.missing == 1
    trunk.refresh_from_db()
    assert trunk.is_gone
    assert trunk.auth_password is None
    assert [r["path"] for r in sandbox.requests if str(trunk.pk) in r["path"]]
    assert done(pulled).missing == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500, "times": 9},
        {"kind": "cut", "times": 9},
        {"kind": "html", "times": 9},
        {"kind": "drop_before", "times": 9},
    ],
)
def test_a_broken_pull_declares_nothing_missing(pulled, sandbox, fault):
    trunk = any_trunk()
    sandbox.delete_trunk(str(trunk.pk))
    sandbox.settings(max_page_size_trunks=10)
    sandbox.fault(**fault, path=r"^/v3/voice_out_trunks$", after=3)
    run = pull(pulled)
    assert run.state == "failed"
    assert run.error
    assert Trunk.objects.tombstones().count() == 0


def test_reads_are_retried(pulled, sandbox):
    sandbox.fault("status", status=503, times=2)
    done(pulled)


def test_smaller_pages_are_asked_for_where_large_ones_are_refused(account, sandbox):
    sandbox.settings(max_page_size_trunks=50, max_page_size_dids=50)
    assert done(account).created == len(sandbox.trunks())


def test_many_gone_at_once_ask_a_person(pulled, sandbox):
    for trunk in sandbox.trunks()[:15]:
        sandbox.delete_trunk(trunk["id"])
    run = pull(pulled)
    assert run.state == "failed"
    assert "15 of 40" in run.error
    pulled.refresh_from_db()
    assert pulled.pause == "question"
    assert "15 of 40" in pulled.pause_reason
    assert Trunk.objects.tombstones().count() == 0
    answer_missing(pulled, True, actor=SYSTEM)
    pulled.refresh_from_db()
    done(pulled)
    assert Trunk.objects.tombstones().count() == 15


def test_another_accounts_key_pauses_and_buries_nothing(pulled, sandbox):
    with Sandbox(trunks=0, dids=0) as other:
        other.create_trunk(name="Somebody else's")
        Account.objects.filter(pk=pulled.pk).update(base_url=other.url)
        pulled.refresh_from_db()
        pull(pulled)
    pulled.refresh_from_db()
    assert pulled.pause == "question"
    assert Trunk.objects.tombstones().count() == 0


def test_a_new_key_must_show_the_known_trunks(pulled, sandbox):
    with Sandbox(trunks=0, dids=0) as empty:
        Account.objects.filter(pk=pulled.pk).update(base_url=empty.url)
        pulled.refresh_from_db()
        with pytest.raises(Invalid):
            set_account_key(pulled, Secret(empty.api_key), actor=SYSTEM)


def test_a_trunk_of_another_account_is_an_error_never_a_move(pulled, sandbox):
    second = add_account("Second", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
    run = pull(second)
    assert run.state == "failed"
    assert "another account" in run.error
    assert second.trunks.count() == 0


def test_one_bad_trunk_is_set_aside_and_named(pulled, sandbox):
    odd = sandbox.create_trunk(name="Odd", capacity_limit="many")
    nul = sandbox.create_trunk(name="a\x00b")
    run = done(pulled)
    assert {line["id"] for line in run.set_aside} == {odd["id"], nul["id"]}
    assert Trunk.objects.count() == 40


@pytest.fixture
def upstream_shows(monkeypatch):
    """Has every page of trunks look otherwise than the sandbox would send it."""

    def shows(page: Callable[[list[Any]], list[Any]]) -> None:
        pages = Client.trunk_pages

        def shown(self: Client) -> Iterator[Listing]:
            for listing in pages(self):
                yield replace(listing, resources=page(listing.resources))

        monkeypatch.setattr(Client, "trunk_pages", shown)

    return shows


def test_a_trunk_without_a_sound_id_is_set_aside_and_the_pull_is_complete(pulled, upstream_shows):
    odd = "\x00not an id"
    upstream_shows(lambda resources: [{**resources[0], "id": odd}, *resources[1:]])
    run = done(pulled)
    assert [line["reason"] for line in run.set_aside] == ["its id is not a UUID"]
    assert "\x00" not in run.set_aside[0]["id"]
    pulled.refresh_from_db()
    assert pulled.pulled_at is not None
    assert pulled.pulled_at >= run.started_at


def test_a_trunk_that_is_listed_twice_is_mirrored_once(pulled, sandbox, upstream_shows):
    first = sandbox.trunks()[0]
    sandbox.change_trunk(first["id"], rtp_timeout=599)
    upstream_shows(lambda trunks: [*trunks, *({**t, "id": t["id"].upper()} for t in trunks)])
    run = pull(pulled)
    assert (run.state, run.updated) == ("failed", 1)
    assert "shifted" in run.error
    assert Trunk.objects.get(pk=first["id"]).rtp_timeout == 599


@pytest.mark.parametrize("meta", [[], "none", {"spent_amount": "1\x002"}, {"spent_amount": {}}])
def test_odd_words_about_spend_stop_no_pull(pulled, upstream_shows, meta):
    upstream_shows(lambda resources: [{**resource, "meta": meta} for resource in resources])
    assert done(pulled).seen == 40


def test_while_a_person_is_asked_no_404_is_believed(pulled, sandbox):
    trunk = any_trunk()
    Account.objects.update(pause="question", pause_reason="?", paused_at=database_now())
    sandbox.delete_trunk(str(trunk.pk))
    assert pull(pulled).error == "?"
    with pytest.raises(Missing):
        refresh(trunk)
    assert not Trunk.objects.tombstones().exists()


def test_an_answer_without_a_question_leaves_no_trace(pulled):
    answer_missing(pulled, True, actor=SYSTEM)
    pulled.refresh_from_db()
    assert not pulled.missing_believed
    assert not AuditEntry.objects.filter(act="account_missing_answered").exists()


def test_what_moved_upstream_is_told_under_the_customers_name(pulled, sandbox):
    trunk = any_trunk()
    trunk.customer = Customer.objects.create(name="Acme")
    trunk.save()
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=123)
    done(pulled)
    assert Change.objects.drift().get().customer_label == "Acme"


def test_a_pause_that_goes_on_keeps_the_time_it_began(pulled):
    pause_for_trouble(pulled, "401")
    pulled.refresh_from_db()
    began = pulled.paused_at
    pause_for_trouble(pulled, "401 again")
    pulled.refresh_from_db()
    assert (pulled.paused_at, pulled.pause_reason) == (began, "401 again")
    pause_for_question(pulled, "?")
    pulled.refresh_from_db()
    assert pulled.paused_at > began


def test_a_wrong_key_pauses_the_account(pulled, sandbox):
    sandbox.settings(api_key="another")
    run = pull(pulled)
    assert run.state == "failed"
    pulled.refresh_from_db()
    assert pulled.pause == "trouble"
    sandbox.settings(api_key="sandbox-key")
    done(pulled)
    pulled.refresh_from_db()
    assert pulled.pause == ""


def test_a_refresh_mirrors_one_trunk(pulled, sandbox):
    trunk = any_trunk()
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=123)
    assert refresh(trunk).rtp_timeout == 123
    assert len(sandbox.requests) == 1


def test_a_refresh_by_another_version_pauses_the_account(pulled, sandbox):
    sandbox.settings(api_version="2026-11-19")
    with pytest.raises(Unavailable):
        refresh(any_trunk())
    pulled.refresh_from_db()
    assert pulled.pause == "trouble"


def test_a_refresh_says_so_when_a_404_cannot_be_believed(pulled, sandbox):
    for other in sandbox.trunks():
        sandbox.delete_trunk(other["id"])
    trunk = any_trunk()
    with pytest.raises(Missing):
        refresh(trunk)
    assert not Trunk.objects.tombstones().exists()


def test_trunks_are_found_by_address_number_prefix_and_username(pulled):
    trunk = any_trunk(auth_type="credentials_and_ip")
    network = trunk.auth_attributes["allowed_sip_ips"][0]
    address = network.partition("/")[0]
    assert trunk in Trunk.objects.matching(address)
    assert trunk in Trunk.objects.matching(network)
    assert trunk in Trunk.objects.matching(str(trunk.auth_username)[2:10])
    with_did = any_trunk(dids__isnull=False)
    number = str(with_did.dids.all()[0].number)
    assert with_did in Trunk.objects.matching(f"+{number[:2]} {number[2:]}")
    listed = Trunk.objects.exclude(dst_prefixes=[])[0]
    assert listed in Trunk.objects.matching((listed.dst_prefixes or [""])[0] + "5550100")
    assert not Trunk.objects.matching("no such thing").exists()


def queries_of_a_pull(account: Account) -> int:
    with CaptureQueriesContext(connection) as queries:
        done(account, with_dids=False)
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_rows(pulled, sandbox):
    """Unchanged rows cost none; new ones only what the database's parameter limit makes batches."""
    unchanged = queries_of_a_pull(pulled)
    for number in range(200):
        sandbox.create_trunk(name=f"More {number}")
    first = queries_of_a_pull(pulled)
    assert first - unchanged < 40
    assert queries_of_a_pull(pulled) == unchanged


@pytest.mark.django_db(transaction=True)
def test_no_password_is_in_clear_in_the_database_file(tmp_path, sandbox, django_db_blocker):
    """The whole database, dumped, holds neither a password nor an unknown method's secret."""
    account = add_account("Production", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
    sandbox.create_trunk(name="Future", authentication_method=FUTURE)
    trunk = sandbox.trunks()[0]
    sandbox.change_trunk(trunk["id"], password=CANARY, username="canaryUser")
    done(account)
    sandbox.regenerate(trunk["id"])
    done(account)
    dump = database_dump(tmp_path)
    assert b"canaryUser" in dump or b"credentials_and_ip" in dump, "the dump is real"
    assert CANARY.encode() not in dump
    assert sandbox.api_key.encode() not in dump


def database_dump(folder: Path) -> bytes:
    if connection.vendor == "sqlite":
        target = str(folder / "dump.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [target])
        return Path(target).read_bytes()
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names from the database
            rows.append(repr(cursor.fetchall()))
    return "\n".join(rows).encode()


def test_what_we_wrote_ourselves_is_no_update_of_the_next_pull(pulled, sandbox):
    plan = propose(any_trunk(), {"rtp_timeout": Put(77)}, actor=SYSTEM, origin="staff")
    assert deliver(submit(plan, actor=SYSTEM)).state == "applied"
    assert done(pulled).updated == 0
    assert any_trunk().fingerprint


def test_a_list_without_linkage_is_no_update_while_nothing_moves(pulled):
    client = client_for(pulled)
    value = replace(client.trunk(str(any_trunk().pk)), dids=None, emergency_dids=None)
    client.close()
    key = fingerprint_key(pulled)
    mirror_trunks(pulled, [value], read_at=database_now(), key=key)
    again = mirror_trunks(pulled, [value], read_at=database_now(), key=key)
    assert not again.updated


def test_another_accounts_key_brings_nothing_of_it_into_the_mirror(pulled, sandbox):
    with Sandbox() as other:
        for number in range(20):
            other.create_trunk(name=f"Theirs {number}", authentication_method=FUTURE)
        Account.objects.filter(pk=pulled.pk).update(base_url=other.url)
        pulled.refresh_from_db()
        run = pull(pulled)
        assert run.state == "failed"
        assert (run.seen, run.created) == (20, 0)
        pulled.refresh_from_db()
        assert pulled.pause == "question"
        assert Trunk.objects.filter(name__startswith="Theirs").count() == 0
        with pytest.raises(Invalid, match="shows none"):
            set_account_key(pulled, Secret(other.api_key), actor=SYSTEM)
