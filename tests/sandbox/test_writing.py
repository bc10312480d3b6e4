"""Create, update, switch, delete, regenerate: what they store and what they do beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.conftest import Client, by_address, by_sid, many, trunk_body
from tests.sandbox.test_refusals import regeneration
from trunks.sandbox import Sandbox

TRUNKS = "/voice_out_trunks"


def _credentials(trunk: dict[str, Any]) -> tuple[str, str]:
    attributes = trunk["attributes"]["authentication_method"]["attributes"]
    return attributes["username"], attributes["password"]


def test_a_created_trunk_is_stored_with_credentials_of_its_own(
    sandbox: Sandbox, client: Client
) -> None:
    created = client.create()
    for credential in _credentials(created):
        assert re.fullmatch(r"[A-Za-z0-9]{16}", credential)
    stored = sandbox.trunk(created["id"])
    assert stored is not None
    assert stored["attributes"] == created["attributes"]
    assert client.get(f"{TRUNKS}/{created['id']}")["data"] == created


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("192.168.1.1", "192.168.1.1/32"),
        ("203.0.113.0/28", "203.0.113.0/28"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
        ("2001:db8::/48", "2001:db8::/48"),
    ],
)
def test_networks_are_stored_in_normal_form(client: Client, sent: str, stored: str) -> None:
    created = client.create(authentication_method=by_address(sent), allowed_rtp_ips=[sent])
    method = created["attributes"]["authentication_method"]["attributes"]
    assert method["allowed_sip_ips"] == [stored]
    assert created["attributes"]["allowed_rtp_ips"] == [stored]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("3000", "3000.0"), ("12.50", "12.5"), ("0", "0.0"), ("100000.00", "100000.0"), (7, "7.0")],
)
def test_amounts_are_written_as_upstream_does(client: Client, sent: Any, stored: str) -> None:
    assert client.create(threshold_amount=sent)["attributes"]["threshold_amount"] == stored


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("example.com/hook", "http://example.com/hook"),
        ("https://example.com:8443/hook?a=b", "https://example.com:8443/hook?a=b"),
        (None, None),
    ],
)
def test_a_callback_url_without_a_scheme_is_http(client: Client, sent: Any, stored: Any) -> None:
    assert client.create(callback_url=sent)["attributes"]["callback_url"] == stored


def test_a_repeated_prefix_is_stored_once(client: Client) -> None:
    created = client.create(dst_prefixes=["44", "371", "44"])
    assert created["attributes"]["dst_prefixes"] == ["44", "371"]


def test_a_null_status_on_create_is_active(client: Client) -> None:
    assert client.create(status=None)["attributes"]["status"] == "active"


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
def test_an_update_changes_what_it_names_and_nothing_else(client: Client, verb: str) -> None:
    created = client.create()
    data = {"type": "voice_out_trunks", "id": created["id"], "attributes": {"rtp_timeout": 60}}
    answer = client.send(verb, f"{TRUNKS}/{created['id']}", {"data": data}, is_checked=False)
    created["attributes"]["rtp_timeout"] = 60
    assert answer.json()["data"] == created


def test_a_sent_method_replaces_the_whole_and_keeps_the_credentials(client: Client) -> None:
    method = by_address("203.0.113.1", "203.0.113.2", tech_prefix="12#")
    created = client.create(authentication_method=method)
    answer = client.patch(created["id"], authentication_method=by_address("203.0.113.2"))
    changed = answer.json()["data"]
    attributes = changed["attributes"]["authentication_method"]["attributes"]
    assert attributes["allowed_sip_ips"] == ["203.0.113.2/32"]
    assert attributes["tech_prefix"] is None
    assert _credentials(changed) == _credentials(created)


def test_a_switch_to_credentials_makes_new_ones(client: Client) -> None:
    created = client.create()
    twilio = client.patch(created["id"], authentication_method=by_sid()).json()["data"]
    assert twilio["attributes"]["authentication_method"] == by_sid()
    back = client.patch(created["id"], authentication_method=by_address("203.0.113.1"))
    assert _credentials(back.json()["data"]) != _credentials(created)


@pytest.mark.parametrize("method", [by_sid(), by_address("203.0.113.1")])
def test_ip_only_can_be_left(sandbox: Sandbox, client: Client, method: dict[str, Any]) -> None:
    ip_only = {"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.9/32"]}}
    trunk = sandbox.create_trunk(authentication_method=ip_only)
    answer = client.patch(trunk["id"], authentication_method=method)
    assert answer.json()["data"]["attributes"]["authentication_method"]["type"] == method["type"]


def test_an_ip_only_trunk_takes_other_changes(sandbox: Sandbox, client: Client) -> None:
    attributes = {"allowed_sip_ips": ["203.0.113.9/32"], "tech_prefix": None}
    ip_only = {"type": "ip_only", "attributes": attributes}
    trunk = sandbox.create_trunk(authentication_method=ip_only)
    changed = client.patch(trunk["id"], status="blocked").json()["data"]["attributes"]
    assert changed["status"] == "blocked"
    assert changed["authentication_method"] == ip_only


def test_numbers_are_assigned_replaced_and_taken_away(sandbox: Sandbox, client: Client) -> None:
    first, second, third = (did["id"] for did in sandbox.dids()[:3])
    body = trunk_body({"dids": many(first, second)})
    id_ = client.send("POST", TRUNKS, body).json()["data"]["id"]
    for linkage, expected in ((many(third), [third]), (many(), [])):
        assert client.patch(id_, {"dids": linkage}).status_code == 200
        read = client.get(f"{TRUNKS}/{id_}?include=dids")
        linked = read["data"]["relationships"]["dids"]["data"]
        assert [did["id"] for did in linked] == expected


def test_a_write_is_answered_without_linkage_unless_included(
    sandbox: Sandbox, client: Client
) -> None:
    did = sandbox.dids()[0]["id"]
    body = trunk_body({"dids": many(did)})
    answer = client.send("POST", f"{TRUNKS}?include=dids", body).json()
    assert [other["id"] for other in answer["included"]] == [did]
    changed = client.patch(answer["data"]["id"], {"dids": many(did)}).json()
    assert "data" not in changed["data"]["relationships"]["dids"]


def test_allowing_any_number_unassigns_those_there_were(sandbox: Sandbox, client: Client) -> None:
    did = sandbox.dids()[0]["id"]
    id_ = client.send("POST", TRUNKS, trunk_body({"dids": many(did)})).json()["data"]["id"]
    client.patch(id_, allow_any_did_as_cli=True)
    stored = sandbox.trunk(id_)
    assert stored is not None
    assert stored["dids"] == []
    answer = client.patch(id_, {"dids": many(did)}, allow_any_did_as_cli=False)
    assert answer.status_code == 200


def test_enabling_emergency_for_all_links_every_enabled_number(
    sandbox: Sandbox, client: Client
) -> None:
    first, second = (did["id"] for did in sandbox.dids()[:2])
    for did in sandbox.dids():
        sandbox.change_did(did["id"], emergency_enabled=did["id"] in (first, second))
    created = client.create(emergency_enable_all=True)
    path = f"{TRUNKS}/{created['id']}?include=emergency_dids"
    linked = client.get(path)["data"]["relationships"]["emergency_dids"]["data"]
    assert {did["id"] for did in linked} == {first, second}
    third = sandbox.dids()[2]["id"]
    sandbox.change_did(third, emergency_enabled=True)
    linked = client.get(path)["data"]["relationships"]["emergency_dids"]["data"]
    assert {did["id"] for did in linked} == {first, second, third}
    client.patch(created["id"], {"emergency_dids": many(second)}, emergency_enable_all=False)
    linked = client.get(path)["data"]["relationships"]["emergency_dids"]["data"]
    assert [did["id"] for did in linked] == [second]


def test_a_default_number_is_kept_until_the_action_changes(
    sandbox: Sandbox, client: Client
) -> None:
    did = sandbox.dids()[0]["id"]
    relations = {"default_did": {"data": {"type": "dids", "id": did}}}
    body = trunk_body(relations, on_cli_mismatch_action="replace_cli")
    id_ = client.send("POST", TRUNKS, body).json()["data"]["id"]
    client.patch(id_, name="Renamed")
    found = client.get(f"{TRUNKS}?filter[default_did.id]={did}")
    assert [trunk["id"] for trunk in found["data"]] == [id_]
    client.patch(id_, on_cli_mismatch_action="reject_call")
    assert client.get(f"{TRUNKS}?filter[default_did.id]={did}")["data"] == []


def test_raising_the_limit_above_the_spending_lifts_the_mark(
    sandbox: Sandbox, client: Client
) -> None:
    trunk = sandbox.create_trunk(
        spent_amount="55.0", threshold_amount="50.0", threshold_reached=True
    )
    changed = client.patch(trunk["id"], threshold_amount="100").json()["data"]
    assert changed["attributes"]["threshold_reached"] is False
    assert changed["meta"] == {"spent_amount": "55.0"}


def test_relationship_links_add_and_remove(sandbox: Sandbox, client: Client) -> None:
    first, second, third = (did["id"] for did in sandbox.dids()[:3])
    id_ = client.create()["id"]
    path = f"{TRUNKS}/{id_}/relationships/dids"
    steps = [
        ("PATCH", many(first, second), [first, second]),
        ("POST", many(second, third), [first, second, third]),
        ("DELETE", many(first), [second, third]),
    ]
    for verb, linkage, expected in steps:
        assert client.send(verb, path, linkage, is_checked=False).status_code == 204
        read = client.send("GET", path, is_checked=False).json()
        assert [did["id"] for did in read["data"]] == expected
    related = client.send("GET", f"{TRUNKS}/{id_}/dids", is_checked=False).json()
    assert related["meta"]["total_records"] == 2


def test_credentials_are_regenerated_and_not_shown(sandbox: Sandbox, client: Client) -> None:
    created = client.create()
    path = "/voice_out_trunk_regenerate_credentials"
    answer = client.send("POST", path, regeneration(created["id"]))
    assert answer.status_code == 201
    assert answer.json()["data"] == {
        "id": created["id"],
        "type": "voice_out_trunk_regenerate_credentials",
    }
    read = client.get(f"{TRUNKS}/{created['id']}")["data"]
    assert set(_credentials(read)).isdisjoint(_credentials(created))


def test_a_deleted_trunk_is_gone_and_its_numbers_stay(sandbox: Sandbox, client: Client) -> None:
    did = sandbox.dids()[0]["id"]
    id_ = client.send("POST", TRUNKS, trunk_body({"dids": many(did)})).json()["data"]["id"]
    answer = client.send("DELETE", f"{TRUNKS}/{id_}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert sandbox.trunk(id_) is None
    assert client.refusal("GET", f"{TRUNKS}/{id_}")[0] == 404
    assert client.refusal("PATCH", f"{TRUNKS}/{id_}", {"data": {}})[0] == 404
    assert client.get(f"/dids/{did}")["data"]["id"] == did


def test_a_number_can_be_described_and_cancelled(sandbox: Sandbox, client: Client) -> None:
    did = sandbox.dids()[0]
    attributes = {"description": "Front desk", "terminated": True, "capacity_limit": 5}
    body = {"data": {"type": "dids", "id": did["id"], "attributes": attributes}}
    answer = client.send("PATCH", f"/dids/{did['id']}", body)
    assert answer.status_code == 200
    stored = sandbox.did(did["id"])
    assert stored is not None
    assert stored["attributes"] == did["attributes"] | attributes


def test_a_number_led_to_a_group_leaves_its_trunk(sandbox: Sandbox, client: Client) -> None:
    id_ = sandbox.dids()[0]["id"]
    for name, other in (
        ("voice_in_trunk", "voice_in_trunk_group"),
        ("voice_in_trunk_group", "voice_in_trunk"),
    ):
        target = sandbox.upstream.store.all(f"{name}s")[0].id
        relations = {name: {"data": {"type": f"{name}s", "id": target}}}
        body = {"data": {"type": "dids", "id": id_, "relationships": relations}}
        assert client.send("PATCH", f"/dids/{id_}", body).status_code == 200
        stored = sandbox.did(id_)
        assert stored is not None
        assert (stored[name], stored[other]) == (target, None)


def test_a_number_joins_a_pool_and_leaves_it(sandbox: Sandbox, client: Client) -> None:
    id_ = sandbox.dids()[0]["id"]
    pool = sandbox.upstream.store.all("capacity_pools")[0].id
    for linkage in ({"type": "capacity_pools", "id": pool}, None):
        relations = {"capacity_pool": {"data": linkage}}
        body = {"data": {"type": "dids", "id": id_, "relationships": relations}}
        answer = client.send("PATCH", f"/dids/{id_}?include=capacity_pool", body)
        assert answer.json()["data"]["relationships"]["capacity_pool"]["data"] == linkage
