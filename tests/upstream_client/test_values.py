"""Anything upstream may send is either a value that fits our rows or set aside by name."""

import contextlib
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import JSON, method_documents
from tests.upstream_client.test_recorded import ALL, without_links
from trunks.domain.attributes import ATTRIBUTES, READ_ONLY
from trunks.upstream.values import (
    DID_ATTRIBUTES,
    MalformedResource,
    fingerprint,
    read_did,
    read_trunk,
)

ID = "11111111-1111-4111-8111-111111111111"
TRUNK = ALL[0]
NAMES = sorted((*ATTRIBUTES, *READ_ONLY, "authentication_method", "something_new"))
DID = {"id": ID, "type": "dids", "attributes": {"number": "442012345678", "blocked": False}}
DEEP: list[object] = []
for _ in range(400):
    DEEP = [DEEP]


def changed(**attributes):
    trunk = copy.deepcopy(TRUNK)
    trunk["attributes"] |= attributes
    return trunk


@given(
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
    st.sets(st.sampled_from(NAMES), max_size=3),
    method_documents(),
)
def test_whatever_can_be_read_is_written_again_as_it_was(odd, missing, method):
    trunk = changed(authentication_method=method)
    trunk["attributes"] |= odd
    for name in missing:
        trunk["attributes"].pop(name, None)
    try:
        value = read_trunk(trunk)
    except MalformedResource as error:
        assert error.id == TRUNK["id"]  # noqa: PT017
        return
    assert value.as_document() == without_links(trunk)
    value.units()
    fingerprint(trunk, b"k")


@given(JSON, st.dictionaries(st.sampled_from(("id", "attributes", "relationships", "meta")), JSON))
def test_no_resource_is_too_odd_to_set_aside(anything, members):
    for resource in (anything, members, {**TRUNK, **members}, {**DID, **members}):
        for read in (read_trunk, lambda r: read_did(r, {})):
            with contextlib.suppress(MalformedResource):
                read(resource)
        if isinstance(resource, dict):
            fingerprint(resource, b"k")


ODD = {
    "a list of numbers": {"dst_prefixes": [44]},
    "a list with null": {"allowed_rtp_ips": [None]},
    "text for a list": {"dst_prefixes": "44"},
    "a truth for a number": {"capacity_limit": True},
    "a number for a truth": {"rtp_ping": 1},
    "a number that no column holds": {"capacity_limit": 2**63},
    "a fraction": {"rtp_timeout": 30.5},
    "a number for an amount": {"threshold_amount": 3000.0},
    "a method without a type": {"authentication_method": {"attributes": {}}},
    "a method that is a list": {"authentication_method": []},
    "half a character": {"name": "\ud800"},
    "half a character in a name": {"something_new": {"\udfff": 1}},
    "a null character": {"name": "a\x00"},
    "a number that is none": {"something_new": [float("nan")]},
    "an endless number": {"something_new": float("inf")},
    "nesting": {"something_new": DEEP},
}


@pytest.mark.parametrize("attributes", ODD.values(), ids=ODD)
def test_what_no_row_can_hold_is_set_aside_by_the_trunks_own_id(attributes):
    with pytest.raises(MalformedResource) as caught:
        read_trunk(changed(**attributes))
    assert caught.value.id == TRUNK["id"]
    assert "\ud800" not in str(caught.value)


@pytest.mark.parametrize("data", [{"id": ID}, ["x"], [{"id": "x"}], [None], "x", 7])
def test_an_odd_linkage_is_set_aside_by_the_trunks_own_id(data):
    with pytest.raises(MalformedResource) as caught:
        read_trunk({**TRUNK, "relationships": {"dids": {"data": data}}})
    assert caught.value.id == TRUNK["id"]


@pytest.mark.parametrize("id_", [None, 7, "", "x", {}, "x" * 999])
def test_without_an_id_there_is_no_trunk(id_):
    with pytest.raises(MalformedResource) as caught:
        read_trunk({**TRUNK, "id": id_})
    assert len(caught.value.id) <= 40


TOLERATED = {
    "an unknown word": {"status": "asleep", "media_encryption_mode": "zrtp2"},
    "nulls everywhere": dict.fromkeys((*ATTRIBUTES, *READ_ONLY, "authentication_method")),
    "an unknown attribute": {"something_new": {"a": [1, None, "x"]}},
    "an unknown method": {"authentication_method": {"type": "carrier_pigeon", "attributes": {}}},
    "amounts of another form": {"threshold_amount": "3e3"},
    "a very long name": {"name": "x" * 100_000},
    "a network of its own kind": {"allowed_rtp_ips": ["anywhere", "fe80::1%eth0"]},
}


@pytest.mark.parametrize("attributes", TOLERATED.values(), ids=TOLERATED)
def test_what_only_we_do_not_know_is_kept_verbatim(attributes):
    trunk = changed(**attributes)
    value = read_trunk(trunk)
    assert value.as_document() == without_links(trunk)
    assert isinstance(value.units(), dict)


def test_nothing_secret_is_in_a_trunks_own_words():
    trunk = read_trunk(changed(something_new="hunter2"))
    password = TRUNK["attributes"]["authentication_method"]["attributes"]["password"]
    assert trunk.credentials
    assert trunk.credentials[1] == password
    assert password not in repr(trunk)
    assert "hunter2" not in repr(trunk)


def test_the_fingerprint_tells_settings_and_linkage_and_nothing_else():
    linked = {**TRUNK, "relationships": {"dids": {"data": [{"id": "a"}, {"id": "b"}]}}}
    turned = {**TRUNK, "relationships": {"dids": {"data": [{"id": "b"}, {"id": "a"}]}}}
    assert fingerprint(linked, b"k") == fingerprint(turned, b"k")
    assert fingerprint({**TRUNK, "meta": {"spent_amount": "9"}}, b"k") == fingerprint(TRUNK, b"k")
    others = (linked, changed(name="x"), changed(something_new=1), changed(rtp_ping=None))
    assert len({fingerprint(t, b"k") for t in (TRUNK, *others)}) == 5
    assert fingerprint(TRUNK, b"other") != fingerprint(TRUNK, b"k")


@pytest.mark.parametrize("name", DID_ATTRIBUTES)
@pytest.mark.parametrize("value", [[], {}, 1.5, 2**63, True, "x"], ids=ascii)
def test_a_did_holds_what_the_contract_names_or_is_set_aside(name, value):
    did = {**DID, "attributes": {**DID["attributes"], name: value}}  # type: ignore[dict-item]
    if type(value) is DID_ATTRIBUTES[name] and value != 2**63:
        assert read_did(did, {}).attributes[name] == value
    else:
        with pytest.raises(MalformedResource, match=f"{ID}: {name}"):
            read_did(did, {})


def test_a_did_without_its_group_says_nothing_of_it():
    for relationships in (None, {}, {"did_group": None}, {"did_group": {"data": None}}):
        did = read_did({**DID, "relationships": relationships}, {})
        assert (did.features, did.country, did.city) == (None, None, None)
