"""What a trunk as a whole may look like: every exclusive pair, and nothing nobody touched."""

import pytest
from hypothesis import given

from tests.domain.strategies import patches, trunks
from trunks.domain.patch import apply_patch
from trunks.domain.rules import check_trunk
from trunks.domain.units import METHOD, SIP_IPS, TYPE

DID = "11111111-1111-4111-8111-111111111111"
SID = METHOD + "twilio_account_sid"
PREFIX = METHOD + "tech_prefix"
GOOD_SID = "AC" + "0" * 32
TRUNK = {
    "name": "Berlin",
    "on_cli_mismatch_action": "reject_call",
    "allow_any_did_as_cli": False,
    "emergency_enable_all": False,
    TYPE: "credentials_and_ip",
    SIP_IPS: ("10.0.0.0/8",),
    PREFIX: None,
    "dids": (),
    "emergency_dids": (),
}
TWILIO = {k: v for k, v in TRUNK.items() if not k.startswith(METHOD)} | {
    TYPE: "twilio",
    SID: GOOD_SID,
}
IP_ONLY = TRUNK | {TYPE: "ip_only"}


def problems(before, asked):
    """{unit: message} of what someone asked for on top of `before` (None: a create)."""
    wanted = {**(before or {}), **asked}
    found = check_trunk(before, wanted, set(asked))
    return {problem.unit: problem.message for problem in found}


def test_a_name_an_action_and_a_method_are_enough_to_create():
    assert (
        problems(None, {k: TRUNK[k] for k in ("name", "on_cli_mismatch_action", TYPE, SIP_IPS)})
        == {}
    )


def test_a_create_without_them_names_all_three():
    blank = "can't be blank"
    assert problems(None, {}) == {"name": blank, "on_cli_mismatch_action": blank, TYPE: blank}
    assert problems(None, {"name": "", "on_cli_mismatch_action": None, TYPE: None}).keys() == {
        "name",
        "on_cli_mismatch_action",
        TYPE,
    }


REFUSED = (
    # the pair dids / allow_any_did_as_cli
    (TRUNK | {"allow_any_did_as_cli": True}, {"dids": (DID,)}, "dids"),
    (TRUNK | {"allow_any_did_as_cli": True}, {"dids": ()}, "dids"),
    (TRUNK, {"dids": (DID,), "allow_any_did_as_cli": True}, "dids"),
    # the pair emergency_dids / emergency_enable_all
    (TRUNK | {"emergency_enable_all": True}, {"emergency_dids": (DID,)}, "emergency_dids"),
    (TRUNK, {"emergency_dids": (DID,), "emergency_enable_all": True}, "emergency_dids"),
    # default_did and replace_cli need each other
    (TRUNK, {"default_did": DID}, "default_did"),
    (TRUNK, {"on_cli_mismatch_action": "replace_cli"}, "default_did"),
    (TRUNK, {"on_cli_mismatch_action": "replace_cli", "default_did": None}, "default_did"),
    (TRUNK, {"on_cli_mismatch_action": "replace_cli", "default_did": ""}, "default_did"),
    (TRUNK | {"on_cli_mismatch_action": "replace_cli"}, {"default_did": None}, "default_did"),
    (
        TRUNK | {"on_cli_mismatch_action": "replace_cli"},
        {"on_cli_mismatch_action": "randomize_cli", "default_did": DID},
        "default_did",
    ),
    # twilio and the settings of other methods
    (TWILIO, {PREFIX: "12"}, PREFIX),
    (TRUNK, {SID: GOOD_SID}, SID),
    (TRUNK, {TYPE: "twilio"}, SID),
    (TRUNK, {TYPE: "twilio", SID: "AC1"}, SID),
    (TWILIO, {SID: None}, SID),
    (TWILIO, {TYPE: "credentials_and_ip", SIP_IPS: ()}, SIP_IPS),
    (TRUNK, {SIP_IPS: ()}, SIP_IPS),
    (TRUNK, {SIP_IPS: tuple(f"10.0.0.{n}/32" for n in range(61))}, SIP_IPS),
    (TRUNK, {PREFIX: "123456789"}, PREFIX),
    # ip_only is DIDWW's to set, and locked once set
    (None, TRUNK | {TYPE: "ip_only"}, TYPE),
    (TRUNK, {TYPE: "ip_only"}, TYPE),
    (TWILIO, {TYPE: "ip_only", SIP_IPS: ("10.0.0.0/8",)}, TYPE),
    (IP_ONLY, {SIP_IPS: ("10.0.0.0/9",)}, SIP_IPS),
    (IP_ONLY, {PREFIX: "1"}, PREFIX),
    # methods nobody knows
    (TRUNK, {TYPE: "carrier_pigeon"}, TYPE),
    (TRUNK, {TYPE: None}, TYPE),
    (TRUNK, {"name": None}, "name"),
    (TRUNK, {"capacity_limit": 0}, "capacity_limit"),
)


@pytest.mark.parametrize(("before", "asked", "unit"), REFUSED)
def test_what_upstream_would_refuse_is_refused_beside_its_cause(before, asked, unit):
    assert unit in problems(before, asked)


ALLOWED = (
    (TRUNK | {"allow_any_did_as_cli": True}, {"name": "Hamburg"}),
    (TRUNK | {"allow_any_did_as_cli": True}, {"allow_any_did_as_cli": False, "dids": (DID,)}),
    (TRUNK | {"dids": (DID,)}, {"allow_any_did_as_cli": True}),
    (
        TRUNK | {"emergency_enable_all": True},
        {"emergency_enable_all": False, "emergency_dids": (DID,)},
    ),
    (TRUNK, {"on_cli_mismatch_action": "replace_cli", "default_did": DID}),
    (TRUNK | {"on_cli_mismatch_action": "replace_cli"}, {"name": "Hamburg"}),
    (TRUNK | {"on_cli_mismatch_action": "replace_cli"}, {"on_cli_mismatch_action": "reject_call"}),
    (TRUNK, {"default_did": None}),
    (TRUNK, {TYPE: "twilio", SID: GOOD_SID, PREFIX: None, SIP_IPS: ()}),
    (IP_ONLY, {TYPE: "credentials_and_ip", SIP_IPS: ("10.0.0.0/8",)}),
    (IP_ONLY, {TYPE: "ip_only", SIP_IPS: ("10.0.0.0/8",), PREFIX: None, "name": "Hamburg"}),
    (TRUNK | {TYPE: "carrier_pigeon"}, {"name": "Hamburg"}),
    (TRUNK | {"capacity_limit": 0, "status": "asleep"}, {"name": "Hamburg"}),
    (TRUNK | {SIP_IPS: ("whatever upstream holds",)}, {PREFIX: "1"}),
)


@pytest.mark.parametrize(("before", "asked"), ALLOWED)
def test_what_upstream_takes_or_already_holds_is_not_complained_about(before, asked):
    assert problems(before, asked) == {}


def test_changing_one_setting_of_a_method_still_needs_its_networks():
    assert problems(TRUNK | {SIP_IPS: ()}, {PREFIX: "1"}).keys() == {SIP_IPS}


@given(trunks(("credentials_and_ip", "twilio", "ip_only", "carrier_pigeon")), patches())
def test_only_what_was_asked_for_or_what_that_needs_is_ever_complained_about(before, patch):
    wanted = apply_patch(before, patch)
    needed = {"default_did"} | ({TYPE, SIP_IPS, SID} if any(METHOD in u for u in patch) else set())
    found = {problem.unit for problem in check_trunk(before, wanted, set(patch))}
    assert found <= set(patch) | needed


@given(trunks())
def test_a_sound_trunk_can_be_created_as_it_is(wanted):
    replaces = wanted["on_cli_mismatch_action"] == "replace_cli"
    wanted = wanted | ({"default_did": DID} if replaces else {})
    assert check_trunk(None, wanted, set(wanted)) == []
