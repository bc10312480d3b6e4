"""Whatever is sent: an answer with error objects, never a 5xx, never a word upstream."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import Program, regenerate_body, trunk_body, update_body
from trunks.api.patches import WRITABLE
from trunks.models import Change, Trunk

pytestmark = pytest.mark.usefixtures("pulled")
TRUNKS = "/voice_out_trunks"

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, 2**64, -(2**80), 10**400]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "a\x00b", "‮", "\u0085", "x" * 5000, str(uuid.uuid4()), "dids"]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["type", "id", "data", "attributes", "x"]), inner),
    ),
    max_leaves=12,
)
methods = st.fixed_dictionaries(
    {
        "type": st.one_of(st.sampled_from(["credentials_and_ip", "ip_only", "twilio"]), anything),
        "attributes": st.one_of(
            anything,
            st.dictionaries(
                st.sampled_from(
                    ["allowed_sip_ips", "tech_prefix", "username", "password", "twilio_account_sid"]
                ),
                anything,
            ),
        ),
    }
)
attributes = st.dictionaries(
    st.one_of(st.sampled_from(WRITABLE), st.text(max_size=5)), st.one_of(anything, methods)
)
relations = st.dictionaries(
    st.sampled_from(["dids", "emergency_dids", "default_did", "voice_out_trunk"]),
    st.one_of(anything, st.fixed_dictionaries({"data": anything})),
)


def send(program: Program, method: str, path: str, document: Any) -> None:
    """Submitted only, so that a document that happens to be fine sends nothing."""
    raw = json.dumps(document).encode()
    answer = program.send(method, path, raw=raw, Prefer="respond-async")
    assert answer.status_code in (200, 202) or 400 <= answer.status_code < 500, answer.content
    if answer.status_code == 202:
        Change.objects.all().delete()


@given(document=anything)
def test_any_json_as_a_document(program: Program, document: Any) -> None:
    trunk = Trunk.objects.order_by("pk")[0]
    for method, path in [
        ("POST", TRUNKS),
        ("PATCH", f"{TRUNKS}/{trunk.pk}"),
        ("PATCH", f"{TRUNKS}/{trunk.pk}/relationships/dids"),
        ("POST", "/voice_out_trunk_regenerate_credentials"),
    ]:
        send(program, method, path, document)
        send(program, method, path, {"data": document})


@given(attributes=attributes, relations=relations)
def test_any_json_in_any_member(program: Program, attributes: Any, relations: Any) -> None:
    trunk = str(Trunk.objects.order_by("pk")[0].pk)
    create = trunk_body(relations)
    create["data"]["attributes"] |= attributes
    update = update_body(trunk, relations)
    update["data"]["attributes"] = attributes
    send(program, "POST", TRUNKS, create)
    send(program, "PATCH", f"{TRUNKS}/{trunk}", update)


@given(value=anything)
def test_any_json_in_one_attribute(program: Program, value: Any) -> None:
    trunk = str(Trunk.objects.order_by("pk")[0].pk)
    for name in WRITABLE:
        send(program, "PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, **{name: value}))


@given(value=anything)
def test_any_json_as_a_linkage(program: Program, value: Any) -> None:
    trunk = str(Trunk.objects.order_by("pk")[0].pk)
    for item in (value, [value], [{"type": "dids", "id": value}]):
        send(program, "PATCH", f"{TRUNKS}/{trunk}/relationships/dids", {"data": item})
        body = regenerate_body(trunk)
        body["data"]["relationships"]["voice_out_trunk"]["data"] = item
        send(program, "POST", "/voice_out_trunk_regenerate_credentials", body)


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["filter[name]", "filter[id]", "page[size]", "sort", "include", "[", "%", ","]),
)


@given(pairs=st.lists(st.tuples(words, words), max_size=4))
def test_any_query(reader: Program, pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote(k)}={quote(v)}" for k, v in pairs)
    for path in (TRUNKS, "/dids", "/changes", "/accounts", "/syncs"):
        assert reader.send("GET", f"{path}?{query}").status_code in (200, 400)


@given(raw=st.binary(max_size=40))
def test_any_bytes_as_a_query(reader: Program, raw: bytes) -> None:
    query = quote(b"filter[name]=" + raw, safe="=[]&%")
    assert reader.send("GET", f"{TRUNKS}?{query}").status_code in (200, 400)


@given(text=st.text(max_size=40))
def test_any_text_as_an_id(reader: Program, text: str) -> None:
    for type_ in ("voice_out_trunks", "dids", "changes", "accounts", "syncs"):
        path = f"/{type_}/{quote(text, safe='')}"
        assert reader.send("GET", path).status_code in (200, 404)


def test_any_header(program: Program) -> None:
    names = ("Accept", "Prefer", "Api_Key", "Content_Type", "X_DIDWW_API_Version")
    for name in names:
        for value in ("", ",", ";", "é", "a" * 9000, "\x7f", "=;q=,"):
            headers: dict[str, Any] = {name: value}
            answer = program.send("POST", TRUNKS, trunk_body(name=1), **headers)
            assert answer.status_code in (401, 406, 415, 422)


def test_very_many_parameters_are_refused(reader: Program) -> None:
    assert reader.refusal("GET", f"{TRUNKS}?" + "a=1&" * 5000).status == 400


def test_a_refusal_leaves_nothing_behind(program: Program, sandbox: Any) -> None:
    bodies: list[Any] = [{}, {"data": []}, trunk_body(name=1), trunk_body(colour=1)]
    for body in bodies:
        program.refusal("POST", TRUNKS, body)
    assert not Change.objects.exists()
    assert not sandbox.requests


def test_a_fault_of_ours_is_an_error_object_and_in_the_log_by_its_id(
    reader: Program, monkeypatch: Any, caplog: Any
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("trunks.api.dids.DidViewSet.rows", fail)
    reader.http.raise_request_exception = False
    refused = reader.refusal("GET", "/dids")
    assert refused.brief == (500, "500")
    assert "a bug" not in refused.answer.content.decode()
    assert refused.answer["X-Request-Id"] in caplog.text


@pytest.mark.parametrize("data", [{}, {"attributes": {}}])
def test_a_create_of_nothing_names_what_is_missing(
    program: Program, pulled: Any, data: dict[str, Any]
) -> None:
    body = {"data": {"type": "voice_out_trunks", **data}}
    refused = program.refusal("POST", "/voice_out_trunks", body)
    assert refused.status == 422
    pointers = {error["source"]["pointer"] for error in refused.errors}
    assert "/data/attributes/name" in pointers
    assert not Change.objects.exists()
