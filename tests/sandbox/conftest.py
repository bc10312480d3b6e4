"""A served sandbox, and a client that holds every answer against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests import contract
from trunks.sandbox import Sandbox

MEDIA_TYPE = "application/vnd.api+json"


class Client:
    """Speaks JSON:API to one sandbox; `checked` answers must satisfy the contract."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Api-Key": sandbox.api_key, "Accept": MEDIA_TYPE})

    def send(
        self, method: str, path: str, body: Any = None, *, is_checked: bool = True, **headers: str
    ) -> requests.Response:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            extra = {"Content-Type": MEDIA_TYPE} | extra
        url = f"{self.sandbox.url}{path}"
        answer = self.session.request(method, url, json=body, headers=extra, timeout=10)
        if is_checked:
            parsed = answer.json() if answer.content else None
            contract.validate_response(method, f"/v3{path}", answer.status_code, parsed)
        return answer

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, list[Any]]:
        """Status and error objects of a request that must be refused."""
        answer = self.send(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["errors"]

    def control(self, method: str, path: str, values: Any = None) -> Any:
        url = self.sandbox.url.removesuffix("/v3") + f"/control{path}"
        answer = self.session.request(method, url, json=values, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, **changes: Any) -> dict[str, Any]:
        answer = self.send("POST", "/voice_out_trunks", trunk_body(**changes))
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()["data"]
        return created

    def patch(self, id_: str, relationships: Any = None, **attributes: Any) -> requests.Response:
        data: dict[str, Any] = {"type": "voice_out_trunks", "id": id_, "attributes": attributes}
        if relationships is not None:
            data["relationships"] = relationships
        return self.send("PATCH", f"/voice_out_trunks/{id_}", {"data": data})


def by_address(*networks: str, **attributes: Any) -> dict[str, Any]:
    sub = {"allowed_sip_ips": list(networks), **attributes}
    return {"type": "credentials_and_ip", "attributes": sub}


def by_sid(sid: str = "AC0123456789abcdef0123456789abcdef") -> dict[str, Any]:
    return {"type": "twilio", "attributes": {"twilio_account_sid": sid}}


def many(*ids: str) -> dict[str, Any]:
    return {"data": [{"type": "dids", "id": id_} for id_ in ids]}


def trunk_body(relationships: Any = None, **changes: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "name": "Acme call centre",
        "on_cli_mismatch_action": "reject_call",
        "authentication_method": by_address("203.0.113.10"),
    }
    data: dict[str, Any] = {"type": "voice_out_trunks", "attributes": attributes | changes}
    if relationships is not None:
        data["relationships"] = relationships
    return {"data": data}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Empty but for twelve numbers."""
    with Sandbox(dids=12) as served:
        yield served


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture(scope="package")
def busy() -> Iterator[Sandbox]:
    """A seeded account of 120 trunks and 300 numbers; tests only read it."""
    with Sandbox(trunks=120, dids=300) as served:
        yield served


@pytest.fixture
def reader(busy: Sandbox) -> Client:
    return Client(busy)
