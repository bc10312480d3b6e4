"""A program that speaks JSON:API, holding every answer it gets against the upstream's contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests import contract
from trunks.services.pulling import pull

MEDIA_TYPE = "application/vnd.api+json"
ROOT = "/api/v3"
DECLARED = {
    ("GET", "voice_out_trunks"),
    ("POST", "voice_out_trunks"),
    ("GET", "voice_out_trunks/id"),
    ("PATCH", "voice_out_trunks/id"),
    ("DELETE", "voice_out_trunks/id"),
    ("POST", "voice_out_trunk_regenerate_credentials"),
    ("GET", "dids"),
    ("GET", "dids/id"),
}


class Program:
    """Requests below /api/v3 with one token; `send` checks whatever comes back."""

    def __init__(self, token: str | None, *, sees_passwords: bool = False) -> None:
        self.token = token
        self.sees_passwords = sees_passwords
        self.http = Client()

    def send(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Any:
        given = {"Api-Key": self.token} if self.token else {}
        given |= {"Accept": MEDIA_TYPE}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = given.pop("Content-Type", MEDIA_TYPE)
        data = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        answer = self.http.generic(method, ROOT + path, data, content_type, headers=given)
        self.check(method, path, answer)
        return answer

    def check(self, method: str, path: str, answer: Any) -> None:
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Request-Id"]
        body = json.loads(answer.content) if answer.content else None
        if answer.status_code == 204:
            assert body is None
            return
        assert answer["Content-Type"] == MEDIA_TYPE
        if answer.status_code >= 400:
            check_errors(body, answer.status_code)
        if answer.status_code != 202 and is_declared(method, path):
            contract.validate_response(
                method,
                ROOT + path,
                answer.status_code,
                body,
                may_lack_password=not self.sees_passwords,
            )

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.content
        document: dict[str, Any] = json.loads(answer.content)
        return document

    def refusal(self, method: str, path: str, body: Any = None, **more: Any) -> Refused:
        answer = self.send(method, path, body, **more)
        assert answer.status_code >= 400, answer.content
        return Refused(answer.status_code, json.loads(answer.content)["errors"], answer)

    def create(self, relationships: Any = None, **attributes: Any) -> dict[str, Any]:
        answer = self.send("POST", "/voice_out_trunks", trunk_body(relationships, **attributes))
        assert answer.status_code == 201, answer.content
        data: dict[str, Any] = json.loads(answer.content)["data"]
        return data

    def patch(self, id_: str, relationships: Any = None, **attributes: Any) -> Any:
        body = update_body(id_, relationships, **attributes)
        return self.send("PATCH", f"/voice_out_trunks/{id_}", body)


class Refused:
    """A refusal: its status, its error objects, and the answer itself."""

    def __init__(self, status: int, errors: list[dict[str, Any]], answer: Any) -> None:
        self.status = status
        self.errors = errors
        self.answer = answer

    @property
    def brief(self) -> tuple[int, str]:
        return self.status, self.errors[0]["code"]

    @property
    def pointers(self) -> set[str]:
        return {error["source"]["pointer"] for error in self.errors if "source" in error}


def check_errors(body: Any, status: int) -> None:
    assert set(body) == {"errors"}
    assert body["errors"]
    for error in body["errors"]:
        assert {"title", "detail", "code", "status"} <= set(error), error
        assert set(error) <= {"title", "detail", "code", "status", "source", "meta"}
        assert all(isinstance(error[n], str) for n in ("title", "detail", "code", "status"))
    assert body["errors"][0]["status"] == str(status)


def is_declared(method: str, path: str) -> bool:
    """Whether the upstream's contract knows the operation."""
    parts = urlsplit(path).path.strip("/").split("/")
    shape = [parts[0], *("id" for _ in parts[1:])]
    return (method, "/".join(shape)) in DECLARED


def trunk_body(relationships: Any = None, **changes: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "name": "Acme call centre",
        "on_cli_mismatch_action": "reject_call",
        "authentication_method": by_address("203.0.113.10"),
    }
    attributes = {n: v for n, v in (attributes | changes).items() if v is not ...}
    data: dict[str, Any] = {"type": "voice_out_trunks", "attributes": attributes}
    if relationships is not None:
        data["relationships"] = relationships
    return {"data": data}


def update_body(id_: str, relationships: Any = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "voice_out_trunks", "id": id_, "attributes": attributes}
    if relationships is not None:
        data["relationships"] = relationships
    return {"data": data}


def regenerate_body(id_: str) -> dict[str, Any]:
    trunk = {"data": {"type": "voice_out_trunks", "id": id_}}
    type_ = "voice_out_trunk_regenerate_credentials"
    return {"data": {"type": type_, "relationships": {"voice_out_trunk": trunk}}}


def by_address(*networks: str, **attributes: Any) -> dict[str, Any]:
    sub = {"allowed_sip_ips": list(networks), **attributes}
    return {"type": "credentials_and_ip", "attributes": sub}


def by_sid(sid: str = "AC0123456789abcdef0123456789abcdef") -> dict[str, Any]:
    return {"type": "twilio", "attributes": {"twilio_account_sid": sid}}


def linked(*ids: str) -> dict[str, Any]:
    return {"data": [{"type": "dids", "id": id_} for id_ in ids]}


@pytest.fixture
def program(api: Callable[..., str]) -> Program:
    """A program that may read and write, and sees no password."""
    return Program(api("read", "write"))


@pytest.fixture
def reader(api: Callable[..., str]) -> Program:
    return Program(api("read"))


@pytest.fixture
def trusted(api: Callable[..., str]) -> Program:
    """A program with every scope."""
    return Program(api("read", "write", "credentials"), sees_passwords=True)


@pytest.fixture
def trunk_with(sandbox: Any, account: Any) -> Callable[..., str]:
    """Makes a trunk upstream, mirrors it, and gives its id."""

    def make(**values: Any) -> str:
        made = sandbox.create_trunk(**values)
        pull(account)
        sandbox.clear_requests()
        return str(made["id"])

    return make
