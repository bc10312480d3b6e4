"""The short way to a document gives what the long way would."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from trunks.api.columns import id_of
from trunks.api.errors import passed_on
from trunks.api.queries import EVERYTHING
from trunks.api.resources import LinkTemplate
from trunks.api.serializers import DidSerializer
from trunks.api.trunk_documents import closed_method
from trunks.domain.authentication import MEMBERS, dump, stored


@pytest.mark.parametrize("type_", [*MEMBERS, "phone_systems"])
@pytest.mark.parametrize(
    "left_out", [(), ("tech_prefix", "username", "twilio_account_sid"), ("attributes",)]
)
def test_a_closed_method_is_the_dump_of_the_stored_one(
    type_: str, left_out: tuple[str, ...]
) -> None:
    known: dict[str, dict[str, Any]] = {
        "credentials_and_ip": {"allowed_sip_ips": ["10.0.0.0/8"], "tech_prefix": "1#"},
        "ip_only": {"allowed_sip_ips": ["10.0.0.0/8"], "tech_prefix": None},
        "twilio": {"twilio_account_sid": "AC0"},
        "phone_systems": {"key": None},
    }
    attributes = known[type_]
    username = "user" if type_ == "credentials_and_ip" else None
    value = stored(type_, attributes, username=username, password=None, absent=frozenset(left_out))
    absent = [f"authentication_method.{name}" for name in left_out]
    assert closed_method(type_, attributes, username, absent) == dump(value)


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [("ip_only", {"allowed_sip_ips": None, "tech_prefix": None}), ("twilio", None), ("new", None)],
)
def test_a_closed_method_keeps_nulls(type_: str, attributes: dict[str, Any] | None) -> None:
    value = stored(type_, attributes, username=None, password=None, absent=frozenset())
    assert closed_method(type_, attributes, None, []) == dump(value)


def test_links_are_filled_in_for_every_relationship() -> None:
    id_ = "a8e2aa71-0797-4864-a5fa-1f370295568b"
    template = LinkTemplate("http://here/api/v3", DidSerializer, EVERYTHING)
    shown = orjson.loads(orjson.dumps(template.relationships(id_)))
    assert tuple(shown) == DidSerializer.relationships()
    assert shown["order"]["links"] == {
        "self": f"http://here/api/v3/dids/{id_}/relationships/order",
        "related": f"http://here/api/v3/dids/{id_}/order",
    }


def test_an_id_has_one_form_on_every_database() -> None:
    id_ = "a8e2aa71-0797-4864-a5fa-1f370295568b"
    assert id_of(id_) == id_of(id_.replace("-", "")) == id_


def test_an_error_of_upstreams_without_title_and_code_is_made_whole() -> None:
    assert passed_on({"status": "429", "detail": "Too Many Requests", "odd": 1}) == {
        "title": "Too Many Requests",
        "detail": "Too Many Requests",
        "code": "429",
        "status": "429",
    }
    assert passed_on({"status": 500})["status"] == "422"
