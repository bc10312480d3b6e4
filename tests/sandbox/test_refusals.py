"""What is refused: the recorded refusals word for word, and every documented rule."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Client, by_address, by_sid, many, trunk_body
from trunks.sandbox import Sandbox

TRUNKS = "/voice_out_trunks"
_RECORDED = sorted((Path(__file__).parents[1] / "upstream" / "recorded").glob("*.json"))
RECORDINGS = {path.stem: json.loads(path.read_text()) for path in _RECORDED}
UNKNOWN = "0a161808-bb05-42b1-8398-7888abdfa9ef"


def _complaints(answer: Any) -> list[tuple[str, str]]:
    """Pointer and title of each error."""
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert {error["code"] for error in errors} == {"100"}
    return [(error["source"]["pointer"], error["title"]) for error in errors]


@pytest.mark.parametrize("name", [name for name in RECORDINGS if "-422-" in name])
def test_a_recorded_refusal_is_reproduced_word_for_word(
    sandbox: Sandbox, client: Client, name: str
) -> None:
    recording = copy.deepcopy(RECORDINGS[name])
    body, path = recording["request_body"], recording["path"].removeprefix("/v3")
    if recording["method"] == "PATCH":
        trunk = sandbox.create_trunk(id=path.rpartition("/")[2])
        body["data"]["id"] = trunk["id"]
    answer = client.send(recording["method"], path, body)
    assert answer.status_code == recording["status"]
    assert answer.json() == recording["response_body"]


def test_a_deleted_trunk_is_refused_as_recorded(sandbox: Sandbox, client: Client) -> None:
    recording = RECORDINGS["delete-voice-out-trunk-404-not-found"]
    path = recording["path"].removeprefix("/v3")
    sandbox.create_trunk(id=path.rpartition("/")[2])
    assert client.send("DELETE", path).status_code == 204
    answer = client.send("DELETE", path)
    assert (answer.status_code, answer.json()) == (404, recording["response_body"])


@pytest.mark.parametrize("name", [name for name in RECORDINGS if "-201-created-" in name])
def test_a_recorded_create_is_answered_in_the_recorded_shape(client: Client, name: str) -> None:
    recording = RECORDINGS[name]
    answer = client.send("POST", TRUNKS, recording["request_body"]).json()
    expected = copy.deepcopy(recording["response_body"])
    for document in (answer, expected):
        document["data"]["id"] = ""
        document["data"]["relationships"] = list(document["data"]["relationships"])
        document["data"]["attributes"]["created_at"] = ""
        method = document["data"]["attributes"]["authentication_method"]["attributes"]
        for given in ("username", "password", "twilio_account_sid"):
            if given in method:
                method[given] = len(method[given])
    assert answer == expected
    assert list(answer["data"]["attributes"]) == list(expected["data"]["attributes"])


def test_what_a_create_needs_is_asked_for(client: Client) -> None:
    body = {"data": {"type": "voice_out_trunks", "attributes": {}}}
    complaints = _complaints(client.send("POST", TRUNKS, body))
    assert complaints == [
        ("/data/attributes/name", "can't be blank"),
        ("/data/attributes/on_cli_mismatch_action", "can't be blank"),
        ("/data/attributes/authentication_method", "can't be blank"),
    ]


def test_a_name_is_taken_for_others_and_not_for_itself(client: Client) -> None:
    first, second = client.create(), client.create(name="Bolt office")
    assert _complaints(client.send("POST", TRUNKS, trunk_body())) == [
        ("/data/attributes/name", "has already been taken")
    ]
    assert client.patch(first["id"], name="Acme call centre").status_code == 200
    assert client.patch(second["id"], name="Acme call centre").json()["errors"][0] == {
        "title": "has already been taken",
        "detail": "name - has already been taken",
        "code": "100",
        "source": {"pointer": "/data/attributes/name"},
        "status": "422",
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("name", " ", "can't be blank"),
        ("status", "asleep", "is not included in the list"),
        ("external_reference_id", "x" * 101, "is too long (maximum is 100 characters)"),
        ("capacity_limit", 0, "must be greater than or equal to 1"),
        ("capacity_limit", 32768, "must be less than or equal to 32767"),
        ("capacity_limit", "many", "is not a number"),
        ("capacity_limit", 1.5, "must be an integer"),
        ("allow_any_did_as_cli", None, "is not included in the list"),
        ("on_cli_mismatch_action", "hang_up", "is not included in the list"),
        ("default_dst_action", "some", "is not included in the list"),
        ("media_encryption_mode", "tls", "is not included in the list"),
        ("dst_prefixes", ["+44"], "is invalid"),
        ("dst_prefixes", None, "is invalid"),
        ("allowed_rtp_ips", ["203.0.113.300"], "is invalid"),
        ("allowed_rtp_ips", ["203.0.113.1", "203.0.113.1/32"], "must be unique"),
        ("rtp_timeout", 29, "must be greater than or equal to 30"),
        ("rtp_timeout", 601, "must be less than or equal to 600"),
        ("rtp_timeout", None, "is not a number"),
        ("threshold_amount", "-1", "must be greater than or equal to 0"),
        ("threshold_amount", "100000.01", "must be less than or equal to 100000"),
        ("threshold_amount", "lots", "is not a number"),
        ("threshold_amount", None, "is not a number"),
        ("callback_url", "ftp://example.com", "is invalid"),
        ("callback_url", "http://", "is invalid"),
        ("callback_url", "javascript:alert(1)", "is invalid"),
        ("authentication_method", "twilio", "is invalid"),
    ],
)
def test_a_value_out_of_its_limits_is_refused_beside_its_name(
    client: Client, name: str, value: Any, message: str
) -> None:
    expected = [(f"/data/attributes/{name}", message)]
    assert _complaints(client.send("POST", TRUNKS, trunk_body(**{name: value}))) == expected
    created = client.create()
    answer = client.patch(created["id"], **{name: value})
    assert _complaints(answer) == expected
    unchanged = client.get(f"{TRUNKS}/{created['id']}")["data"]
    assert unchanged == created


_METHOD = "/data/attributes/authentication_method"
_SUB = f"{_METHOD}/attributes"


@pytest.mark.parametrize(
    ("method", "pointer", "message"),
    [
        (by_address(), _METHOD, "is invalid"),
        (by_address("203.0.113.300"), f"{_SUB}/allowed_sip_ips", "is invalid"),
        (by_address("203.0.113.1/24"), f"{_SUB}/allowed_sip_ips", "is invalid"),
        (by_address("2001:db8::1/32"), f"{_SUB}/allowed_sip_ips", "is invalid"),
        (by_address("fe80::1%eth0"), f"{_SUB}/allowed_sip_ips", "is invalid"),
        (
            by_address("203.0.113.1", "203.0.113.1/32"),
            f"{_SUB}/allowed_sip_ips",
            "must be unique",
        ),
        (
            by_address("2001:DB8:0::1", "2001:db8::1"),
            f"{_SUB}/allowed_sip_ips",
            "must be unique",
        ),
        (
            by_address(*(f"203.0.113.{n}" for n in range(61))),
            f"{_SUB}/allowed_sip_ips",
            "is too long (maximum is 60 elements)",
        ),
        (by_address("203.0.113.1", tech_prefix=""), f"{_SUB}/tech_prefix", "is invalid"),
        (by_address("203.0.113.1", tech_prefix="12a"), f"{_SUB}/tech_prefix", "is invalid"),
        (
            by_address("203.0.113.1", tech_prefix="123456789"),
            f"{_SUB}/tech_prefix",
            "is too long (maximum is 8 characters)",
        ),
        (by_sid(""), f"{_SUB}/twilio_account_sid", "can't be blank"),
        (by_sid("AC12"), f"{_SUB}/twilio_account_sid", "is invalid"),
        (
            {
                "type": "twilio",
                "attributes": {"twilio_account_sid": "AC" + "0" * 32, "tech_prefix": "12"},
            },
            f"{_SUB}/tech_prefix",
            "must be blank",
        ),
        (
            {"type": "smoke_signals", "attributes": {}},
            f"{_METHOD}/type",
            "is not included in the list",
        ),
        ({"attributes": {}}, f"{_METHOD}/type", "can't be blank"),
    ],
)
def test_a_bad_method_is_refused_where_it_is_bad(
    client: Client, method: dict[str, Any], pointer: str, message: str
) -> None:
    answer = client.send("POST", TRUNKS, trunk_body(authentication_method=method))
    assert _complaints(answer) == [(pointer, message)]


def test_a_sid_is_unique(client: Client) -> None:
    client.create(authentication_method=by_sid())
    taken = by_sid("AC0123456789ABCDEF0123456789abcdef")
    answer = client.send("POST", TRUNKS, trunk_body(name="Bolt", authentication_method=taken))
    assert _complaints(answer) == [(f"{_SUB}/twilio_account_sid", "has already been taken")]


@pytest.mark.parametrize("type_", ["credentials_and_ip", "ip_only", "twilio"])
def test_nothing_can_be_switched_to_ip_only(sandbox: Sandbox, client: Client, type_: str) -> None:
    method = {"type": type_, "attributes": {"allowed_sip_ips": ["203.0.113.9/32"]}}
    trunk = sandbox.create_trunk(authentication_method=method)
    wanted = {"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.9/32"]}}
    answer = client.patch(trunk["id"], authentication_method=wanted)
    assert _complaints(answer) == [(f"{_METHOD}/type", "is not allowed for update")]


@pytest.mark.parametrize("name", ["created_at", "threshold_reached", "colour", "allowed_sip_ips"])
def test_an_attribute_that_is_not_accepted_is_named(client: Client, name: str) -> None:
    expected = {
        "title": "Param not allowed",
        "detail": f"{name} is not allowed.",
        "code": "105",
        "status": "400",
    }
    assert client.refusal("POST", TRUNKS, trunk_body(**{name: "x"})) == (400, [expected])
    created = client.create()
    answer = client.patch(created["id"], **{name: "x"})
    assert (answer.status_code, answer.json()["errors"]) == (400, [expected])


def test_a_write_with_a_bad_query_does_not_happen(sandbox: Sandbox, client: Client) -> None:
    status, errors = client.refusal("POST", f"{TRUNKS}?include=default_did", trunk_body())
    assert (status, errors[0]["code"]) == (400, "112")
    assert sandbox.trunks() == []


def test_text_that_could_not_be_sent_back_is_refused(client: Client) -> None:
    assert client.refusal("POST", TRUNKS, trunk_body(name="half \ud800"))[0] == 400


def test_generated_credentials_cannot_be_sent(client: Client) -> None:
    method = by_address("203.0.113.1", username="sam", password="secret")
    status, errors = client.refusal("POST", TRUNKS, trunk_body(authentication_method=method))
    assert status == 400
    assert [error["detail"] for error in errors] == [
        "username is not allowed.",
        "password is not allowed.",
    ]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "106"),
        ({"data": []}, "122"),
        ({"data": {"attributes": {}}}, "106"),
        ({"data": {"type": "dids", "attributes": {}}}, "116"),
        ({"data": {"type": "voice_out_trunks", "attributes": [], "id": "x"}}, "400"),
        ({"data": {"type": "voice_out_trunks", "attributes": {}, "id": "x"}}, "105"),
        ({"data": {"type": "voice_out_trunks", "attributes": {}, "meta": {}}}, "105"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"trunk": {"data": None}}}}, "105"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"dids": []}}}, "115"),
    ],
)
def test_a_document_out_of_shape_is_refused(client: Client, document: Any, code: str) -> None:
    status, errors = client.refusal("POST", TRUNKS, document)
    assert (status, errors[0]["code"]) == (400, code)


def test_an_update_must_name_its_own_trunk(client: Client) -> None:
    created = client.create()
    path = f"{TRUNKS}/{created['id']}"
    for id_, code in ((None, "106"), (UNKNOWN, "109")):
        data: dict[str, Any] = {"type": "voice_out_trunks", "id": id_, "attributes": {}}
        status, errors = client.refusal("PATCH", path, {"data": data})
        assert (status, errors[0]["code"]) == (400, code)


def test_numbers_and_the_any_number_flag_exclude_each_other(
    sandbox: Sandbox, client: Client
) -> None:
    did = sandbox.dids()[0]["id"]
    body = trunk_body({"dids": many(did)}, allow_any_did_as_cli=True)
    complaint = [("/data/relationships/dids", "must be blank")]
    assert _complaints(client.send("POST", TRUNKS, body)) == complaint
    created = client.create(allow_any_did_as_cli=True)
    assert _complaints(client.patch(created["id"], {"dids": many(did)})) == complaint


def test_emergency_numbers_and_their_flag_exclude_each_other(
    sandbox: Sandbox, client: Client
) -> None:
    did = sandbox.dids()[0]["id"]
    sandbox.change_did(did, emergency_enabled=True)
    created = client.create(emergency_enable_all=True)
    relations = {"emergency_dids": many(did)}
    complaint = [("/data/relationships/emergency_dids", "must be blank")]
    assert _complaints(client.patch(created["id"], relations)) == complaint
    answer = client.patch(created["id"], relations, emergency_enable_all=False)
    assert answer.status_code == 200


def test_some_numbers_cannot_be_a_trunks(sandbox: Sandbox, client: Client) -> None:
    first, second = (did["id"] for did in sandbox.dids()[:2])
    sandbox.change_did(second, awaiting_registration=True)
    created = client.create()
    cases = [
        (many(first, second), "/data/relationships/dids/1", "is awaiting registration"),
        (many(UNKNOWN), "/data/relationships/dids/0", "is invalid"),
        (many(first, first), "/data/relationships/dids", "must be unique"),
    ]
    for linkage, pointer, message in cases:
        answer = client.patch(created["id"], {"dids": linkage})
        assert _complaints(answer) == [(pointer, message)]
    sandbox.change_did(first, emergency_enabled=False)
    answer = client.patch(created["id"], {"emergency_dids": many(first)})
    pointer = "/data/relationships/emergency_dids/0"
    assert _complaints(answer) == [(pointer, "is not enabled for emergency calls")]


def test_a_default_number_belongs_to_replace_cli_only(sandbox: Sandbox, client: Client) -> None:
    did = {"data": {"type": "dids", "id": sandbox.dids()[0]["id"]}}
    pointer = "/data/relationships/default_did"
    missing = client.send("POST", TRUNKS, trunk_body(on_cli_mismatch_action="replace_cli"))
    assert _complaints(missing) == [(pointer, "can't be blank")]
    unwanted = client.send("POST", TRUNKS, trunk_body({"default_did": did}))
    assert _complaints(unwanted) == [(pointer, "must be blank")]
    body = trunk_body({"default_did": did}, on_cli_mismatch_action="replace_cli")
    created = client.send("POST", TRUNKS, body).json()["data"]
    cleared = client.patch(created["id"], {"default_did": {"data": None}})
    assert _complaints(cleared) == [(pointer, "can't be blank")]


def test_gated_actions_need_their_feature(sandbox: Sandbox, client: Client) -> None:
    sandbox.settings(features=[])
    for action in ("replace_cli", "randomize_cli"):
        answer = client.send("POST", TRUNKS, trunk_body(on_cli_mismatch_action=action))
        pointer = "/data/attributes/on_cli_mismatch_action"
        assert _complaints(answer) == [(pointer, "is not included in the list")]
        path = f"{TRUNKS}?filter[on_cli_mismatch_action]={action}"
        assert client.refusal("GET", path)[1][0]["code"] == "107"
    body = trunk_body({"default_did": {"data": None}})
    status, errors = client.refusal("POST", TRUNKS, body)
    assert (status, errors[0]["detail"]) == (400, "default_did is not allowed.")


@pytest.mark.parametrize("method", [by_sid(), {"type": "ip_only", "attributes": {}}])
def test_only_credentials_can_be_regenerated(
    sandbox: Sandbox, client: Client, method: dict[str, Any]
) -> None:
    trunk = sandbox.create_trunk(authentication_method=method)
    for id_ in (trunk["id"], UNKNOWN):
        body = regeneration(id_)
        answer = client.send("POST", "/voice_out_trunk_regenerate_credentials", body)
        assert _complaints(answer) == [("/data/relationships/voice_out_trunk", "is invalid")]


def test_a_regeneration_takes_no_attribute(client: Client) -> None:
    body = regeneration(client.create()["id"])
    body["data"]["attributes"] = {"length": 32}
    path = "/voice_out_trunk_regenerate_credentials"
    assert client.refusal("POST", path, body)[1][0]["detail"] == "length is not allowed."


def regeneration(id_: str) -> dict[str, Any]:
    linkage = {"data": {"type": "voice_out_trunks", "id": id_}}
    data = {
        "type": "voice_out_trunk_regenerate_credentials",
        "relationships": {"voice_out_trunk": linkage},
    }
    return {"data": data}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("capacity_limit", 0, "must be greater than or equal to 1"),
        ("capacity_limit", 32768, "must be less than or equal to 32767"),
        ("billing_cycles_count", 1000, "must be less than or equal to 999"),
        ("dedicated_channels_count", -1, "must be greater than or equal to 0"),
        ("terminated", None, "is not included in the list"),
        ("description", 5, "is invalid"),
    ],
)
def test_a_number_has_limits_too(
    sandbox: Sandbox, client: Client, name: str, value: Any, message: str
) -> None:
    id_ = sandbox.dids()[0]["id"]
    body = {"data": {"type": "dids", "id": id_, "attributes": {name: value}}}
    assert _complaints(client.send("PATCH", f"/dids/{id_}", body)) == [
        (f"/data/attributes/{name}", message)
    ]


def test_a_number_leads_to_what_exists_and_to_one_place_only(
    sandbox: Sandbox, client: Client
) -> None:
    did = sandbox.dids()[0]["id"]
    trunk = _link(sandbox, "voice_in_trunks")
    group = _link(sandbox, "voice_in_trunk_groups")
    nowhere = {"data": {"type": "voice_in_trunks", "id": UNKNOWN}}
    cases = [
        ({"voice_in_trunk": nowhere}, [("voice_in_trunk", "is invalid")]),
        (
            {"voice_in_trunk": trunk, "voice_in_trunk_group": group},
            [("voice_in_trunk", "must be blank"), ("voice_in_trunk_group", "must be blank")],
        ),
    ]
    for relations, expected in cases:
        body = {"data": {"type": "dids", "id": did, "relationships": relations}}
        complaints = _complaints(client.send("PATCH", f"/dids/{did}", body))
        assert complaints == [(f"/data/relationships/{n}", message) for n, message in expected]


def _link(sandbox: Sandbox, type_: str) -> dict[str, Any]:
    return {"data": {"type": type_, "id": sandbox.upstream.store.all(type_)[0].id}}


def test_of_a_number_little_can_be_written(sandbox: Sandbox, client: Client) -> None:
    id_ = sandbox.dids()[0]["id"]
    body = {"data": {"type": "dids", "id": id_, "attributes": {"number": "1", "blocked": True}}}
    assert client.refusal("PATCH", f"/dids/{id_}", body)[1][0]["detail"] == "number is not allowed."
    linkage = {"order": {"data": None}}
    body = {"data": {"type": "dids", "id": id_, "relationships": linkage}}
    assert client.refusal("PATCH", f"/dids/{id_}", body)[1][0]["detail"] == "order is not allowed."
    service = {"data": {"type": "emergency_calling_services", "id": UNKNOWN}}
    body = {
        "data": {"type": "dids", "id": id_, "relationships": {"emergency_calling_service": service}}
    }
    answer = client.send("PATCH", f"/dids/{id_}", body)
    pointer = "/data/relationships/emergency_calling_service"
    assert _complaints(answer) == [(pointer, "must be blank")]
