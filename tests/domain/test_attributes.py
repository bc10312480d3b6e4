"""Every plain attribute against every odd value: either a clean value or a complaint."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract import validate_request
from tests.domain.strategies import JSON, scalar
from trunks.domain.attributes import ATTRIBUTES, check_attribute, label_of, printable
from trunks.domain.units import normal

ID = "11111111-1111-4111-8111-111111111111"
NASTY: tuple[object, ...] = (
    [],
    [[]],
    [None],
    [1],
    ["x\x00"],
    {},
    {"a": 1},
    0,
    -1,
    10**30,
    True,
    1.5,
    math.nan,
    math.inf,
    "\x00",
    "a\nb",
    "a\x9bb",
    "\ud800",
    "٣",
    "1e5",
    "http://[::1",
    "javascript:alert(1)",
    "x" * 5000,
)
# Which of them an attribute takes after all: anything a person may call a trunk, and the like.
NAMES = {"٣", "1e5", "http://[::1", "javascript:alert(1)"}
TAKEN: dict[str, object] = {
    "name": NAMES,
    "external_reference_id": NAMES,
    "callback_url": {"٣", "1e5", "x" * 5000},
    "allow_any_did_as_cli": {True},
    "force_symmetric_rtp": {True},
    "rtp_ping": {True},
    "emergency_enable_all": {True},
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_odd_value_is_complained_about(name):
    for value in NASTY:
        taken = TAKEN.get(name, ())
        is_fine = isinstance(value, str | bool) and value in taken  # type: ignore[operator]
        is_fine |= value == [] and name in ("dst_prefixes", "allowed_rtp_ips")
        assert bool(check_attribute(name, value)[1]) is not is_fine, f"{name}: {value!r:.40}"


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_null_is_for_the_attributes_that_may_be_null(name):
    clean, complaints = check_attribute(name, None)
    assert clean is None
    assert complaints == ([] if ATTRIBUTES[name].nullable else ["can't be blank"])


@given(st.sampled_from(sorted(ATTRIBUTES)), JSON | st.text(max_size=20))
def test_no_json_value_is_too_odd_and_a_clean_one_is_clean_for_good(name, value):
    clean, complaints = check_attribute(name, value)
    if not complaints:
        assert check_attribute(name, clean) == (clean, [])


@pytest.mark.parametrize("name", ATTRIBUTES)
@given(data=st.data())
def test_every_sound_value_is_taken_and_sent_as_the_contract_wants(name, data):
    value = data.draw(scalar(name))
    clean, complaints = check_attribute(name, list(value) if isinstance(value, tuple) else value)
    assert not complaints
    assert normal(name, clean) == normal(name, value)
    attributes = {name: list(clean) if isinstance(clean, tuple) else clean}
    body = {"data": {"type": "voice_out_trunks", "id": ID, "attributes": attributes}}
    validate_request("PATCH", f"/voice_out_trunks/{ID}", body)


LIMITS = (
    ("capacity_limit", 0, "must be greater than or equal to 1"),
    ("capacity_limit", 1, ""),
    ("capacity_limit", 32767, ""),
    ("capacity_limit", 32768, "must be less than or equal to 32767"),
    ("capacity_limit", "5", "is not a whole number"),
    ("capacity_limit", True, "is not a whole number"),
    ("capacity_limit", 5.0, "is not a whole number"),
    ("rtp_timeout", 29, "must be greater than or equal to 30"),
    ("rtp_timeout", 30, ""),
    ("rtp_timeout", 600, ""),
    ("rtp_timeout", 601, "must be less than or equal to 600"),
    ("rtp_timeout", None, "can't be blank"),
    ("external_reference_id", "x" * 100, ""),
    ("external_reference_id", "x" * 101, "is too long (maximum is 100 characters)"),
    ("name", " ", "can't be blank"),
    ("name", "\u202fTrünk 東京", ""),
    ("status", "Active", "is not included in the list: active, blocked"),
    ("status", "", "is not included in the list: active, blocked"),
    ("on_cli_mismatch_action", "random", "is not included in the list"),
    ("default_dst_action", "deny_all", "is not included in the list"),
    ("media_encryption_mode", None, "can't be blank"),
    ("dst_prefixes", None, "can't be blank"),
    ("dst_prefixes", "44", "must be a list of text"),
    ("allowed_rtp_ips", [f"10.0.0.{n}" for n in range(60)], ""),
    ("allowed_rtp_ips", [f"10.0.0.{n}" for n in range(61)], "at most 60 networks, this has 61"),
    ("allowed_rtp_ips", ["10.0.0.1/8"], "did you mean 10.0.0.0/8"),
    ("threshold_amount", 50, "must be a decimal in quotes"),
    ("threshold_amount", "-1", "must be an amount"),
    ("threshold_amount", None, "can't be blank"),
    ("callback_url", "ftp://example.com", "must be an http or https URL"),
    ("callback_url", "http://", "must be an http or https URL"),
    ("callback_url", "http://exa mple.com/", "must be an http or https URL"),
    ("callback_url", "http://example.com:99999/", "must be an http or https URL"),
    ("callback_url", "http://example.com:0/", "must be an http or https URL"),
    ("callback_url", "http://a.example\\@b.example/", "must be an http or https URL"),
    ("callback_url", "HTTPS://user:pw@Example.com:8443/x?y#z", ""),
    ("rtp_ping", 1, "must be true or false"),
    ("rtp_ping", "true", "must be true or false"),
)


@pytest.mark.parametrize(("name", "value", "said"), LIMITS)
def test_limits(name, value, said):
    complaints = check_attribute(name, value)[1]
    assert bool(complaints) is bool(said)
    assert said in "; ".join(complaints)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("name", "  Berlin ", "Berlin"),
        ("external_reference_id", " ", None),
        ("callback_url", "example.com/hook", "http://example.com/hook"),
        ("callback_url", "", None),
        ("threshold_amount", " 50 ", "50.0"),
        ("allowed_rtp_ips", [], None),
        ("allowed_rtp_ips", ["1.2.3.4"], ("1.2.3.4/32",)),
        ("dst_prefixes", [" 44", "44"], ("44",)),
        ("dst_prefixes", [], ()),
    ],
)
def test_values_are_read_as_upstream_would_store_them(name, value, stored):
    assert check_attribute(name, value) == (stored, [])


def test_an_unknown_name_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        check_attribute("nam", "x")


@pytest.mark.parametrize("text", ["\x00", "a\x1b[0m", "\x7f", "\x9b31m", "\udfff"], ids=ascii)
def test_what_a_terminal_obeys_or_a_database_refuses_is_not_printable(text):
    assert not printable(text)


def test_every_unit_has_words_for_people_even_one_nobody_knows():
    assert label_of("authentication_method.tech_prefix") == "Tech prefix"
    assert label_of("authentication_method.coop_number") == "Coop number"
