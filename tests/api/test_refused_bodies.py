"""Bodies that are refused before anything is planned, each with its cause."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.api.conftest import Program, by_address, by_sid, trunk_body
from trunks.domain.secrets import Secret
from trunks.models import Account, Change

TRUNKS = "/voice_out_trunks"
METHOD = "/data/attributes/authentication_method"


@pytest.fixture(autouse=True)
def account(db: None) -> Account:
    """An account whose upstream nobody will ask."""
    return Account.objects.create(
        name="Production",
        base_url="http://127.0.0.1:1/v3",
        api_key=Secret("key"),
        fingerprint_key=Secret("key"),
    )


@pytest.mark.parametrize(
    ("changes", "pointer", "title"),
    [
        ({"name": ...}, "/data/attributes/name", "can't be blank"),
        ({"name": ""}, "/data/attributes/name", "can't be blank"),
        ({"on_cli_mismatch_action": ...}, "/data/attributes/on_cli_mismatch_action", "can't be"),
        ({"authentication_method": ...}, METHOD, "can't be blank"),
        ({"authentication_method": None}, METHOD, "can't be blank"),
        ({"authentication_method": []}, METHOD, "is invalid"),
        ({"authentication_method": {"type": "twilio", "attributes": 1}}, METHOD, "is invalid"),
        ({"authentication_method": {}}, f"{METHOD}/type", "can't be blank"),
        ({"authentication_method": {"type": "carrier_pigeon"}}, f"{METHOD}/type", "is not inc"),
        ({"authentication_method": {"type": []}}, f"{METHOD}/type", "is not included"),
        ({"authentication_method": {"type": "credentials_and_ip"}}, METHOD, "is invalid"),
        ({"authentication_method": by_address()}, METHOD, "is invalid"),
        (
            {"authentication_method": {"type": "ip_only", "attributes": {}}},
            METHOD,
            "is invalid",
        ),
        (
            {"authentication_method": by_address("10.0.0.1") | {"type": "ip_only"}},
            f"{METHOD}/type",
            "is not allowed for creation",
        ),
        (
            {"authentication_method": {"type": "twilio", "attributes": {}}},
            f"{METHOD}/attributes/twilio_account_sid",
            "can't be blank",
        ),
        (
            {"authentication_method": by_address("10.0.0.1/8")},
            f"{METHOD}/attributes/allowed_sip_ips",
            "“10.0.0.1/8” has host bits set: did you mean 10.0.0.0/8",
        ),
        (
            {"authentication_method": by_address("10.0.0.1", tech_prefix="12a")},
            f"{METHOD}/attributes/tech_prefix",
            "must be at most 8 characters",
        ),
        (
            {"authentication_method": by_address("10.0.0.1", tech_prefix=12)},
            f"{METHOD}/attributes/tech_prefix",
            "must be text",
        ),
        (
            {"authentication_method": by_address("10.0.0.1", username="mine")},
            f"{METHOD}/attributes/username",
            "is generated",
        ),
        ({"capacity_limit": 32768}, "/data/attributes/capacity_limit", "must be less than or eq"),
        ({"capacity_limit": 2**80}, "/data/attributes/capacity_limit", ""),
        ({"capacity_limit": "5"}, "/data/attributes/capacity_limit", "is not a whole number"),
        ({"rtp_timeout": None}, "/data/attributes/rtp_timeout", "can't be blank"),
        ({"rtp_ping": "true"}, "/data/attributes/rtp_ping", "must be true or false"),
        ({"threshold_amount": 50}, "/data/attributes/threshold_amount", "must be a decimal"),
        ({"dst_prefixes": "44"}, "/data/attributes/dst_prefixes", "must be a list"),
        ({"dst_prefixes": ["+44"]}, "/data/attributes/dst_prefixes", "“+44” is not a prefix"),
        ({"allowed_rtp_ips": [1]}, "/data/attributes/allowed_rtp_ips", "must be a list of text"),
        ({"callback_url": "ftp://x"}, "/data/attributes/callback_url", "must be an http or"),
        ({"external_reference_id": "x" * 101}, "/data/attributes/external_reference_id", "is too"),
        ({"name": "a\x00b"}, "/data/attributes/name", "must not hold control characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_cause(
    program: Program, changes: dict[str, Any], pointer: str, title: str
) -> None:
    refused = program.refusal("POST", TRUNKS, trunk_body(**changes))
    assert refused.brief == (422, "100")
    assert refused.pointers == {pointer}
    error = refused.errors[0]
    assert error["title"].startswith(title)
    assert error["detail"] == f"{pointer.rpartition('/')[2]} - {error['title']}"
    assert not Change.objects.exists()


def test_one_refusal_names_everything(program: Program) -> None:
    body = trunk_body(name=..., capacity_limit=0, authentication_method=by_address("nowhere"))
    assert program.refusal("POST", TRUNKS, body).pointers == {
        "/data/attributes/name",
        "/data/attributes/capacity_limit",
        f"{METHOD}/attributes/allowed_sip_ips",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "400"),
        ([], "400"),
        ({}, "106"),
        ({"data": None}, "400"),
        ({"data": []}, "400"),
        ({"data": {}}, "106"),
        ({"data": {"type": "dids"}}, "101"),
        ({"data": {"type": ["voice_out_trunks"]}}, "101"),
        ({"data": {"type": "voice_out_trunks", "attributes": []}}, "400"),
        ({"data": {"type": "voice_out_trunks", "attributes": {"colour": 1}}}, "105"),
        ({"data": {"type": "voice_out_trunks", "attributes": {"created_at": "x"}}}, "105"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"friends": {}}}}, "105"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"dids": []}}}, "115"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"dids": {"data": {}}}}}, "115"),
        ({"data": {"type": "voice_out_trunks", "relationships": {"dids": {"data": [1]}}}}, "115"),
        (
            {
                "data": {
                    "type": "voice_out_trunks",
                    "relationships": {"dids": {"data": [{"type": "cats", "id": "x"}]}},
                }
            },
            "116",
        ),
        ({"data": {"type": "voice_out_trunks", "id": str(uuid.uuid4())}}, "105"),
        ({"data": {"type": "voice_out_trunks"}, "extra": 1}, "105"),
        (trunk_body(authentication_method=by_sid() | {"colour": 1}), "105"),
        (
            trunk_body(
                authentication_method={"type": "twilio", "attributes": {"allowed_sip_ips": []}}
            ),
            "105",
        ),
    ],
)
def test_a_body_of_another_shape_is_a_400(program: Program, body: Any, code: str) -> None:
    raw = json.dumps(body).encode()
    assert program.refusal("POST", TRUNKS, raw=raw).brief == (400, code)


@pytest.mark.parametrize(
    "raw",
    [b"{", b"\xff", b'"\\ud800"', b"[" * 100_000, b"NaN", b'{"data": Infinity}', b"nul\x00"],
)
def test_what_is_no_json_is_a_400(program: Program, raw: bytes) -> None:
    assert program.refusal("POST", TRUNKS, raw=raw).status == 400


def test_a_body_beyond_the_limit_is_a_413(program: Program) -> None:
    raw = b'{"data": "' + b"x" * 2_500_001 + b'"}'
    assert program.refusal("POST", TRUNKS, raw=raw).brief == (413, "413")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/vnd.api+json; charset=utf-8", "text/plain", "x"],
)
def test_only_the_one_media_type_is_read(program: Program, content_type: str) -> None:
    refused = program.refusal("POST", TRUNKS, trunk_body(), Content_Type=content_type)
    assert refused.brief == (415, "415")
