"""A customer's programs: the same API, their slice of it and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Program, linked, regenerate_body, update_body
from trunks.access import actor_of
from trunks.api.trunks import account_for_create
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.problems import Invalid
from trunks.domain.secrets import Secret
from trunks.models import AuditEntry, Change, Did, Token, Trunk
from trunks.models.clock import database_now
from trunks.services.accounts import add_account
from trunks.services.assigning import assign, assign_dids
from trunks.services.proposing import propose
from trunks.services.submitting import submit
from trunks.services.tokens import create_token

pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def acmes(acme: Any, bolt: Any) -> Trunk:
    """Acme's trunk, which lists a DID of Acme's and one of Bolt's."""
    found = Trunk.objects.filter(auth_type="credentials_and_ip", allow_any_did_as_cli=False)
    trunk, other = found.filter(emergency_enable_all=False).order_by("pk")[:2]
    for one in (trunk, other):
        one.dids.clear()
        one.emergency_dids.clear()
    own, foreign = Did.objects.all()[:2]
    assign([trunk], acme, actor=SYSTEM)
    assign([other], bolt, actor=SYSTEM)
    assign_dids([own], acme, actor=SYSTEM)
    assign_dids([foreign], bolt, actor=SYSTEM)
    trunk.dids.set([own, foreign])
    return Trunk.objects.get(pk=trunk.pk)


@pytest.fixture
def bolts(acmes: Trunk, bolt: Any) -> Trunk:
    return bolt.trunks.get()


@pytest.fixture
def program(acmes: Trunk, acme: Any) -> Program:
    scopes = ["read", "write"]
    return Program(create_token("Acme's PBX", scopes=scopes, customer=acme, actor=SYSTEM)[1])


def test_it_lists_its_own_and_counts_no_other(program: Program, acmes: Trunk) -> None:
    listed = program.get("/voice_out_trunks?include=dids,emergency_dids")
    assert [r["id"] for r in listed["data"]] == [str(acmes.pk)]
    assert listed["meta"]["total_records"] == 1
    own = str(acmes.dids.get(customer=acmes.customer).pk)
    assert [r["id"] for r in listed["included"]] == [own]
    assert listed["data"][0]["relationships"]["dids"]["data"] == [{"type": "dids", "id": own}]
    assert [r["id"] for r in program.get("/dids")["data"]] == [own]


def test_what_is_foreign_is_a_404_whatever_is_done_with_it(
    program: Program, bolts: Trunk, sandbox: Any
) -> None:
    foreign = bolts.pk
    did = Did.objects.get(customer=bolts.customer).pk
    change = Change.objects.create(
        account=bolts.account,
        trunk=bolts,
        kind="update",
        origin="portal",
        actor_kind="member",
        customer_id=str(bolts.customer_id),
        created_at=database_now(),
    )
    reads = [f"/changes/{change.pk}", f"/voice_out_trunks/{foreign}", f"/dids/{did}"]
    reads += [
        f"/voice_out_trunks/{foreign}/dids",
        f"/voice_out_trunks/{foreign}/relationships/dids",
    ]
    for path in reads:
        assert program.refusal("GET", path).status == 404, path
    home = f"/voice_out_trunks/{foreign}"
    for method, path, body in (
        ("PATCH", home, update_body(str(foreign), rtp_timeout=77)),
        ("DELETE", home, None),
        ("PATCH", f"{home}/relationships/dids", linked()),
        ("POST", "/voice_out_trunk_regenerate_credentials", regenerate_body(str(foreign))),
    ):
        assert program.refusal(method, path, body).status == 404, path
    assert [r for r in sandbox.requests if r["method"] != "GET"] == []


def test_no_filter_finds_what_is_foreign(program: Program, acmes: Trunk, bolts: Trunk) -> None:
    foreign = Did.objects.get(customer=bolts.customer)
    for query in (
        f"filter[id]={bolts.pk}",
        f"filter[name]={bolts.name}",
        f"filter[matching]={foreign.number}",
        f"filter[matching]={bolts.auth_username}",
    ):
        found = program.get(f"/voice_out_trunks?{query}")
        assert found["data"] == [], query
        assert str(bolts.pk) not in json.dumps(found["data"])
    assert program.get(f"/dids?filter[number]={foreign.number}")["data"] == []
    assert program.get(f"/voice_out_trunks?filter[matching]={acmes.auth_username}")["data"]


def test_a_list_stated_in_full_leaves_hidden_dids(
    program: Program, acmes: Trunk, sandbox: Any
) -> None:
    shown = program.get(f"/voice_out_trunks/{acmes.pk}/relationships/dids")["data"]
    hidden = {str(d.pk) for d in acmes.dids.all()} - {r["id"] for r in shown}
    sandbox.change_trunk(str(acmes.pk), dids=[str(d.pk) for d in acmes.dids.all()])
    answer = program.send("PATCH", f"/voice_out_trunks/{acmes.pk}/relationships/dids", linked())
    assert answer.status_code == 204, answer.content
    assert {str(d.pk) for d in acmes.dids.all()} == hidden


def test_foreign_and_unknown_dids_are_refused_in_the_same_words(
    program: Program, acmes: Trunk, bolts: Trunk
) -> None:
    foreign = str(Did.objects.get(customer=bolts.customer).pk)
    said = set()
    for id_ in (foreign, "0ddba11e-0000-4000-8000-000000000000"):
        path = f"/voice_out_trunks/{acmes.pk}/relationships/dids"
        refused = program.refusal("POST", path, linked(id_))
        said.add((refused.status, refused.errors[0]["detail"].replace(id_, "X")))
    assert len(said) == 1


def test_staffs_reasons_are_not_in_its_changes(program: Program, acmes: Trunk, sam: Any) -> None:
    actor = actor_of(sam)
    patch = {"rtp_timeout": Put(77)}
    plan = propose(acmes, patch, actor=actor, origin="staff", reason="They pay late")
    submit(plan, actor=actor)
    (change,) = program.get("/changes")["data"]
    assert (change["id"], change["attributes"]["reason"]) == (str(plan.pk), "")


def test_what_is_staffs_alone_is_empty_and_not_found(program: Program, account: Any) -> None:
    for path in ("/accounts", "/syncs"):
        assert program.get(path)["data"] == []
    assert program.refusal("GET", f"/accounts/{account.pk}").status == 404


def test_its_creates_go_to_its_own_account_else_the_customers_else_the_only_one(
    acme: Any, account: Any, sandbox: Any
) -> None:
    def made(**options: Any) -> Token:
        token, _ = create_token("PBX", scopes=["write"], customer=acme, actor=SYSTEM, **options)
        return Token.objects.get(pk=token.pk)

    assert account_for_create(made()) == account
    second = add_account("Second", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
    with pytest.raises(Invalid, match="names no account"):
        account_for_create(made())
    acme.account = second
    acme.save()
    assert account_for_create(made()) == second
    assert account_for_create(made(account=account)) == account


def test_credentials_it_reads_are_on_the_customers_own_record(acmes: Trunk, acme: Any) -> None:
    scopes = ["read", "credentials"]
    text = create_token("PBX", scopes=scopes, customer=acme, actor=SYSTEM)[1]
    Program(text, sees_passwords=True).get(f"/voice_out_trunks/{acmes.pk}")
    entry = AuditEntry.objects.of_customer(acme.pk).get(act="credentials_read")
    assert entry.detail == {"trunks": [str(acmes.pk)]}
