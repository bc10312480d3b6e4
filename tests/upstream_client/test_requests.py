"""Every request that can be sent, held against the published contract."""

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.contract import validate_request
from tests.domain.strategies import DIDS, patches, trunks
from trunks.domain.merge import merge
from trunks.domain.patch import patch_between
from trunks.domain.rules import check_trunk
from trunks.domain.units import METHOD, SIP_IPS, TYPE
from trunks.upstream.bodies import create_body, regenerate_body, update_body

ID = "11111111-1111-4111-8111-111111111111"
PATH = f"/voice_out_trunks/{ID}"
SECRET_MEMBERS = (b'"username"', b'"password"')
ALL_TYPES = ("credentials_and_ip", "twilio", "ip_only", "carrier_pigeon")


def hold(method, path, body):
    """Against the contract, as the bytes that leave; and against what it leaves unsaid."""
    sent = orjson.dumps(body)
    validate_request(method, path, orjson.loads(sent))
    attributes = body["data"].get("attributes", {})
    assert not any(member in sent for member in SECRET_MEMBERS)
    assert attributes.get("dst_prefixes", []) is not None
    assert attributes.get("allowed_rtp_ips", None) != []
    method_sent = attributes.get("authentication_method")
    assert method_sent is None or (method_sent["type"] in ("credentials_and_ip", "twilio"))
    assert method_sent is None or all(method_sent["attributes"].values())
    return attributes


@given(trunks(), st.sampled_from(DIDS))
def test_every_sound_trunk_can_be_created(wanted, did):
    replaces = wanted["on_cli_mismatch_action"] == "replace_cli"
    wanted = wanted | ({"default_did": did} if replaces else {})
    assert not check_trunk(None, wanted, set(wanted))
    attributes = hold("POST", "/voice_out_trunks", create_body(wanted))
    assert attributes.keys() <= set(wanted) | {"authentication_method"}


@given(patches(), trunks(ALL_TYPES))
def test_whatever_passes_the_rules_is_sent_as_the_contract_wants(patch, theirs):
    merged = merge({}, patch, theirs)
    assume(not check_trunk(theirs, merged.wanted, set(patch)))
    hold("PATCH", PATH, update_body(ID, merged.send, merged.wanted))


@given(trunks(), trunks())
def test_every_edit_of_a_person_is_sent_as_the_contract_wants(seen, wanted):
    patch = patch_between(seen, wanted)
    merged = merge(seen, patch, seen)
    assume(not check_trunk(seen, merged.wanted, set(patch)))
    attributes = hold("PATCH", PATH, update_body(ID, merged.send, merged.wanted))
    touched = {unit.partition(".")[0] for unit in patch}
    assert attributes.keys() <= touched  # only what the person touched


@given(trunks(("credentials_and_ip",)), st.none() | st.just(""))
def test_a_method_is_sent_whole_and_without_an_empty_prefix(wanted, prefix):
    wanted = wanted | {METHOD + "tech_prefix": prefix}
    wanted |= {METHOD + "username": "u", METHOD + "password": "p"}
    body = update_body(ID, {SIP_IPS: wanted[SIP_IPS]}, wanted)
    attributes = hold("PATCH", PATH, body)
    assert attributes["authentication_method"] == {
        "type": "credentials_and_ip",
        "attributes": {"allowed_sip_ips": list(wanted[SIP_IPS])},
    }


@pytest.mark.parametrize(
    ("send", "relationships"),
    [
        ({"dids": ()}, {"dids": {"data": []}}),
        ({"dids": DIDS[:1]}, {"dids": {"data": [{"type": "dids", "id": DIDS[0]}]}}),
        ({"emergency_dids": ()}, {"emergency_dids": {"data": []}}),
        ({"default_did": DIDS[0]}, {"default_did": {"data": {"type": "dids", "id": DIDS[0]}}}),
        ({"default_did": None}, {"default_did": {"data": None}}),
        ({"default_did": ""}, {"default_did": {"data": None}}),
    ],
)
def test_linkage(send, relationships):
    body = update_body(ID, send, send)
    hold("PATCH", PATH, body)
    assert body["data"]["relationships"] == relationships
    assert body["data"]["attributes"] == {}


@pytest.mark.parametrize("status", ["active", "blocked"])
def test_block_and_unblock_send_the_status_alone(status):
    body = update_body(ID, {"status": status}, {"status": status, TYPE: "ip_only"})
    assert hold("PATCH", PATH, body) == {"status": status}


def test_no_restriction_of_media_is_sent_as_null():
    body = update_body(ID, {"allowed_rtp_ips": ()}, {})
    assert hold("PATCH", PATH, body) == {"allowed_rtp_ips": None}


def test_regenerate_names_the_trunk_and_nothing_else():
    hold("POST", "/voice_out_trunk_regenerate_credentials", regenerate_body(ID))


def test_what_the_client_sends_is_what_was_built(client, sandbox):
    """On the wire, each kind once: the sandbox is as strict as the contract."""
    wanted = {
        "name": "Berlin",
        "on_cli_mismatch_action": "send_original_cli",
        TYPE: "credentials_and_ip",
        SIP_IPS: ("192.0.2.1/32",),
        METHOD + "tech_prefix": None,
    }
    trunk, _ = client.create(wanted)
    client.update(trunk.id, {"status": "blocked"}, trunk.units())
    client.regenerate(trunk.id)
    client.delete(trunk.id)
    writes = [entry for entry in sandbox.requests if entry["method"] != "GET"]
    assert [entry["status"] for entry in writes] == [201, 200, 201, 204]
    for entry in writes:
        validate_request(entry["method"], entry["path"], entry["body"])
