"""Changes by someone else, by method and by request; the log of requests; settings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, trunk_body
from trunks.sandbox import ABSENT, Sandbox

TRUNKS = "/voice_out_trunks"


def _read(client: Client, id_: str) -> dict[str, Any]:
    """Unchecked, because someone else may have made it break the contract."""
    answer = client.send("GET", f"{TRUNKS}/{id_}?include=dids,emergency_dids", is_checked=False)
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_anything_can_be_changed_behind_our_back(sandbox: Sandbox, client: Client) -> None:
    did = sandbox.dids()[0]["id"]
    id_ = client.create()["id"]
    sandbox.change_trunk(
        id_,
        name="Renamed elsewhere",
        status="hibernating",
        rtp_timeout=None,
        capacity_limit=ABSENT,
        dids=[did],
        emergency_dids=[did],
        spent_amount="12.5",
        password="changed-elsewhere",
    )
    trunk = _read(client, id_)
    attributes = trunk["attributes"]
    assert attributes["name"] == "Renamed elsewhere"
    assert attributes["status"] == "hibernating"
    assert attributes["rtp_timeout"] is None
    assert "capacity_limit" not in attributes
    assert attributes["authentication_method"]["attributes"]["password"] == "changed-elsewhere"
    for name in ("dids", "emergency_dids"):
        assert trunk["relationships"][name]["data"] == [{"type": "dids", "id": did}]
    assert trunk["meta"] == {"spent_amount": "12.5"}


def test_the_same_by_request(sandbox: Sandbox, client: Client) -> None:
    id_ = client.create()["id"]
    values = {"name": "Renamed elsewhere", "absent": ["rtp_timeout"], "spent_amount": "3.0"}
    client.control("PATCH", f"/trunks/{id_}", values)
    trunk = _read(client, id_)
    assert trunk["attributes"]["name"] == "Renamed elsewhere"
    assert "rtp_timeout" not in trunk["attributes"]
    assert client.control("GET", f"/trunks/{id_}") == sandbox.trunk(id_)
    client.control("DELETE", f"/trunks/{id_}")
    assert client.control("GET", "/trunks") == []
    assert client.refusal("GET", f"{TRUNKS}/{id_}")[0] == 404


def test_a_trunk_of_the_future_can_be_made(sandbox: Sandbox, client: Client) -> None:
    method = {"type": "certificate", "attributes": {"fingerprint": "ab:cd", "secret": "s"}}
    trunk = client.control(
        "POST", "/trunks", {"attributes": {"authentication_method": method, "quantum": True}}
    )
    attributes = _read(client, trunk["id"])["attributes"]
    assert attributes["authentication_method"] == method
    assert attributes["quantum"] is True
    page = client.send("GET", f"{TRUNKS}?sort=name&filter[name_contains]=t", is_checked=False)
    assert page.json()["meta"]["total_records"] == 1


def test_a_made_trunk_has_credentials_and_satisfies_the_contract(
    sandbox: Sandbox, client: Client
) -> None:
    trunk = sandbox.create_trunk(name="By hand")
    data = client.get(f"{TRUNKS}/{trunk['id']}")["data"]
    assert data["attributes"] == trunk["attributes"]
    assert len(data["attributes"]["authentication_method"]["attributes"]["password"]) == 16


def test_an_ip_only_trunk_can_be_made(sandbox: Sandbox, client: Client) -> None:
    attributes = {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": "99#"}
    method = {"type": "ip_only", "attributes": attributes}
    trunk = sandbox.create_trunk(authentication_method=method)
    shown = client.get(f"{TRUNKS}/{trunk['id']}")["data"]["attributes"]
    assert shown["authentication_method"] == method


def test_credentials_are_changed_by_someone_else(sandbox: Sandbox, client: Client) -> None:
    created = client.create()
    before = created["attributes"]["authentication_method"]["attributes"]
    client.control("POST", f"/regenerate/{created['id']}")
    stored = sandbox.trunk(created["id"])
    assert stored is not None
    after = stored["attributes"]["authentication_method"]["attributes"]
    assert after["password"] != before["password"]
    assert after["allowed_sip_ips"] == before["allowed_sip_ips"]


def test_a_number_comes_and_leaves_every_trunk(sandbox: Sandbox, client: Client) -> None:
    did = sandbox.create_did(number="37167550999", description="New")
    trunk = sandbox.create_trunk(dids=[did["id"]])
    assert client.get(f"/dids/{did['id']}")["data"]["attributes"]["number"] == "37167550999"
    listed = client.get("/dids?filter[did_group.features]=voice_out&page[size]=100")
    assert did["id"] in [other["id"] for other in listed["data"]]
    sandbox.delete_did(did["id"])
    assert _read(client, trunk["id"])["relationships"]["dids"]["data"] == []
    assert sandbox.did(did["id"]) is None


def test_what_is_handed_out_is_a_copy(sandbox: Sandbox) -> None:
    trunk = sandbox.create_trunk()
    trunk["attributes"]["name"] = "Changed in the test only"
    stored = sandbox.trunk(trunk["id"])
    assert stored is not None
    assert stored["attributes"]["name"] != "Changed in the test only"


def test_requests_are_logged_with_what_they_carried(sandbox: Sandbox, client: Client) -> None:
    sandbox.clear_requests()
    client.create(name="Logged")
    client.send("GET", f"{TRUNKS}?page[size]=5&sort=name", X_DIDWW_API_Version="2026-04-16")
    first, second = sandbox.requests
    assert (first["method"], first["path"], first["status"]) == ("POST", f"/v3{TRUNKS}", 201)
    assert first["body"] == trunk_body(name="Logged")
    assert second["query"] == {"page[size]": "5", "sort": "name"}
    assert second["headers"]["x-didww-api-version"] == "2026-04-16"
    assert first["time"] <= second["time"]
    assert client.control("GET", "/requests") == sandbox.requests
    client.control("DELETE", "/requests")
    assert sandbox.requests == []


def test_faults_are_asked_for_listed_and_cleared_by_request(
    sandbox: Sandbox, client: Client
) -> None:
    made = client.control("POST", "/faults", {"kind": "status", "status": 503, "times": 9})
    client.control("POST", "/faults", {"kind": "latency", "seconds": 0.01})
    assert client.send("GET", TRUNKS, is_checked=False).status_code == 503
    listed = client.control("GET", "/faults")
    assert [(fault["kind"], fault["times"]) for fault in listed] == [("status", 8)]
    client.control("DELETE", f"/faults/{made['id']}")
    assert client.send("GET", TRUNKS).status_code == 200


def test_settings_change_what_is_served(sandbox: Sandbox, client: Client) -> None:
    values = {"max_page_size_trunks": 2, "max_page_size_dids": 5, "features": ["replace_cli"]}
    shown = client.control("PATCH", "/settings", values)
    assert shown == client.control("GET", "/settings") == sandbox.settings()
    assert shown["features"] == ["replace_cli"]
    assert client.refusal("GET", f"{TRUNKS}?page[size]=3")[0] == 400
    assert client.refusal("GET", "/dids?page[size]=6")[0] == 400
    sandbox.settings(api_key="another")
    assert client.refusal("GET", TRUNKS)[0] == 401


def test_a_reset_brings_the_first_state_back(sandbox: Sandbox, client: Client) -> None:
    before = sandbox.dids()
    client.create()
    sandbox.change_did(before[0]["id"], description="Changed")
    sandbox.settings(max_page_size_dids=1)
    sandbox.fault("status", status=503, path="/nowhere")
    client.control("POST", "/reset")
    assert sandbox.dids() == before
    assert sandbox.trunks() == []
    assert sandbox.faults() == []
    assert sandbox.settings()["max_page_size_dids"] == 100
    client.control("POST", "/reset", {"trunks": 3})
    assert len(sandbox.trunks()) == 3


@pytest.mark.parametrize(
    ("method", "path", "values", "status"),
    [
        ("GET", "/trunks/unknown", None, 404),
        ("PATCH", "/trunks/unknown", {"name": "x"}, 404),
        ("POST", "/faults", {"kind": "flood"}, 400),
        ("POST", "/faults", {"colour": "red"}, 400),
        ("PATCH", "/settings", {"colour": "red"}, 400),
        ("GET", "/elephants", None, 400),
    ],
)
def test_a_mistaken_control_request_is_answered_with_a_reason(
    sandbox: Sandbox, client: Client, method: str, path: str, values: Any, status: int
) -> None:
    url = sandbox.url.removesuffix("/v3") + f"/control{path}"
    answer = client.session.request(method, url, json=values, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_control_path_needs_the_key_too(sandbox: Sandbox, client: Client) -> None:
    url = sandbox.url.removesuffix("/v3") + "/control/requests"
    answer = client.session.get(url, headers={"Api-Key": "wrong"}, timeout=5)
    assert answer.status_code == 401
