"""A POST that is repeated under its key is answered again, not done again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Program, regenerate_body, trunk_body
from trunks.models import Change, Trunk
from trunks.services.delivering import drain

TRUNKS = "/voice_out_trunks"
REGENERATE = "/voice_out_trunk_regenerate_credentials"
pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def trunk() -> str:
    return str(Trunk.objects.filter(auth_type="credentials_and_ip")[0].pk)


def posts(sandbox: Any) -> int:
    return len([r for r in sandbox.requests if r["method"] == "POST"])


def test_the_same_request_again_gets_the_same_answer(program: Program, sandbox: Any) -> None:
    body = trunk_body(name="Once")
    first = program.send("POST", TRUNKS, body, Idempotency_Key="k-1")
    again = program.send("POST", TRUNKS, body, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert json.loads(first.content)["data"]["id"] == json.loads(again.content)["data"]["id"]
    assert first["Location"] == again["Location"]
    assert posts(sandbox) == Change.objects.count() == 1


def test_a_regenerate_is_not_done_twice(program: Program, sandbox: Any, trunk: str) -> None:
    for _ in range(2):
        answer = program.send("POST", REGENERATE, regenerate_body(trunk), Idempotency_Key="r")
        assert answer.status_code == 201
    assert posts(sandbox) == 1


def test_another_body_under_the_same_key_is_refused(program: Program, sandbox: Any) -> None:
    program.send("POST", TRUNKS, trunk_body(name="Once"), Idempotency_Key="k")
    refused = program.refusal("POST", TRUNKS, trunk_body(name="Other"), Idempotency_Key="k")
    assert refused.status == 422
    assert refused.errors[0]["code"] == "idempotency_key_reused"
    assert posts(sandbox) == 1


def test_a_refusal_of_upstream_is_given_again(program: Program, sandbox: Any) -> None:
    sandbox.fault("status", status=409, method="POST")
    for _ in range(2):
        refused = program.refusal("POST", TRUNKS, trunk_body(name="Once"), Idempotency_Key="k")
        assert refused.status == 409
    assert posts(sandbox) == 1


def test_what_ended_unsent_frees_its_key(program: Program, sandbox: Any) -> None:
    sandbox.fault("status", status=401, method="GET", times=1)
    body = trunk_body(name="Once")
    assert program.send("POST", TRUNKS, body, Idempotency_Key="k").status_code == 503
    drain(at_once=True)  # the account is asked whether it answers again
    assert program.send("POST", TRUNKS, body, Idempotency_Key="k").status_code == 201
    assert posts(sandbox) == 1


def test_an_unknown_outcome_is_waited_for_and_told(
    program: Program, sandbox: Any, settings: Any
) -> None:
    settings.UPSTREAM_SETTLE_SECONDS = 0.2
    sandbox.fault("drop_after", method="POST", times=1)
    body = trunk_body(name="Once")
    lost = program.send("POST", TRUNKS, body, Idempotency_Key="k")
    assert lost.status_code == 504
    found = program.send("POST", TRUNKS, body, Idempotency_Key="k")
    assert found.status_code == 201, "by then it is known to have been done"
    assert posts(sandbox) == 1


def test_async_it_is_answered_with_the_change(program: Program, sandbox: Any) -> None:
    body = trunk_body(name="Once")
    asked: Any = {"Idempotency_Key": "k", "Prefer": "respond-async"}
    first = program.send("POST", TRUNKS, body, **asked)
    again = program.send("POST", TRUNKS, body, **asked)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first["Location"] == again["Location"]
    drain()
    assert program.send("POST", TRUNKS, body, **asked).status_code == 201


def test_a_key_is_one_tokens_own(program: Program, api: Any, sandbox: Any) -> None:
    other = Program(api("read", "write"))
    program.send("POST", TRUNKS, trunk_body(name="One"), Idempotency_Key="k")
    answer = other.send("POST", TRUNKS, trunk_body(name="Two"), Idempotency_Key="k")
    assert answer.status_code == 201
    assert posts(sandbox) == 2


@pytest.mark.parametrize("key", ["x" * 256, "caf\u00e9\u0000"])
def test_a_key_that_cannot_be_kept_is_refused(program: Program, sandbox: Any, key: str) -> None:
    answer = program.send("POST", TRUNKS, trunk_body(name="Once"), Idempotency_Key=key)
    assert answer.status_code == 400
    assert not Change.objects.exists()


def test_without_a_key_each_request_is_its_own(program: Program, sandbox: Any) -> None:
    program.send("POST", TRUNKS, trunk_body(name="One"))
    again = program.refusal("POST", TRUNKS, trunk_body(name="One"))
    assert again.status == 422
    assert posts(sandbox) == 2
