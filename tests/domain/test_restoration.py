"""Back to how it was: what is asked for again, and what is left out in so many words."""

from hypothesis import given

from tests.domain.strategies import DEFAULTS, DIDS, trunks
from trunks.domain.history import Past
from trunks.domain.patch import apply_patch
from trunks.domain.restoration import World, find_restoration
from trunks.domain.rules import check_trunk
from trunks.domain.units import METHOD, SIP_IPS, TYPE, difference, same

SID = METHOD + "twilio_account_sid"
CREDENTIALS = {TYPE: "credentials_and_ip", SIP_IPS: ("192.0.2.1/32",), METHOD + "tech_prefix": None}
TWILIO = {TYPE: "twilio", SID: "AC" + "0" * 32}
TRUNK = {**DEFAULTS, **CREDENTIALS, "dids": (), "emergency_dids": ()}
ALL_DIDS = World(dids=DIDS)


def back(now, then, world=ALL_DIDS, doubtful=()):
    found = find_restoration(now, Past(then, doubtful=frozenset(doubtful)), world)
    return found, apply_patch(now, found.patch)


def left_out(found):
    return {loss.unit: loss.why for loss in found.losses}


@given(trunks(), trunks())
def test_everything_is_as_it_was_but_for_what_is_said(now, then):
    found, result = back(now, then)
    said = {loss.unit for loss in found.losses}
    for unit, (held, wanted) in difference(result, then).items():
        whole = TYPE if unit.startswith(METHOD) and TYPE in said else unit
        assert whole in said, (unit, held, wanted)


@given(trunks(("credentials_and_ip", "twilio", "ip_only")), trunks())
def test_what_is_asked_for_is_something_the_rules_take(now, then):
    found, result = back(now, then)
    assert check_trunk(now, result, set(found.patch)) == []


@given(trunks())
def test_back_to_the_present_is_nothing(now):
    found, _ = back(now, now)
    assert (found.patch, found.losses) == ({}, ())


def test_a_switch_of_method_goes_back_with_its_own_settings():
    found, result = back(TRUNK | TWILIO, {**TRUNK})
    assert same(SIP_IPS, result[SIP_IPS], ("192.0.2.1/32",))
    assert SID not in result
    assert found.losses == ()


def test_ip_only_is_left_to_didww():
    then = {**TRUNK, TYPE: "ip_only", "capacity_limit": 7}
    found, result = back(TRUNK, then)
    assert left_out(found) == {TYPE: "IP only, and its networks, can be set by DIDWW alone."}
    assert result[TYPE] == "credentials_and_ip"
    assert result["capacity_limit"] == 7


def test_a_method_of_tomorrow_is_left_as_it_is():
    then = {u: v for u, v in TRUNK.items() if not u.startswith(METHOD)} | {TYPE: "pigeon"}
    assert "sealed" in left_out(back(TRUNK, then)[0])[TYPE]


def test_replacing_the_caller_id_needs_a_number_that_nobody_knows():
    found, result = back(TRUNK, {**TRUNK, "on_cli_mismatch_action": "replace_cli"})
    assert "default DID" in left_out(found)["on_cli_mismatch_action"]
    assert result["on_cli_mismatch_action"] == "reject_call"


def test_a_name_that_another_trunk_has_now_is_left_out():
    found, result = back({**TRUNK, "name": "Bonn"}, TRUNK, World(names={"Berlin"}, dids=DIDS))
    assert "name" in left_out(found)
    assert result["name"] == "Bonn"


def test_dids_that_the_account_no_longer_has_are_named_and_the_others_come_back():
    world = World(dids=DIDS[:1], numbers={DIDS[1]: "4721550120"})
    found, result = back(TRUNK, {**TRUNK, "dids": DIDS[:3]}, world)
    assert result["dids"] == DIDS[:1]
    why = left_out(found)["dids"]
    assert "+4721550120" in why
    assert DIDS[2] in why


def test_what_is_doubtful_is_not_asked_for():
    found, result = back(TRUNK, {**TRUNK, "capacity_limit": 7}, doubtful={"capacity_limit"})
    assert left_out(found) == {"capacity_limit": "What it was then is not certain."}
    assert result["capacity_limit"] is None


def test_what_the_rules_no_longer_take_is_left_out_with_their_words():
    found, result = back(TRUNK, {**TRUNK, "capacity_limit": 0, "rtp_timeout": 60})
    assert "greater than or equal to 1" in left_out(found)["capacity_limit"]
    assert result["rtp_timeout"] == 60


def test_dids_come_back_when_the_flag_goes_off_again():
    now = {u: v for u, v in TRUNK.items() if u != "dids"} | {"allow_any_did_as_cli": True}
    _, result = back(now, {**TRUNK, "dids": DIDS[:2]})
    assert result["allow_any_did_as_cli"] is False
    assert set(result["dids"]) == set(DIDS[:2])
