"""A customer's programs within their guard rails: what is let through, what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Program, regenerate_body, update_body
from trunks.domain.actor import SYSTEM
from trunks.models import Change, Trunk
from trunks.services.assigning import assign
from trunks.services.rails import set_rails
from trunks.services.tokens import create_token

pytestmark = pytest.mark.usefixtures("pulled")
REFUSED = {
    "capacity_limit": 21,
    "threshold_amount": "100.1",
    "default_dst_action": "allow_all",
    "dst_prefixes": ["49"],
}


@pytest.fixture
def acmes(acme: Any, sandbox: Any) -> Trunk:
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip", status="active")[0]
    given = {"capacity_limit": 10, "threshold_amount": "50.0", "dst_prefixes": ["34"]}
    sandbox.change_trunk(str(trunk.pk), default_dst_action="reject_all", callback_url=None, **given)
    Trunk.objects.filter(pk=trunk.pk).update(
        default_dst_action="reject_all", callback_url=None, **given
    )
    assign([trunk], acme, actor=SYSTEM)
    rails = {"most_calls": 20, "most_spent": "100.0", "destinations": ["ES"]}
    set_rails(acme, own=rails, actor=SYSTEM)
    sandbox.clear_requests()
    return trunk


@pytest.fixture
def program(acmes: Trunk, acme: Any) -> Program:
    scopes = ["read", "write"]
    return Program(create_token("Acme's PBX", scopes=scopes, customer=acme, actor=SYSTEM)[1])


def change(program: Program, trunk: Trunk, attributes: dict[str, Any], **headers: Any) -> Any:
    path = f"/voice_out_trunks/{trunk.pk}"
    return program.send("PATCH", path, update_body(str(trunk.pk), **attributes), **headers)


def test_inside_the_rails_it_applies(program: Program, acmes: Trunk) -> None:
    assert change(program, acmes, {"capacity_limit": 20}).status_code == 200


@pytest.mark.parametrize(("name", "value"), sorted(REFUSED.items()))
@pytest.mark.parametrize("prefer", [{}, {"Prefer": "respond-async"}])
def test_beyond_them_approval_is_required_and_nothing_is_left_behind(
    program: Program, acmes: Trunk, sandbox: Any, name: str, value: Any, prefer: dict[str, str]
) -> None:
    answer = change(program, acmes, {name: value}, **prefer)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["code"] == "approval_required"
    assert error["source"]["pointer"] == f"/data/attributes/{name}"
    assert "guard rail" in error["title"]
    assert not Change.objects.filter(actor_kind="token").exists()
    assert sandbox.requests == []


def test_what_is_closed_is_refused_without_mention_of_an_approval(
    program: Program, acmes: Trunk
) -> None:
    body = {"callback_url": "https://example.com/hook", "capacity_limit": 21}
    answer = change(program, acmes, body)
    assert answer.status_code == 422
    codes = {e["source"]["pointer"]: e["code"] for e in answer.json()["errors"]}
    assert codes == {
        "/data/attributes/callback_url": "100",
        "/data/attributes/capacity_limit": "100",
    }


@pytest.mark.parametrize("act", ["create", "delete", "regenerate"])
def test_acts_the_rails_do_not_allow_are_refused(
    program: Program, acmes: Trunk, acme: Any, sandbox: Any, act: str
) -> None:
    set_rails(acme, own={"acts": []}, actor=SYSTEM)
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["192.0.2.1"]}}
    new = {"name": "New", "on_cli_mismatch_action": "reject_call", "authentication_method": method}
    requests: dict[str, tuple[str, str, Any]] = {
        "create": (
            "POST",
            "/voice_out_trunks",
            {"data": {"type": "voice_out_trunks", "attributes": new}},
        ),
        "delete": ("DELETE", f"/voice_out_trunks/{acmes.pk}", None),
        "regenerate": (
            "POST",
            "/voice_out_trunk_regenerate_credentials",
            regenerate_body(str(acmes.pk)),
        ),
    }
    answer = program.send(*requests[act])
    assert answer.status_code == 422
    assert any("only staff" in error["title"] for error in answer.json()["errors"])
    assert [r for r in sandbox.requests if r["method"] != "GET"] == []
