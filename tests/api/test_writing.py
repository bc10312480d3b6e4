"""Create, update, delete, regenerate: the answers, and what upstream has afterwards."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests import contract
from tests.api.conftest import (
    Program,
    by_address,
    by_sid,
    linked,
    regenerate_body,
    trunk_body,
    update_body,
)
from trunks.models import Account, Change, Did, Trunk

TRUNKS = "/voice_out_trunks"
REGENERATE = "/voice_out_trunk_regenerate_credentials"
METHOD = "/data/attributes/authentication_method"
pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def mine(program: Program) -> str:
    """A trunk with credentials, as yet without numbers."""
    return str(program.create()["id"])


def writes(sandbox: Any) -> list[dict[str, Any]]:
    found = [r for r in sandbox.requests if r["method"] in ("POST", "PATCH", "DELETE")]
    for request in found:
        contract.validate_request(request["method"], request["path"], request["body"])
    return found


def free_dids(count: int, **wanted: Any) -> list[str]:
    dids = Did.objects.can_call_out().filter(terminated=False, **wanted)
    return [str(pk) for pk in dids.values_list("pk", flat=True)[:count]]


# --- create ---


def test_a_create_answers_with_what_upstream_made(program: Program, sandbox: Any) -> None:
    answer = program.send("POST", TRUNKS, trunk_body(name="Alice's desk", capacity_limit=30))
    assert answer.status_code == 201
    data = json.loads(answer.content)["data"]
    real = sandbox.trunk(data["id"])
    assert answer["Location"] == f"http://testserver/api/v3/voice_out_trunks/{data['id']}"
    assert real["attributes"]["name"] == data["attributes"]["name"] == "Alice's desk"
    assert data["attributes"]["capacity_limit"] == 30
    method = data["attributes"]["authentication_method"]["attributes"]
    assert method["allowed_sip_ips"] == ["203.0.113.10/32"]
    assert method["password"] is None
    assert len(writes(sandbox)) == 1


def test_a_create_with_everything_reaches_upstream_whole(program: Program, sandbox: Any) -> None:
    dids = free_dids(2)
    wanted = {
        "name": "Everything",
        "status": "blocked",
        "external_reference_id": "crm-77",
        "capacity_limit": 5,
        "on_cli_mismatch_action": "send_original_cli",
        "default_dst_action": "reject_all",
        "dst_prefixes": ["44", "4420"],
        "media_encryption_mode": "srtp_dtls",
        "allowed_rtp_ips": ["198.51.100.0/24"],
        "force_symmetric_rtp": True,
        "rtp_ping": True,
        "rtp_timeout": 60,
        "threshold_amount": "50.25",
        "callback_url": "https://acme.example/hook",
        "authentication_method": by_address("203.0.113.0/24", tech_prefix="12#"),
    }
    made = program.create({"dids": linked(*dids)}, **wanted)
    real = sandbox.trunk(made["id"])
    assert sorted(real["dids"]) == sorted(dids)
    sent = {n: v for n, v in wanted.items() if n != "authentication_method"}
    assert {name: real["attributes"][name] for name in sent} == sent
    assert {name: made["attributes"][name] for name in sent} == sent
    assert Change.objects.get(trunk=made["id"], kind="create").origin == "api"


def test_a_create_may_ask_for_its_numbers(program: Program) -> None:
    dids = free_dids(2)
    body = trunk_body({"dids": linked(*dids)})
    document = json.loads(program.send("POST", f"{TRUNKS}?include=dids", body).content)
    assert {did["id"] for did in document["included"]} == set(dids)


def test_a_create_needs_an_account_when_there_are_several(
    program: Program, api: Any, account: Account, sandbox: Any
) -> None:
    account.pk, account.name = None, "Second"
    account.save()
    refused = program.refusal("POST", TRUNKS, trunk_body())
    assert refused.brief == (422, "100")
    assert "several" in refused.errors[0]["detail"]
    production = Account.objects.get(name="Production")
    named = Program(api("write", account=production))
    made = Trunk.objects.get(pk=named.create()["id"])
    assert made.account == production
    assert sandbox.trunk(str(made.pk))


# --- update ---


def test_an_update_changes_what_it_names_and_nothing_else(
    program: Program, sandbox: Any, mine: str
) -> None:
    before = sandbox.trunk(mine)["attributes"]
    answer = program.patch(mine, capacity_limit=7, dst_prefixes=["44"])
    assert answer.status_code == 200
    after = sandbox.trunk(mine)["attributes"]
    assert after == before | {"capacity_limit": 7, "dst_prefixes": ["44"]}
    assert json.loads(answer.content)["data"]["attributes"]["capacity_limit"] == 7
    assert set(writes(sandbox)[-1]["body"]["data"]["attributes"]) == {
        "capacity_limit",
        "dst_prefixes",
    }


def test_put_is_patch(program: Program, sandbox: Any, mine: str) -> None:
    answer = program.send("PUT", f"{TRUNKS}/{mine}", update_body(mine, status="blocked"))
    assert answer.status_code == 200
    assert sandbox.trunk(mine)["attributes"]["status"] == "blocked"


def test_a_method_is_replaced_whole(program: Program, sandbox: Any, mine: str) -> None:
    program.patch(mine, authentication_method=by_address("10.0.0.0/8", tech_prefix="9#"))
    program.patch(mine, authentication_method=by_address("10.0.0.0/8"))
    method = sandbox.trunk(mine)["attributes"]["authentication_method"]
    assert method["attributes"]["tech_prefix"] is None


def test_a_switch_of_method_and_back(program: Program, sandbox: Any, mine: str) -> None:
    answer = program.patch(mine, authentication_method=by_sid())
    shown = json.loads(answer.content)["data"]["attributes"]["authentication_method"]
    assert shown == by_sid()
    answer = program.patch(mine, authentication_method=by_address("192.0.2.1"))
    shown = json.loads(answer.content)["data"]["attributes"]["authentication_method"]
    assert shown["type"] == "credentials_and_ip"
    assert shown["attributes"]["username"]
    assert sandbox.trunk(mine)["attributes"]["authentication_method"]["type"] == shown["type"]


def test_ip_only_cannot_be_chosen(program: Program, mine: str) -> None:
    method = by_address("10.0.0.1") | {"type": "ip_only"}
    body = update_body(mine, authentication_method=method)
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.errors[0] == {
        "title": "is not allowed for update",
        "detail": "type - is not allowed for update",
        "code": "100",
        "source": {"pointer": f"{METHOD}/type"},
        "status": "422",
    }


def test_an_echoed_password_is_ignored_and_never_sent_on(
    trusted: Program, program: Program, sandbox: Any, mine: str
) -> None:
    read = trusted.get(f"{TRUNKS}/{mine}")["data"]["attributes"]["authentication_method"]
    real = sandbox.trunk(mine)["attributes"]["authentication_method"]
    assert read == real
    read["attributes"]["allowed_sip_ips"].append("192.0.2.9")
    assert program.patch(mine, authentication_method=read).status_code == 200
    hidden = program.get(f"{TRUNKS}/{mine}")["data"]["attributes"]["authentication_method"]
    assert hidden["attributes"]["password"] is None
    assert program.patch(mine, authentication_method=hidden).status_code == 200
    assert all("password" not in json.dumps(request["body"]) for request in writes(sandbox))
    assert real["attributes"]["password"] not in json.dumps(sandbox.requests[-1]["body"] or "")


@pytest.mark.parametrize("name", ["username", "password"])
def test_other_credentials_are_refused(
    trusted: Program, sandbox: Any, mine: str, name: str
) -> None:
    sandbox.clear_requests()
    read = trusted.get(f"{TRUNKS}/{mine}")["data"]["attributes"]["authentication_method"]
    read["attributes"][name] = "of-my-own"
    body = update_body(mine, authentication_method=read)
    refused = trusted.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.status == 422
    assert refused.pointers == {f"{METHOD}/attributes/{name}"}
    assert not writes(sandbox)


def test_an_update_of_nothing_is_a_read(program: Program, sandbox: Any, mine: str) -> None:
    sandbox.clear_requests()
    answer = program.patch(mine)
    assert answer.status_code == 200
    assert not sandbox.requests
    bare = {"data": {"type": "voice_out_trunks", "id": mine}}
    assert program.send("PATCH", f"{TRUNKS}/{mine}", bare).status_code == 200


def test_an_update_to_what_the_mirror_holds_is_checked_upstream(
    program: Program, sandbox: Any, mine: str
) -> None:
    sandbox.change_trunk(mine, capacity_limit=99)
    body = update_body(mine, capacity_limit=None)
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.brief == (409, "conflict")
    assert sandbox.trunk(mine)["attributes"]["capacity_limit"] == 99
    assert program.send("PATCH", f"{TRUNKS}/{mine}", body).status_code == 200
    assert sandbox.trunk(mine)["attributes"]["capacity_limit"] is None


def test_the_id_in_the_body_is_that_of_the_url(program: Program, mine: str) -> None:
    other = str(uuid.uuid4())
    wrong: list[Any] = [other, "x", 1, [], {}]
    for id_ in wrong:
        body = update_body(id_, name="x")
        assert program.refusal("PATCH", f"{TRUNKS}/{mine}", body).brief == (400, "109")
    body = {"data": {"type": "voice_out_trunks", "attributes": {}}}
    assert program.refusal("PATCH", f"{TRUNKS}/{mine}", body).brief == (400, "106")
    assert program.patch(mine.upper(), name="Upper").status_code == 200


def test_upstreams_own_refusal_comes_through_with_its_pointer(program: Program, mine: str) -> None:
    taken = Trunk.objects.exclude(pk=mine).first()
    assert taken is not None
    body = update_body(mine, name=taken.name)
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.errors == [
        {
            "title": "has already been taken",
            "detail": "name - has already been taken",
            "code": "100",
            "source": {"pointer": "/data/attributes/name"},
            "status": "422",
        }
    ]


def test_a_trunk_that_is_gone_is_a_404_and_a_deleted_one_deleted(
    program: Program, sandbox: Any, mine: str
) -> None:
    other = str(program.create(name="Another")["id"])
    sandbox.delete_trunk(mine)
    sandbox.delete_trunk(other)
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", update_body(mine, name="x"))
    assert refused.brief == (404, "404")
    assert mine in refused.errors[0]["detail"]
    assert program.send("DELETE", f"{TRUNKS}/{other}").status_code == 204


# --- numbers ---


def test_numbers_are_stated_whole(program: Program, sandbox: Any, mine: str) -> None:
    one, two, three = free_dids(3)
    assert program.patch(mine, {"dids": linked(one, two)}).status_code == 200
    assert set(sandbox.trunk(mine)["dids"]) == {one, two}
    assert program.patch(mine, {"dids": linked(three, three)}).status_code == 200
    assert set(sandbox.trunk(mine)["dids"]) == {three}
    document = program.get(f"{TRUNKS}/{mine}?include=dids")
    assert [did["id"] for did in document["included"]] == [three]
    assert program.patch(mine, {"dids": linked()}).status_code == 200
    assert sandbox.trunk(mine)["dids"] == []
    writes(sandbox)


def test_a_linkage_has_verbs_of_its_own(program: Program, sandbox: Any, mine: str) -> None:
    one, two, three = free_dids(3)
    path = f"{TRUNKS}/{mine}/relationships/dids"
    for method, sent, expected in [
        ("PATCH", linked(one, two), {one, two}),
        ("POST", linked(two, three), {one, two, three}),
        ("DELETE", linked(one), {two, three}),
        ("DELETE", linked(one), {two, three}),
        ("PATCH", linked(), set()),
    ]:
        assert program.send(method, path, sent).status_code == 204
        assert set(sandbox.trunk(mine)["dids"]) == expected
        shown = {identifier["id"] for identifier in program.get(path)["data"]}
        assert shown == expected


@pytest.mark.parametrize(
    ("body", "brief"),
    [
        ({}, (400, "106")),
        ({"data": None}, (400, "115")),
        ({"data": {"type": "dids", "id": "x"}}, (400, "115")),
        ({"data": [{"type": "dids"}]}, (400, "106")),
        ({"data": [{"type": "dids", "id": "x"}]}, (422, "100")),
    ],
)
def test_a_linkage_of_another_shape_is_refused(
    program: Program, mine: str, body: Any, brief: tuple[int, str]
) -> None:
    path = f"{TRUNKS}/{mine}/relationships/dids"
    assert program.refusal("PATCH", path, body).brief == brief


def test_a_wrong_number_is_named_by_its_place(program: Program, mine: str) -> None:
    body = update_body(mine, {"dids": linked(free_dids(1)[0], "+44 20")})
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.pointers == {"/data/relationships/dids/1"}
    body = update_body(mine, {"default_did": {"data": {"type": "dids", "id": "x"}}})
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.pointers == {"/data/relationships/default_did"}


def test_pairs_that_exclude_each_other_are_refused(program: Program, mine: str) -> None:
    one = free_dids(1)[0]
    body = update_body(mine, {"dids": linked(one)}, allow_any_did_as_cli=True)
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.pointers == {"/data/relationships/dids"}
    body = update_body(mine, on_cli_mismatch_action="replace_cli")
    refused = program.refusal("PATCH", f"{TRUNKS}/{mine}", body)
    assert refused.pointers == {"/data/relationships/default_did"}


# --- delete, regenerate ---


def test_a_delete_is_a_204_and_then_a_404(program: Program, sandbox: Any, mine: str) -> None:
    assert program.send("DELETE", f"{TRUNKS}/{mine}").status_code == 204
    assert sandbox.trunk(mine) is None
    for method in ("GET", "DELETE"):
        assert program.refusal(method, f"{TRUNKS}/{mine}").brief == (404, "404")


def test_regenerated_credentials_are_read_from_the_trunk(
    trusted: Program, sandbox: Any, mine: str
) -> None:
    before = sandbox.trunk(mine)["attributes"]["authentication_method"]
    answer = trusted.send("POST", REGENERATE, regenerate_body(mine))
    assert answer.status_code == 201
    assert json.loads(answer.content)["data"] == {
        "id": mine,
        "type": "voice_out_trunk_regenerate_credentials",
    }
    after = trusted.get(f"{TRUNKS}/{mine}")["data"]["attributes"]["authentication_method"]
    assert after == sandbox.trunk(mine)["attributes"]["authentication_method"]
    assert after["attributes"]["password"] != before["attributes"]["password"]


def test_a_regenerate_takes_empty_attributes_as_the_sdk_sends_them(
    program: Program, mine: str
) -> None:
    body = regenerate_body(mine)
    body["data"]["attributes"] = {}
    assert program.send("POST", REGENERATE, body).status_code == 201


def test_a_regenerate_needs_a_trunk_with_credentials(program: Program, mine: str) -> None:
    program.patch(mine, authentication_method=by_sid())
    refused = program.refusal("POST", REGENERATE, regenerate_body(mine))
    assert refused.status == 422
    assert refused.pointers == {"/data/relationships/voice_out_trunk"}
    refused = program.refusal("POST", REGENERATE, regenerate_body(str(uuid.uuid4())))
    assert refused.brief == (404, "404")
    type_ = "voice_out_trunk_regenerate_credentials"
    for relationships, status in [({}, 422), ({"voice_out_trunk": {"data": None}}, 422)]:
        body = {"data": {"type": type_, "relationships": relationships}}
        assert program.refusal("POST", REGENERATE, body).status == status


def test_a_bad_query_is_refused_before_anything_is_written(
    program: Program, sandbox: Any, mine: str
) -> None:
    sandbox.clear_requests()
    for method, path, body in [
        ("POST", f"{TRUNKS}?include=owner", trunk_body(name="New")),
        ("PATCH", f"{TRUNKS}/{mine}?fields[voice_out_trunks]=colour", update_body(mine, name="N")),
        ("DELETE", f"{TRUNKS}/{mine}?force=1", None),
        ("POST", f"{REGENERATE}?now=1", regenerate_body(mine)),
    ]:
        assert program.refusal(method, path, body).status == 400
    assert not sandbox.requests
