"""The official SDK, unchanged, over real HTTP: only its base URL and its key are ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from didww.client import DidwwClient
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import (
    CredentialsAndIpAuthenticationMethod,
    TwilioAuthenticationMethod,
)
from didww.resources.did import Did as SdkDid
from didww.resources.voice_out_trunk import VoiceOutTrunk
from didww.resources.voice_out_trunk_regenerate_credential import VoiceOutTrunkRegenerateCredential

from tests import contract
from trunks.models import Did

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def didww(live_server: Any, pulled: Any, api: Any) -> Iterator[Any]:
    session = requests.Session()
    key = api("read", "write", "credentials")
    client = DidwwClient(key, base_url=f"{live_server.url}/api/v3", session=session)
    yield client
    client._session.close()


def new_trunk(name: str = "SDK") -> Any:
    trunk = VoiceOutTrunk()
    trunk.name = name
    trunk.on_cli_mismatch_action = "reject_call"
    trunk.authentication_method = CredentialsAndIpAuthenticationMethod(
        allowed_sip_ips=["203.0.113.10"], tech_prefix="12"
    )
    return trunk


def test_the_whole_round(didww: Any, sandbox: Any) -> None:
    made = didww.voice_out_trunks().create(new_trunk()).data
    assert sandbox.trunk(made.id)["attributes"]["name"] == "SDK"

    found = didww.voice_out_trunks().find(made.id).data
    real = sandbox.trunk(made.id)["attributes"]["authentication_method"]["attributes"]
    assert found.authentication_method.password == real["password"]
    assert found.meta["spent_amount"] == "0.0"

    found.capacity_limit = 9
    found.authentication_method = TwilioAuthenticationMethod(
        twilio_account_sid="AC0123456789abcdef0123456789abcdef"
    )
    updated = didww.voice_out_trunks().update(found).data
    assert updated.capacity_limit == 9
    assert updated.authentication_method.type == "twilio"
    assert sandbox.trunk(made.id)["attributes"]["capacity_limit"] == 9

    updated.authentication_method = CredentialsAndIpAuthenticationMethod(
        allowed_sip_ips=["192.0.2.0/24"]
    )
    before = didww.voice_out_trunks().update(updated).data.authentication_method.password
    regenerate = VoiceOutTrunkRegenerateCredential()
    regenerate.voice_out_trunk = VoiceOutTrunk.build(made.id)
    done = didww.voice_out_trunk_regenerate_credentials().create(regenerate).data
    assert done.id == made.id
    after = didww.voice_out_trunks().find(made.id).data.authentication_method.password
    assert after not in (None, before)

    didww.voice_out_trunks().delete(made.id)
    assert sandbox.trunk(made.id) is None
    with pytest.raises(DidwwApiError) as gone:
        didww.voice_out_trunks().find(made.id)
    assert gone.value.status_code == 404

    for request in sandbox.requests:
        if request["method"] in ("POST", "PATCH", "DELETE"):
            contract.validate_request(request["method"], request["path"], request["body"])


def test_an_echoed_method_and_an_untouched_trunk_are_fine(didww: Any, sandbox: Any) -> None:
    made = didww.voice_out_trunks().create(new_trunk()).data
    found = didww.voice_out_trunks().find(made.id).data
    didww.voice_out_trunks().update(found)
    found.authentication_method = found.authentication_method
    updated = didww.voice_out_trunks().update(found).data
    assert updated.authentication_method.allowed_sip_ips == ["203.0.113.10/32"]


def test_numbers_are_assigned_and_included(didww: Any, sandbox: Any) -> None:
    one, two = Did.objects.can_call_out().filter(terminated=False)[:2]
    trunk = new_trunk()
    trunk.dids = [SdkDid.build(str(one.pk))]
    made = didww.voice_out_trunks().create(trunk).data
    assert sandbox.trunk(made.id)["dids"] == [str(one.pk)]
    changed = VoiceOutTrunk.build(made.id)
    changed.dids = [SdkDid.build(str(one.pk)), SdkDid.build(str(two.pk))]
    didww.voice_out_trunks().update(changed)
    found = didww.voice_out_trunks().find(made.id, QueryParams().include("dids")).data
    assert {did.number for did in found.dids} == {one.number, two.number}


def test_lists_filter_sort_include_and_page(didww: Any, sandbox: Any) -> None:
    trunks = sandbox.trunks()
    params = QueryParams().sort("-name").page(number=2, size=5).include("dids", "emergency_dids")
    page = didww.voice_out_trunks().list(params)
    assert page.meta["total_records"] == len(trunks)
    names = sorted((t["attributes"]["name"] for t in trunks), reverse=True)
    assert [trunk.name for trunk in page.data] == names[5:10]
    for trunk in page.data:
        assert sorted(d.id for d in trunk.dids) == sorted(sandbox.trunk(trunk.id)["dids"])

    ids = [trunks[0]["id"], trunks[1]["id"]]
    for value in (ids, ",".join(ids)):
        found = didww.voice_out_trunks().list(QueryParams().filter("id", value)).data
        assert {trunk.id for trunk in found} == set(ids)
    params = QueryParams().filter("authentication_method.type", ["twilio", "ip_only"])
    types = {
        trunk.authentication_method.type for trunk in didww.voice_out_trunks().list(params).data
    }
    assert types == {"twilio", "ip_only"}
    params = QueryParams().filter("threshold_reached", False).filter("status", "active")
    assert all(not t.threshold_reached for t in didww.voice_out_trunks().list(params).data)


def test_dids_are_listed_and_found(didww: Any) -> None:
    page = didww.dids().list(QueryParams().filter("terminated", "false").page(size=3)).data
    assert len(page) == 3
    assert didww.dids().find(page[0].id).data.number == page[0].number


def test_errors_arrive_as_the_sdk_reads_them(didww: Any) -> None:
    trunk = new_trunk()
    trunk.capacity_limit = 0
    with pytest.raises(DidwwApiError) as refused:
        didww.voice_out_trunks().create(trunk)
    assert refused.value.status_code == 422
    assert "capacity_limit - must be greater than or equal to 1" in str(refused.value)
    didww.api_key = "wrong"
    with pytest.raises(DidwwApiError) as refused:
        didww.voice_out_trunks().list()
    assert refused.value.status_code == 401
