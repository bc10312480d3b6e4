"""The official SDK does its whole round, and every answer it gets satisfies the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from didww.client import DidwwClient
from didww.enums import OnCliMismatchAction, VoiceOutTrunkStatus
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import (
    CredentialsAndIpAuthenticationMethod,
    GenericAuthenticationMethod,
    IpOnlyAuthenticationMethod,
    TwilioAuthenticationMethod,
)
from didww.resources.base import _TYPE_MAP
from didww.resources.did import Did
from didww.resources.voice_out_trunk import VoiceOutTrunk
from didww.resources.voice_out_trunk_regenerate_credential import (
    VoiceOutTrunkRegenerateCredential,
)

from tests import contract
from trunks.sandbox import Sandbox
from trunks.sandbox.resources import TYPES

SID = "AC0123456789abcdef0123456789abcdef"


@pytest.fixture
def served() -> Iterator[Sandbox]:
    with Sandbox(trunks=30, dids=80) as sandbox:
        yield sandbox


@pytest.fixture
def sdk(served: Sandbox) -> DidwwClient:
    client = DidwwClient(served.api_key, base_url=served.url)
    client._session.trust_env = False
    client._session.hooks["response"].append(_check)
    return client


def _check(answer: Any, *args: Any, **kwargs: Any) -> None:
    body = answer.json() if answer.content else None
    contract.validate_response(answer.request.method, answer.request.url, answer.status_code, body)


def _trunk(name: str = "Acme call centre", **values: Any) -> VoiceOutTrunk:
    trunk = VoiceOutTrunk()
    trunk.name = name
    trunk.on_cli_mismatch_action = OnCliMismatchAction.REJECT_CALL
    trunk.authentication_method = CredentialsAndIpAuthenticationMethod(
        allowed_sip_ips=["203.0.113.10"]
    )
    for attribute, value in values.items():
        setattr(trunk, attribute, value)
    return trunk


def test_it_lists_filters_sorts_includes_and_pages(sdk: DidwwClient, served: Sandbox) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        params = QueryParams().sort("-name").page(number, 12).include("dids", "emergency_dids")
        answer = sdk.voice_out_trunks().list(params)
        assert answer.meta["total_records"] == 30
        for trunk in answer.data:
            stored = served.trunk(trunk.id)
            assert stored is not None
            assert [did.id for did in trunk.dids] == stored["dids"]
            assert trunk.meta == stored["meta"]
            assert dict(trunk.attributes) == stored["attributes"]
            seen.append(trunk.name)
    assert len(seen) == 30
    assert seen == sorted(seen, reverse=True)
    params = QueryParams().filter("authentication_method.type", "twilio")
    found = sdk.voice_out_trunks().list(params).data
    assert found
    assert all(isinstance(t.authentication_method, TwilioAuthenticationMethod) for t in found)


def test_it_finds_one_trunk_of_each_kind(sdk: DidwwClient, served: Sandbox) -> None:
    kinds = {
        "credentials_and_ip": CredentialsAndIpAuthenticationMethod,
        "ip_only": IpOnlyAuthenticationMethod,
        "twilio": TwilioAuthenticationMethod,
    }
    for trunk in served.trunks():
        method = trunk["attributes"]["authentication_method"]
        kind = kinds[method["type"]]
        found = sdk.voice_out_trunks().find(trunk["id"]).data
        assert isinstance(found.authentication_method, kind)
        assert found.authentication_method._attributes == method["attributes"]


def test_it_reads_a_method_it_does_not_know(served: Sandbox) -> None:
    method = {"type": "certificate", "attributes": {"fingerprint": "ab"}}
    trunk = served.create_trunk(authentication_method=method)
    client = DidwwClient(served.api_key, base_url=served.url)
    found = client.voice_out_trunks().find(trunk["id"]).data
    assert isinstance(found.authentication_method, GenericAuthenticationMethod)
    assert found.authentication_method.type == "certificate"


def test_it_creates_both_methods_that_can_be_created(sdk: DidwwClient, served: Sandbox) -> None:
    created = sdk.voice_out_trunks().create(_trunk()).data
    assert len(created.authentication_method.password) == 16
    assert created.authentication_method.allowed_sip_ips == ["203.0.113.10/32"]
    twilio = TwilioAuthenticationMethod(twilio_account_sid=SID)
    other = sdk.voice_out_trunks().create(_trunk("Bolt", authentication_method=twilio)).data
    stored = served.trunk(other.id)
    assert stored is not None
    assert stored["attributes"]["authentication_method"]["type"] == "twilio"


def test_it_is_refused_ip_only(sdk: DidwwClient) -> None:
    method = IpOnlyAuthenticationMethod(allowed_sip_ips=["203.0.113.10"])
    with pytest.raises(DidwwApiError) as caught:
        sdk.voice_out_trunks().create(_trunk(authentication_method=method))
    assert caught.value.status_code == 422
    assert "type - is not allowed for creation" in str(caught.value)


def test_it_updates_switches_and_assigns(sdk: DidwwClient, served: Sandbox) -> None:
    trunks = sdk.voice_out_trunks()
    trunk = trunks.create(_trunk()).data
    trunk.status = VoiceOutTrunkStatus.BLOCKED
    trunk.capacity_limit = 20
    changed = trunks.update(trunk).data
    assert (changed.status, changed.capacity_limit) == (VoiceOutTrunkStatus.BLOCKED, 20)

    did = served.dids()[0]["id"]
    assigned = trunks.find(trunk.id, QueryParams().include("dids")).data
    assigned.dids = [Did.build(did)]
    trunks.update(assigned)
    stored = served.trunk(trunk.id)
    assert stored is not None
    assert stored["dids"] == [did]

    changed.authentication_method = TwilioAuthenticationMethod(twilio_account_sid=SID)
    assert trunks.update(changed).data.authentication_method.twilio_account_sid == SID
    changed.authentication_method = CredentialsAndIpAuthenticationMethod(
        allowed_sip_ips=["2001:db8::1"], tech_prefix="12#"
    )
    back = trunks.update(changed).data.authentication_method
    assert back.allowed_sip_ips == ["2001:db8::1/128"]
    assert back.password != trunk.authentication_method.password


def test_it_regenerates_and_reads_the_new_credentials(sdk: DidwwClient) -> None:
    trunk = sdk.voice_out_trunks().create(_trunk()).data
    wish = VoiceOutTrunkRegenerateCredential()
    wish.voice_out_trunk = VoiceOutTrunk.build(trunk.id)
    answer = sdk.voice_out_trunk_regenerate_credentials().create(wish).data
    assert answer.id == trunk.id
    fresh = sdk.voice_out_trunks().find(trunk.id).data.authentication_method
    assert fresh.password != trunk.authentication_method.password


def test_it_deletes(sdk: DidwwClient, served: Sandbox) -> None:
    id_ = served.trunks()[0]["id"]
    sdk.voice_out_trunks().delete(id_)
    assert served.trunk(id_) is None
    with pytest.raises(DidwwApiError) as caught:
        sdk.voice_out_trunks().find(id_)
    assert caught.value.status_code == 404


def test_it_reads_and_changes_numbers(sdk: DidwwClient, served: Sandbox) -> None:
    params = QueryParams().filter("did_group.features", "voice_out").page(1, 100)
    params.include(
        "did_group.country", "did_group.city", "order", "emergency_calling_service", "identity"
    )
    numbers = sdk.dids().list(params).data
    assert [did.number for did in numbers] == sorted(did.number for did in numbers)
    for did in numbers:
        assert did.did_group.country.iso
        assert did.did_group.city.name == did.did_group.area_name
        assert did.order.reference
        assert did.identity is None
    did = sdk.dids().find(numbers[0].id).data
    did.description = "Front desk"
    assert sdk.dids().update(did).data.description == "Front desk"


def test_it_reads_the_balance(sdk: DidwwClient) -> None:
    balance = sdk.balance().find().data
    assert (balance.balance, balance.credit) == ("4210.35", "1000.00")


def test_it_is_told_when_its_key_is_wrong(served: Sandbox) -> None:
    with pytest.raises(DidwwApiError) as caught:
        DidwwClient("wrong", base_url=served.url).voice_out_trunks().list()
    assert (caught.value.status_code, str(caught.value)) == (401, "Authorization failed")


def test_it_knows_every_type_that_can_be_included() -> None:
    reachable = {r.type for type_ in TYPES.values() for r in type_.relations.values()}
    assert reachable <= set(_TYPE_MAP)
