"""Who may: every route with every set of scopes, and everything that is no token."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Program, linked, regenerate_body, trunk_body, update_body
from trunks.api.urls import urlpatterns
from trunks.domain.secrets import DOTS
from trunks.models import AuditEntry, Change, Did, SyncRun, Token, Trunk
from trunks.models.clock import database_now

pytestmark = pytest.mark.usefixtures("pulled")
READS = {
    "trunk-list": "/voice_out_trunks",
    "trunk-detail": "/voice_out_trunks/{trunk}",
    "trunk-dids": "/voice_out_trunks/{trunk}/dids",
    "trunk-emergency_dids": "/voice_out_trunks/{trunk}/emergency_dids",
    "trunk-dids-linkage": "/voice_out_trunks/{trunk}/relationships/dids",
    "trunk-emergency_dids-linkage": "/voice_out_trunks/{trunk}/relationships/emergency_dids",
    "did-list": "/dids",
    "did-detail": "/dids/{did}",
    "change-list": "/changes",
    "change-detail": "/changes/{change}",
    "change-trunk": "/changes/{change}/voice_out_trunk",
    "change-trunk-linkage": "/changes/{change}/relationships/voice_out_trunk",
    "account-list": "/accounts",
    "account-detail": "/accounts/{account}",
    "sync-list": "/syncs",
    "sync-detail": "/syncs/{sync}",
}
WRITE_ONLY = {"regenerations"}
PUBLIC = {"schema", "docs", "docs-script"}
SCOPES: list[tuple[str, ...]] = [
    ("read",),
    ("write",),
    ("credentials",),
    ("read", "credentials"),
    ("write", "credentials"),
    ("read", "write"),
    ("read", "write", "credentials"),
]


@pytest.fixture
def ids(account: Any) -> dict[str, str]:
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0]
    change = Change.objects.create(
        account=account,
        trunk=trunk,
        kind="observed",
        state="observed",
        origin="upstream",
        actor_kind="system",
        created_at=database_now(),
        settled_at=database_now(),
    )
    return {
        "trunk": str(trunk.pk),
        "did": str(Did.objects.all()[0].pk),
        "change": str(change.pk),
        "account": str(account.pk),
        "sync": str(SyncRun.objects.all()[0].pk),
    }


def writes(trunk: str) -> list[tuple[str, str, Any, int]]:
    home = f"/voice_out_trunks/{trunk}"
    linkage = f"{home}/relationships/dids"
    update = update_body(trunk, status="blocked")
    return [
        ("POST", "/voice_out_trunks", trunk_body(), 201),
        ("PATCH", home, update, 200),
        ("PUT", home, update, 200),
        ("PATCH", linkage, linked(), 204),
        ("POST", linkage, linked(), 204),
        ("DELETE", linkage, linked(), 204),
        ("POST", "/voice_out_trunk_regenerate_credentials", regenerate_body(trunk), 201),
        ("DELETE", home, None, 204),
    ]


def test_no_route_is_forgotten_here() -> None:
    names = {getattr(pattern, "name", None) for pattern in urlpatterns} - {"none"}
    assert names == set(READS) | WRITE_ONLY | PUBLIC


@pytest.mark.parametrize("scopes", SCOPES)
def test_reading_needs_the_scope_read(
    api: Any, ids: dict[str, str], scopes: tuple[str, ...]
) -> None:
    program = Program(api(*scopes), sees_passwords="credentials" in scopes)
    for path in READS.values():
        answer = program.send("GET", path.format(**ids))
        assert answer.status_code == (200 if "read" in scopes else 403), path


@pytest.mark.parametrize("scopes", SCOPES)
def test_writing_needs_the_scope_write(
    api: Any, ids: dict[str, str], sandbox: Any, scopes: tuple[str, ...]
) -> None:
    program = Program(api(*scopes), sees_passwords="credentials" in scopes)
    for method, path, body, status in writes(ids["trunk"]):
        answer = program.send(method, path, body)
        assert answer.status_code == (status if "write" in scopes else 403), (path, answer.content)
    if "write" not in scopes:
        assert not sandbox.requests


def test_a_missing_scope_is_named(reader: Program) -> None:
    refused = reader.refusal("POST", "/voice_out_trunks", trunk_body())
    assert refused.errors[0]["meta"] == {"scope": "write"}


@pytest.mark.parametrize("path", ["/voice_out_trunks", "/dids", "/changes", "/accounts", "/syncs"])
def test_no_token_is_a_401_in_upstreams_words(path: str) -> None:
    refused = Program(None).refusal("GET", path)
    assert refused.status == 401
    assert refused.errors == [
        {
            "title": "Unauthorized",
            "detail": "Authorization failed",
            "code": "401",
            "status": "401",
        }
    ]


@pytest.mark.parametrize(
    "text", ["x", "ta_aaaaaaaaaaaa_" + "b" * 43, "é", "ta_\x00", " ", "a" * 9000]
)
def test_a_wrong_token_is_a_401(text: str) -> None:
    assert Program(text).refusal("GET", "/dids").status == 401
    headers = {"Authorization": f"Bearer {text}"}
    assert Program(None).refusal("GET", "/dids", **headers).status == 401


def test_an_expired_and_a_revoked_token_are_a_401(api: Any) -> None:
    text = api("read")
    past = database_now() - timedelta(minutes=1)
    for field in ("expires_at", "revoked_at"):
        assert Program(text).send("GET", "/dids").status_code == 200
        Token.objects.update(**{field: past})
        assert Program(text).refusal("GET", "/dids").status == 401
        Token.objects.update(**{field: None})


def test_a_bearer_is_as_good_as_a_key(api: Any) -> None:
    for scheme in ("Bearer", "bearer"):
        answer = Program(None).send("GET", "/dids", Authorization=f"{scheme} {api('read')}")
        assert answer.status_code == 200


def test_a_browsers_session_never_counts(ada: Any, client_of: Any) -> None:
    answer = client_of(ada).get("/api/v3/voice_out_trunks")
    assert answer.status_code == 401


def test_a_write_needs_no_csrf_token(api: Any, ids: dict[str, str]) -> None:
    program = Program(api("write"))
    program.http.handler.enforce_csrf_checks = True
    body = update_body(ids["trunk"], status="blocked")
    assert program.send("PATCH", f"/voice_out_trunks/{ids['trunk']}", body).status_code == 200


# --- passwords ---


def secrets_of(sandbox: Any) -> set[str]:
    methods = [trunk["attributes"]["authentication_method"] for trunk in sandbox.trunks()]
    return {m["attributes"]["password"] for m in methods if "password" in m["attributes"]}


def test_no_password_without_the_scope_credentials(
    program: Program, sandbox: Any, ids: dict[str, str]
) -> None:
    answers = [
        program.send("GET", "/voice_out_trunks?page[size]=1000&include=dids"),
        program.send("GET", f"/voice_out_trunks/{ids['trunk']}"),
        program.send("PATCH", f"/voice_out_trunks/{ids['trunk']}", update_body(ids["trunk"])),
        program.send("POST", "/voice_out_trunks", trunk_body()),
        program.send("GET", "/changes"),
    ]
    shown = b"".join(answer.content for answer in answers).decode()
    assert secrets_of(sandbox)
    assert not [secret for secret in secrets_of(sandbox) if secret in shown]
    assert '"password":null' in shown
    assert DOTS not in shown
    assert not AuditEntry.objects.filter(act="credentials_read").exists()


def test_the_scope_credentials_shows_passwords_and_leaves_one_audit_entry(
    trusted: Program, sandbox: Any
) -> None:
    shown = trusted.get("/voice_out_trunks?page[size]=1000")["data"]
    real = {trunk["id"]: trunk["attributes"] for trunk in sandbox.trunks()}
    assert {r["id"]: r["attributes"] for r in shown} == real
    entry = AuditEntry.objects.get(act="credentials_read")
    assert entry.actor_kind == "token"
    holding = {id_ for id_, a in real.items() if "password" in json.dumps(a)}
    assert set(entry.detail["trunks"]) == holding


def test_a_method_nobody_asked_for_is_not_opened(trusted: Program) -> None:
    trusted.get("/voice_out_trunks?fields[voice_out_trunks]=name")
    assert not AuditEntry.objects.filter(act="credentials_read").exists()


def test_an_unknown_method_is_shown_by_names_alone(
    program: Program, trusted: Program, trunk_with: Any
) -> None:
    method = {"type": "phone_systems", "attributes": {"key": "very-secret", "n": 5, "l": [1]}}
    id_ = trunk_with(name="Of tomorrow", authentication_method=method)
    closed, opened = (
        one.http.get(f"/api/v3/voice_out_trunks/{id_}", headers={"Api-Key": str(one.token)}).json()[
            "data"
        ]["attributes"]["authentication_method"]
        for one in (program, trusted)
    )
    assert closed == {"type": "phone_systems", "attributes": {"key": None, "n": None, "l": None}}
    assert opened == method


def test_a_list_opens_passwords_in_one_query_more(
    trusted: Program, reader: Program, sandbox: Any
) -> None:
    counts = []
    for program in (reader, trusted):
        program.get("/voice_out_trunks?page[size]=1")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            program.get("/voice_out_trunks?page[size]=20")
        counts.append(len([q for q in queries if "SELECT" in q["sql"]]))
    assert counts[1] == counts[0] + 1
