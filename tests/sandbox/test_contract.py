"""The contract module itself: it accepts what was recorded and refuses what is undeclared."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract import validate_request, validate_response

_RECORDED = sorted((Path(__file__).parents[1] / "upstream" / "recorded").glob("*.json"))
RECORDINGS = {path.stem: json.loads(path.read_text()) for path in _RECORDED}
_LIST = RECORDINGS["get-voice-out-trunks-200-ok"]


def _answer(recording: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(recording[name] for name in ("method", "path", "status", "response_body"))


@pytest.mark.parametrize("name", RECORDINGS)
def test_it_accepts_every_recorded_answer(name: str) -> None:
    validate_response(*_answer(RECORDINGS[name]))


def test_it_accepts_a_whole_url_and_another_prefix() -> None:
    method, path, status, body = _answer(_LIST)
    validate_response(method, f"http://127.0.0.1:8000/api{path}", status, body)


@pytest.mark.parametrize(
    "place",
    [
        (),
        ("meta",),
        ("links",),
        ("data", 0),
        ("data", 0, "attributes"),
        ("data", 0, "attributes", "authentication_method"),
        ("data", 0, "attributes", "authentication_method", "attributes"),
        ("data", 0, "relationships"),
        ("data", 0, "relationships", "dids"),
        ("data", 0, "meta"),
    ],
)
def test_it_refuses_an_undeclared_member_anywhere(place: tuple[Any, ...]) -> None:
    method, path, status, body = _answer(copy.deepcopy(_LIST))
    inner = body
    for step in place:
        inner = inner[step]
    inner["surprise"] = 1
    with pytest.raises(AssertionError, match="surprise"):
        validate_response(method, path, status, body)


def test_it_refuses_a_missing_attribute_unless_fields_were_chosen() -> None:
    method, path, status, body = _answer(copy.deepcopy(_LIST))
    del body["data"][0]["attributes"]["name"]
    with pytest.raises(AssertionError, match="name"):
        validate_response(method, path, status, body)
    validate_response(method, f"{path}?fields[voice_out_trunks]=status", status, body)


def test_a_password_may_be_null_only_where_that_was_said() -> None:
    method, path, status, body = _answer(copy.deepcopy(_LIST))
    body["data"][0]["attributes"]["authentication_method"]["attributes"]["password"] = None
    with pytest.raises(AssertionError, match="password"):
        validate_response(method, path, status, body)
    validate_response(method, path, status, body, may_lack_password=True)


def test_it_refuses_linkage_that_was_not_asked_for() -> None:
    method, path, status, body = _answer(copy.deepcopy(_LIST))
    body["data"][0]["relationships"]["dids"]["data"] = []
    with pytest.raises(AssertionError, match="linkage of dids"):
        validate_response(method, f"{path}?sort=name", status, body)
    validate_response(method, f"{path}?include=dids", status, body)


def test_it_refuses_linkage_to_what_is_not_included() -> None:
    method, path, status, body = _answer(copy.deepcopy(_LIST))
    did = {"type": "dids", "id": "0a161808-bb05-42b1-8398-7888abdfa9ef"}
    body["data"][0]["relationships"]["dids"]["data"] = [did]
    with pytest.raises(AssertionError, match="not included"):
        validate_response(method, f"{path}?include=dids", status, body)


def test_an_undeclared_error_status_must_still_be_an_errors_document() -> None:
    error = {"title": "a", "detail": "b", "code": "503", "status": "503"}
    validate_response("GET", "/v3/voice_out_trunks", 503, {"errors": [error]})
    with pytest.raises(AssertionError, match="breaks the contract"):
        validate_response("GET", "/v3/voice_out_trunks", 503, {"message": "no"})


def test_it_refuses_what_the_contract_does_not_declare() -> None:
    with pytest.raises(AssertionError, match="declares no POST /dids"):
        validate_request("POST", "/v3/dids", {})
    with pytest.raises(AssertionError, match="no answer 202"):
        validate_response("GET", "/v3/dids", 202, {})
    with pytest.raises(AssertionError, match="declares no body"):
        validate_response("DELETE", "/v3/voice_out_trunks/x", 204, {"a": 1})


_SENT = [r for r in RECORDINGS.values() if r["request_body"] and r["method"] == "POST"]


@pytest.mark.parametrize("recording", _SENT, ids=lambda r: str(r["status"]))
def test_it_accepts_every_recorded_request(recording: dict[str, Any]) -> None:
    validate_request(recording["method"], recording["path"], recording["request_body"])


@pytest.mark.parametrize("name", ["created_at", "username", "surprise"])
def test_it_refuses_a_request_with_an_undeclared_attribute(name: str) -> None:
    body = {"data": {"type": "voice_out_trunks", "attributes": {name: "x"}}}
    with pytest.raises(AssertionError, match=name):
        validate_request("POST", "/v3/voice_out_trunks", body)


def test_it_refuses_credentials_in_a_sent_method() -> None:
    method = {
        "type": "credentials_and_ip",
        "attributes": {"allowed_sip_ips": ["203.0.113.1"], "username": "u"},
    }
    body = {"data": {"type": "voice_out_trunks", "attributes": {"authentication_method": method}}}
    with pytest.raises(AssertionError, match="username"):
        validate_request("POST", "/v3/voice_out_trunks", body)


def test_it_refuses_a_body_where_none_is_taken() -> None:
    validate_request("DELETE", "/v3/voice_out_trunks/x", None)
    with pytest.raises(AssertionError, match="takes no body"):
        validate_request("GET", "/v3/voice_out_trunks", {"data": {}})
