"""Risks are told for what loosens a trunk, and never for what only tightens it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import DEFAULTS, NETWORKS, PREFIXES, some, trunks
from trunks.domain.risks import find_risks, losses_of_switch
from trunks.domain.units import METHOD, SIP_IPS, TYPE


def codes(before, wanted):
    return {risk.code for risk in find_risks(before, wanted)}


@st.composite
def tightened(draw, units):
    """The same trunk with a few of its settings made stricter."""

    def fewer(values):
        return tuple(v for v in values if draw(st.booleans()))

    stricter = {
        "status": "blocked",
        "capacity_limit": 1,
        "threshold_amount": "0.0",
        "allow_any_did_as_cli": False,
        "emergency_enable_all": False,
        "allowed_rtp_ips": fewer(units["allowed_rtp_ips"]) or units["allowed_rtp_ips"],
        "dids": fewer(units.get("dids", ())),
    }
    if SIP_IPS in units:
        stricter[SIP_IPS] = fewer(units[SIP_IPS]) or units[SIP_IPS]
    if units["default_dst_action"] == "reject_all":
        stricter["dst_prefixes"] = fewer(units["dst_prefixes"])
    else:
        stricter["dst_prefixes"] = (*units["dst_prefixes"], *draw(some(PREFIXES)))
    chosen = draw(st.sets(st.sampled_from(sorted(stricter))))
    return units | {unit: stricter[unit] for unit in chosen}


@given(st.data(), trunks(("credentials_and_ip", "twilio", "ip_only")))
def test_what_only_tightens_has_no_risk(data, before):
    assert codes(before, data.draw(tightened(before))) == set()


@given(trunks(("credentials_and_ip", "ip_only")), st.sampled_from(NETWORKS))
def test_a_network_from_outside_is_a_risk(before, network):
    everywhere = {"0.0.0.0/0", "::/0"} & set(before[SIP_IPS])
    wanted = before | {SIP_IPS: (*before[SIP_IPS], network)}
    found = "wider_networks" in codes(before, wanted)
    assert not (found and network in before[SIP_IPS])
    assert found or everywhere or network not in ("0.0.0.0/0", "::/0")


LOOSENED: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
    ({SIP_IPS: ("10.0.0.0/24",)}, {SIP_IPS: ("10.0.0.0/8",)}, "wider_networks"),
    ({SIP_IPS: ("10.0.0.0/24",)}, {SIP_IPS: ("10.0.0.0/24", "1.1.1.1/32")}, "wider_networks"),
    ({SIP_IPS: ("2001:db8::/64",)}, {SIP_IPS: ("0.0.0.0/0",)}, "wider_networks"),
    ({SIP_IPS: ("2001:db8::1/128",)}, {SIP_IPS: ("2001:db8::/64",)}, "wider_networks"),
    ({}, {"default_dst_action": "allow_all"}, "more_destinations"),
    ({}, {"dst_prefixes": ("44", "49")}, "more_destinations"),
    ({"dst_prefixes": ("441",)}, {"dst_prefixes": ("44",)}, "more_destinations"),
    (
        {"default_dst_action": "allow_all", "dst_prefixes": ("44", "49")},
        {"dst_prefixes": ("49",)},
        "more_destinations",
    ),
    (
        {"default_dst_action": "allow_all", "dst_prefixes": ("44",)},
        {"default_dst_action": "reject_all", "dst_prefixes": ("441",)},
        "more_destinations",
    ),
    ({"threshold_amount": "50.0"}, {"threshold_amount": "50.01"}, "higher_limit"),
    ({"threshold_amount": "0.0"}, {"threshold_amount": "3000.0"}, "higher_limit"),
    ({"capacity_limit": 5}, {"capacity_limit": 6}, "more_calls"),
    ({"capacity_limit": 5}, {"capacity_limit": None}, "more_calls"),
    ({}, {"allow_any_did_as_cli": True}, "any_caller_id"),
    ({}, {"emergency_enable_all": True}, "all_emergency"),
    ({"media_encryption_mode": "zrtp"}, {"media_encryption_mode": "disabled"}, "weaker_media"),
    ({"allowed_rtp_ips": ("10.0.0.0/8",)}, {"allowed_rtp_ips": ()}, "wider_rtp"),
    ({"allowed_rtp_ips": ("10.0.0.0/9",)}, {"allowed_rtp_ips": ("10.0.0.0/8",)}, "wider_rtp"),
    ({}, {TYPE: "twilio"}, "method_switch"),
)
TRUNK = DEFAULTS | {
    "default_dst_action": "reject_all",
    "dst_prefixes": ("44",),
    TYPE: "credentials_and_ip",
    SIP_IPS: ("10.0.0.0/8",),
    "dids": ("a",),
}


@pytest.mark.parametrize(("was", "asked", "code"), LOOSENED)
def test_each_loosening_has_its_risk(was, asked, code):
    assert codes(TRUNK | was, TRUNK | was | asked) == {code}


@pytest.mark.parametrize(("was", "asked", "code"), LOOSENED)
def test_going_back_has_none_where_it_only_takes_away(was, asked, code):
    trades = {TYPE, "default_dst_action"} & asked.keys() or asked.get(SIP_IPS) == ("0.0.0.0/0",)
    assert trades or codes(TRUNK | was | asked, TRUNK | was) == set()


TIGHTENED: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {"dst_prefixes": ("441",)}),
    ({"default_dst_action": "allow_all", "dst_prefixes": ("441",)}, {"dst_prefixes": ("44",)}),
    (
        {"default_dst_action": "allow_all", "dst_prefixes": ("44",)},
        {"default_dst_action": "reject_all", "dst_prefixes": ("49",)},
    ),
    ({SIP_IPS: ("10.0.0.0/9", "10.128.0.0/9")}, {SIP_IPS: ("10.0.0.0/8",)}),
    ({SIP_IPS: ("1.1.1.1/32",)}, {SIP_IPS: ("2001:db8::1/128",)}),
    ({"media_encryption_mode": "disabled"}, {"media_encryption_mode": "zrtp"}),
    ({"capacity_limit": None}, {"capacity_limit": 32767}),
    ({"threshold_amount": None}, {"threshold_amount": "3000.0"}),
    ({"allowed_rtp_ips": ()}, {"allowed_rtp_ips": ("0.0.0.0/0",)}),
)


@pytest.mark.parametrize(("was", "asked"), TIGHTENED)
def test_what_looks_like_more_but_is_not_has_no_risk(was, asked):
    assert codes(TRUNK | was, TRUNK | was | asked) == set()


def test_the_words_name_the_figures():
    risks = find_risks(TRUNK | {"threshold_amount": "50.0"}, TRUNK | {"threshold_amount": "500.0"})
    assert risks[0].headline == "The 24-hour limit rises from 50.00 to 500.00 USD."
    assert risks[0].detail.startswith("10 times")
    wider = find_risks(TRUNK | {SIP_IPS: ("1.1.1.1/32",)}, TRUNK | {SIP_IPS: ("1.1.1.0/24",)})
    assert wider[0].headline == "256 addresses may use this trunk instead of 1."


def test_the_sizes_of_ipv4_and_ipv6_are_never_added_up():
    had, has = ("1.1.1.1/32",), ("1.1.1.0/24", "2001:db8::/48")
    [wider] = find_risks(TRUNK | {SIP_IPS: had}, TRUNK | {SIP_IPS: has})
    assert wider.headline == (
        "256 IPv4 addresses and 65,536 IPv6 networks (/64) may use this trunk instead of 1 address."
    )
    few = find_risks(TRUNK | {SIP_IPS: had}, TRUNK | {SIP_IPS: (*had, "2001:db8::1/128")})
    assert few[0].headline.startswith("1 IPv4 address and 1 IPv6 address may use this trunk")


def test_a_new_trunk_loosens_nothing():
    assert codes({}, TRUNK) == set()


@pytest.mark.parametrize("was", ["credentials_and_ip", "ip_only", "twilio", "carrier_pigeon"])
@pytest.mark.parametrize("to", ["credentials_and_ip", "twilio"])
def test_a_switch_says_what_it_ends(was, to):
    losses = losses_of_switch(TRUNK | {TYPE: was, METHOD + "tech_prefix": "12"}, to)
    assert bool(losses) is (was != to)
    assert ("The tech prefix is dropped." in losses) is (to == "twilio" and was != to)
