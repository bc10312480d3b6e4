"""The authentication method: nothing read is lost or invented, nothing odd is let through."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import JSON, method_documents
from trunks.domain import authentication
from trunks.domain.authentication import (
    CredentialsAndIp,
    IpOnly,
    Malformed,
    Twilio,
    Unknown,
    check,
    dump,
    load,
)
from trunks.domain.secrets import Sealed, Secret
from trunks.domain.units import units_of
from trunks.upstream.bodies import method_document

SID = "AC" + "0" * 32


@given(method_documents())
def test_what_is_loaded_is_dumped_as_it_was(document):
    assert dump(load(document)) == document


@given(method_documents())
def test_loading_what_was_dumped_gives_the_same_value(document):
    method = load(document)
    assert load(dump(method)) == method


@given(
    st.recursive(JSON, lambda inner: st.fixed_dictionaries({"type": inner, "attributes": inner}))
)
def test_anything_at_all_is_a_method_or_malformed(document):
    with contextlib.suppress(Malformed):
        assert load(document).type == document["type"]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"type": "credentials_and_ip", "attributes": {}}, CredentialsAndIp),
        ({"type": "ip_only", "attributes": {}}, IpOnly),
        ({"type": "twilio", "attributes": {}}, Twilio),
        ({"type": "carrier_pigeon", "attributes": {"coop": 7}}, Unknown),
        ({"type": "", "attributes": {}}, Unknown),
    ],
)
def test_each_type_has_its_class_and_any_other_is_unknown(document, kind):
    assert type(load(document)) is kind


def test_absent_is_not_null():
    absent = load({"type": "twilio", "attributes": {}})
    null = load({"type": "twilio", "attributes": {"twilio_account_sid": None}})
    assert dump(absent)["attributes"] == {}
    assert dump(null)["attributes"] == {"twilio_account_sid": None}


def test_a_null_list_of_networks_reads_as_an_empty_one():
    method = load({"type": "ip_only", "attributes": {"allowed_sip_ips": None}})
    assert isinstance(method, IpOnly)
    assert method.allowed_sip_ips == ()


@pytest.mark.parametrize("type_", ["credentials_and_ip", "twilio", "carrier_pigeon"])
@pytest.mark.parametrize("rest", [{}, {"attributes": None}, {"attributes": {}}])
def test_attributes_that_are_null_or_left_out_are_written_back_so(type_, rest):
    document = {"type": type_, **rest}
    assert dump(load(document)) == document


def test_a_null_list_of_networks_is_written_back_as_null():
    document = {"type": "ip_only", "attributes": {"allowed_sip_ips": None, "tech_prefix": None}}
    assert dump(load(document)) == document


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "twilio",
        {},
        {"type": None},
        {"type": ["twilio"]},
        {"type": "twilio", "attributes": []},
        {"type": "twilio", "attributes": {"twilio_account_sid": 7}},
        {"type": "ip_only", "attributes": {"allowed_sip_ips": "10.0.0.0/8"}},
        {"type": "ip_only", "attributes": {"allowed_sip_ips": [None]}},
        {"type": "credentials_and_ip", "attributes": {"password": {"a": "hunter2"}}},
    ],
)
def test_what_is_no_method_is_malformed_and_never_quoted(document):
    with pytest.raises(Malformed) as caught:
        load(document)
    assert "hunter2" not in str(caught.value)


def test_a_sealed_password_is_dumped_as_null_unless_its_opener_gives_it():
    method = CredentialsAndIp(("10.0.0.0/8",), None, "user", Sealed("x"))
    assert dump(method)["attributes"]["password"] is None
    assert dump(method, password="opened")["attributes"]["password"] == "opened"


def test_a_password_read_from_upstream_is_a_secret_at_once():
    method = load({"type": "credentials_and_ip", "attributes": {"password": "hunter2"}})
    assert isinstance(method, CredentialsAndIp)
    assert method.password == Secret("hunter2")
    assert "hunter2" not in repr(method)


def test_members_nobody_knows_yet_are_kept_out_of_sight():
    known = load({"type": "twilio", "attributes": {"api_secret": "hunter2"}})
    unknown = load({"type": "carrier_pigeon", "attributes": {"coop": "hunter2"}})
    assert "hunter2" not in repr(known) + repr(unknown)


@given(method_documents())
def test_what_may_be_sent_never_holds_credentials_or_nulls(document):
    sent = method_document(units_of({}, load(document), None, None))["attributes"]
    assert sent.keys() <= {"allowed_sip_ips", "tech_prefix", "twilio_account_sid"}
    assert None not in sent.values()


NASTY: tuple[object, ...] = (
    None,
    "",
    0,
    True,
    1.5,
    float("nan"),
    10**30,
    [],
    {},
    [None],
    [1],
    [[]],
    "10.0.0.0/8",
    "\x00",
    "\ud800",
    {"a": 1},
)


@pytest.mark.parametrize("value", NASTY, ids=ascii)
@pytest.mark.parametrize("type_", ["credentials_and_ip", "ip_only", "twilio", "carrier_pigeon"])
def test_no_value_of_a_member_is_too_odd_to_complain_about(type_, value):
    names = ("allowed_sip_ips", "tech_prefix", "twilio_account_sid")
    problems = check(type_, dict.fromkeys(names, value))[1]
    assert problems
    assert all(problem.unit.startswith("authentication_method.") for problem in problems)


SOUND = (
    ("credentials_and_ip", {"allowed_sip_ips": ["192.168.1.1"]}),
    ("credentials_and_ip", {"allowed_sip_ips": ["10.0.0.0/8", "::/0"], "tech_prefix": "12#4"}),
    ("credentials_and_ip", {"allowed_sip_ips": ["10.0.0.0/8"], "tech_prefix": ""}),
    ("twilio", {"twilio_account_sid": SID}),
)


@pytest.mark.parametrize(("type_", "attributes"), SOUND)
def test_a_sound_method_has_no_problems_and_checking_it_again_changes_nothing(type_, attributes):
    clean, problems = check(type_, attributes)
    assert not problems
    assert check(type_, clean) == (clean, [])


def test_a_single_address_becomes_the_network_upstream_gives_back():
    clean, _ = check("credentials_and_ip", {"allowed_sip_ips": ["192.168.1.1"]})
    assert clean["allowed_sip_ips"] == ("192.168.1.1/32",)


def test_every_type_that_can_be_set_has_a_class_a_label_and_a_check_for_each_member():
    assert authentication.SETTABLE.keys() == authentication.KNOWN.keys()
    assert authentication.LABELS.keys() == authentication.KNOWN.keys()
    for type_, names in authentication.SETTABLE.items():
        assert set(names) <= set(authentication.MEMBERS[type_])
        assert set(names) <= authentication.CHECKS.keys()
