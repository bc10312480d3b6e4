"""Guard rails: what a member may do by themselves, rail by rail, and the laws that hold for all."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import DEFAULTS, DIDS, NETWORKS, PREFIXES, patches, trunks
from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.guardrail_hints import allowances, locked_fields
from trunks.domain.guardrails import (
    ACTS,
    DEFAULT,
    FREEDOMS,
    Breach,
    Facts,
    Rails,
    dump,
    judge,
    judge_act,
    load,
    may,
)
from trunks.domain.patch import apply_patch
from trunks.domain.problems import Invalid
from trunks.domain.units import LINKAGES, MANAGED_BY, METHOD, SIP_IPS, TYPE

OWN = Facts(blocked_by="member", own_dids=frozenset(DIDS))
TRUNK: dict[str, Any] = {
    **DEFAULTS,
    "capacity_limit": 10,
    "threshold_amount": "50.0",
    "default_dst_action": "reject_all",
    "dst_prefixes": ("34", "44"),
    "media_encryption_mode": "srtp_sdes",
    "allowed_rtp_ips": ("198.51.100.0/24",),
    TYPE: "credentials_and_ip",
    SIP_IPS: ("198.51.100.0/24", "203.0.113.5/32"),
    METHOD + "tech_prefix": None,
    "dids": DIDS[:2],
    "emergency_dids": (),
}
RAILS = load(
    {
        "most_calls": 20,
        "most_spent": "100.0",
        "widest_ipv4": 29,
        "destinations": ["ES", "44"],
        "least_encryption": "srtp_sdes",
        "acts": ["create", "switch_method"],
    }
)


def judged(rails: Rails, facts: Facts = OWN, was: Any = None, **units: Any) -> list[Breach]:
    """What becomes of a change to these units."""
    before = {**TRUNK, **(was or {})}
    return list(judge(rails, before, {**before, **named(units)}, facts=facts))


def named(units: dict[str, Any]) -> dict[str, Any]:
    return {SIP_IPS if unit == "networks" else unit: value for unit, value in units.items()}


# --- Without a template ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "units",
    [
        {"name": "Anything"},
        {"external_reference_id": "A-1"},
        {"status": "blocked"},
        {"capacity_limit": 9},
        {"threshold_amount": "49.99"},
        {"networks": ("198.51.100.0/25",)},
        {"networks": ("203.0.113.5/32",)},
        {"dst_prefixes": ("34",)},
        {"dst_prefixes": ("34", "4420")},
        {"dst_prefixes": ()},
        {"media_encryption_mode": "zrtp"},
        {"allowed_rtp_ips": ("198.51.100.7/32",)},
        {"dids": DIDS[:4]},
        {"dids": ()},
        {"emergency_dids": DIDS[:1]},
    ],
)
def test_names_references_own_numbers_and_whatever_tightens_are_free(units):
    assert judged(DEFAULT, **units) == []


@pytest.mark.parametrize(
    "units",
    [
        {"capacity_limit": 11},
        {"capacity_limit": None},
        {"threshold_amount": "50.01"},
        {"networks": ("198.51.100.0/24", "203.0.113.4/31")},
        {"networks": ("198.51.100.0/24", "2001:db8::1/128")},
        {"networks": ("not a network",)},
        {"dst_prefixes": ("34", "44", "49")},
        {"dst_prefixes": ("3",)},
        {"default_dst_action": "allow_all"},
        {"media_encryption_mode": "disabled"},
        {"allowed_rtp_ips": ()},
        {"allowed_rtp_ips": ("198.51.0.0/16",)},
        {"force_symmetric_rtp": True},
        {"rtp_ping": True},
        {"rtp_timeout": 31},
        {METHOD + "tech_prefix": "9"},
    ],
)
def test_whatever_loosens_can_be_asked_for(units):
    (breach,) = judged(DEFAULT, **units)
    assert breach.unit in {SIP_IPS if u == "networks" else u for u in units}
    assert breach.is_requestable


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("allow_any_did_as_cli", True),
        ("on_cli_mismatch_action", "send_original_cli"),
        ("on_cli_mismatch_action", "replace_cli"),
        ("emergency_enable_all", True),
        ("callback_url", "https://example.com/hook"),
    ],
)
def test_what_is_closed_is_for_staff_alone(unit, value):
    (breach,) = judged(DEFAULT, **{unit: value})
    assert (breach.unit, breach.is_requestable) == (unit, False)


def test_what_is_closed_can_still_be_tightened():
    loose = {"allow_any_did_as_cli": True, "on_cli_mismatch_action": "send_original_cli"}
    tight: dict[str, Any] = {"allow_any_did_as_cli": False, "on_cli_mismatch_action": "reject_call"}
    assert judged(DEFAULT, was=loose, **tight) == []
    assert judged(DEFAULT, was={"on_cli_mismatch_action": "replace_cli"}, **tight) == []


def test_between_two_ways_to_choose_a_caller_id_none_is_tighter():
    was = {"on_cli_mismatch_action": "replace_cli"}
    assert judged(DEFAULT, was=was, on_cli_mismatch_action="randomize_cli")


def test_emergency_calls_are_not_taken_away_by_a_member():
    (breach,) = judged(DEFAULT, was={"emergency_enable_all": True}, emergency_enable_all=False)
    assert not breach.is_requestable


@pytest.mark.parametrize(
    ("blocked_by", "free"), [("member", True), ("staff", False), ("threshold", False), ("", False)]
)
def test_who_blocked_a_trunk_decides_who_may_unblock_it(blocked_by, free):
    facts = Facts(blocked_by=blocked_by)
    found = judged(DEFAULT, facts, was={"status": "blocked"}, status="active")
    assert (found == []) is free
    assert not any(breach.is_requestable for breach in found)


@pytest.mark.parametrize("act", ACTS)
def test_without_a_template_only_credentials_are_made_anew(act):
    assert may(DEFAULT, act) is (act == "regenerate")
    assert bool(judge_act(DEFAULT, act)) is (act != "regenerate")


def test_a_method_is_not_switched_without_leave():
    twilio = {TYPE: "twilio", METHOD + "twilio_account_sid": "AC" + "0" * 32}
    after = {u: v for u, v in TRUNK.items() if not u.startswith(METHOD)} | twilio
    (breach,) = judge(DEFAULT, TRUNK, after, facts=OWN)
    assert (breach.unit, breach.is_requestable) == (TYPE, False)
    assert judge(RAILS, TRUNK, after, facts=OWN) == ()


def test_a_switch_does_not_bring_networks_in_unjudged():
    was = {u: v for u, v in TRUNK.items() if not u.startswith(METHOD)} | {TYPE: "twilio"}
    after = {**was, TYPE: "credentials_and_ip", SIP_IPS: ("10.0.0.0/8",)}
    assert [b.unit for b in judge(RAILS, was, after, facts=OWN)] == [SIP_IPS]
    assert judge(RAILS, was, {**after, SIP_IPS: ("10.0.0.0/29",)}, facts=OWN) == ()


# --- Ceilings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "fine"),
    [
        ({"capacity_limit": 20}, True),
        ({"capacity_limit": 21}, False),
        ({"capacity_limit": None}, False),
        ({"threshold_amount": "100.0"}, True),
        ({"threshold_amount": "100.01"}, False),
        ({"networks": (*TRUNK[SIP_IPS], "192.0.2.0/29")}, True),
        ({"networks": (*TRUNK[SIP_IPS], "192.0.2.0/28")}, False),
        ({"networks": (*TRUNK[SIP_IPS], "192.0.2.0/29", "192.0.2.8/29")}, False),
        ({"networks": (*TRUNK[SIP_IPS], "2001:db8::/64")}, True),
        ({"networks": (*TRUNK[SIP_IPS], "2001:db8::/63")}, False),
        ({"networks": (*TRUNK[SIP_IPS], "198.51.101.0/29")}, True),
        ({"networks": ("198.51.100.0/23", "203.0.113.5/32")}, False),
        ({"dst_prefixes": ("34", "44", "3491")}, True),
        ({"dst_prefixes": ("34", "44", "49")}, False),
        ({"default_dst_action": "allow_all"}, False),
        ({"media_encryption_mode": "zrtp"}, True),
        ({"media_encryption_mode": "disabled"}, False),
    ],
)
def test_loosening_up_to_the_ceiling_is_free_and_beyond_it_is_asked_for(units, fine):
    found = judged(RAILS, **units)
    assert (found == []) is fine
    assert all(breach.is_requestable for breach in found)


def test_a_country_of_a_shared_calling_code_has_its_own_numbers_only():
    rails = load({"destinations": ["US"]})
    assert judged(rails, dst_prefixes=("34", "44", "1212")) == []
    for elsewhere in ("1", "1876", "1809", "1416"):
        assert judged(rails, dst_prefixes=("34", "44", elsewhere)), elsewhere
    assert judged(load({"destinations": ["RU"]}), dst_prefixes=("34", "44", "77"))
    assert judged(load({"destinations": ["GB"]}), was={"dst_prefixes": ()}, dst_prefixes=("44",))


def test_what_stands_outside_may_stay_and_come_closer_but_go_no_further():
    outside: dict[str, Any] = {
        "capacity_limit": 100,
        "threshold_amount": "5000.0",
        "dst_prefixes": ("49", "34"),
    }
    assert judged(RAILS, was=outside, name="Renamed") == []
    assert judged(RAILS, was=outside, capacity_limit=50, dst_prefixes=("4930", "34", "44")) == []
    assert len(judged(RAILS, was=outside, capacity_limit=101, threshold_amount="5000.01")) == 2
    (breach,) = judged(RAILS, was=outside, capacity_limit=101)
    assert "at most 100 calls at once" in breach.message


def test_a_ceiling_of_a_closed_field_opens_nothing():
    rails = load({"most_calls": 20, "fields": {"capacity_limit": "closed"}})
    (breach,) = judged(rails, capacity_limit=11)
    assert not breach.is_requestable
    assert "at most 10" in breach.allowed
    assert judged(rails, capacity_limit=9) == []


def test_a_free_field_without_a_ceiling_goes_anywhere():
    fields = dict.fromkeys(FREEDOMS, "free")
    loosest: dict[str, Any] = {
        "capacity_limit": None,
        "threshold_amount": "100000.0",
        "networks": ("0.0.0.0/0",),
        "default_dst_action": "allow_all",
        "dst_prefixes": (),
        "allow_any_did_as_cli": True,
        "callback_url": "https://example.com/",
        "media_encryption_mode": "disabled",
        "allowed_rtp_ips": (),
    }
    assert judged(load({"fields": fields}), **loosest) == []


def test_a_default_action_that_was_not_read_hides_nothing():
    was = {u: v for u, v in TRUNK.items() if u not in ("default_dst_action", "dst_prefixes")}
    assert judge(DEFAULT, was, {**was, "dst_prefixes": ("34",)}, facts=OWN)
    assert judge(DEFAULT, was, {**was, "name": "Other"}, facts=OWN) == ()


# --- Numbers and names ----------------------------------------------------------------------------


def test_numbers_of_others_are_neither_added_nor_taken_out():
    facts = Facts(own_dids=frozenset({DIDS[0], DIDS[2]}))
    assert judged(RAILS, facts, dids=(DIDS[1],)) == []
    assert judged(RAILS, facts, dids=(DIDS[0], DIDS[1], DIDS[2])) == []
    for dids in ((DIDS[0],), (*DIDS[:2], DIDS[3]), (DIDS[0], DIDS[3])):
        (breach,) = judged(RAILS, facts, dids=dids)
        assert (breach.unit, breach.is_requestable) == ("dids", False)
    (breach,) = judged(RAILS, facts, default_did=DIDS[3])
    assert breach.unit == "default_did"


def test_names_begin_with_the_customers_prefix_once_they_are_changed():
    facts = Facts(name_prefix="ACME ")
    assert judged(DEFAULT, facts, capacity_limit=1) == []
    assert judged(DEFAULT, facts, name="ACME Berlin") == []
    (breach,) = judged(DEFAULT, facts, name="Bolt")
    assert (breach.unit, breach.is_requestable) == ("name", False)
    assert "ACME" in breach.message


# --- New trunks -----------------------------------------------------------------------------------

NEW = {
    "name": "Paris",
    "on_cli_mismatch_action": "reject_call",
    "capacity_limit": 20,
    "threshold_amount": "100.0",
    "default_dst_action": "reject_all",
    "dst_prefixes": ("34",),
    "media_encryption_mode": "srtp_dtls",
    TYPE: "credentials_and_ip",
    SIP_IPS: ("192.0.2.1/32",),
    METHOD + "tech_prefix": "12",
}


def test_a_new_trunk_inside_the_rails_needs_no_asking():
    assert judge(RAILS, None, NEW, facts=OWN) == ()


@pytest.mark.parametrize(
    ("unit", "value", "complains"),
    [
        ("capacity_limit", None, "capacity_limit"),
        ("threshold_amount", "100.01", "threshold_amount"),
        ("default_dst_action", "allow_all", "default_dst_action"),
        ("dst_prefixes", ("49",), "dst_prefixes"),
        ("media_encryption_mode", "disabled", "media_encryption_mode"),
        (SIP_IPS, ("0.0.0.0/0",), SIP_IPS),
        ("allow_any_did_as_cli", True, "allow_any_did_as_cli"),
        ("on_cli_mismatch_action", "send_original_cli", "on_cli_mismatch_action"),
        ("callback_url", "https://example.com/", "callback_url"),
        ("rtp_timeout", 60, "rtp_timeout"),
    ],
)
def test_a_new_trunk_is_judged_whole(unit, value, complains):
    assert [b.unit for b in judge(RAILS, None, {**NEW, unit: value})] == [complains]


@pytest.mark.parametrize("unit", ["capacity_limit", "threshold_amount", "default_dst_action"])
def test_what_a_new_trunk_leaves_out_is_judged_as_upstream_fills_it_in(unit):
    left = {name: value for name, value in NEW.items() if name != unit}
    assert [b.unit for b in judge(RAILS, None, left)] == [unit]


def test_without_leave_no_trunk_is_created_however_tight():
    breaches = judge(DEFAULT, None, NEW)
    assert any(b.unit == "" and not b.is_requestable for b in breaches)


# --- Words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ({"capacity_limit": None}, "“calls at once”: at most 20 calls at once"),
        ({"threshold_amount": "7000.0"}, "“24-hour limit”: at most 100.00 USD"),
        (
            {"networks": ("10.0.0.0/8",)},
            "none wider than /29 (IPv6: /64), neighbours counted as one, not 10.0.0.0/8",
        ),
        ({"dst_prefixes": ("49", "7")}, "“destinations”: only Spain and +44, not +49 and +7"),
        ({"media_encryption_mode": "disabled"}, "“media encryption”: SRTP SDES or stronger"),
        ({"allow_any_did_as_cli": True}, "it stays off"),
        ({"on_cli_mismatch_action": "send_original_cli"}, "it stays “Reject the call”"),
    ],
)
def test_a_refusal_says_which_rail_and_what_would_be_allowed(units, says):
    (breach,) = judged(RAILS, **units)
    assert says in breach.message


def test_locked_fields_say_why_and_what_can_be_tightened_is_not_locked():
    locked = locked_fields(DEFAULT, "update", before=TRUNK, facts=OWN)
    assert set(locked) == {
        "allow_any_did_as_cli",
        "on_cli_mismatch_action",
        "emergency_enable_all",
        "callback_url",
        TYPE,
    }
    assert all(reason.endswith(".") for reason in locked.values())
    loose = {**TRUNK, "allow_any_did_as_cli": True, "on_cli_mismatch_action": "send_original_cli"}
    still = locked_fields(DEFAULT, "update", before=loose)
    assert not {"allow_any_did_as_cli", "on_cli_mismatch_action"} & still.keys()
    blocked = locked_fields(
        DEFAULT, before={**TRUNK, "status": "blocked"}, facts=Facts(blocked_by="staff")
    )
    assert "staff have blocked" in blocked["status"].lower()
    assert TYPE not in locked_fields(RAILS, "create")


def test_beside_each_field_stands_how_far_it_goes():
    hints = allowances(RAILS)
    assert hints["capacity_limit"] == "Without asking: at most 20 calls at once."
    assert "Spain and +44" in hints["dst_prefixes"]
    assert "name" not in hints
    assert "tighter" in allowances(DEFAULT)[SIP_IPS]


# --- As JSON --------------------------------------------------------------------------------------

freedoms = st.sampled_from(("free", "ask", "closed"))
documents = st.fixed_dictionaries(
    {},
    optional={
        "fields": st.dictionaries(st.sampled_from(sorted(FREEDOMS)), freedoms, max_size=6),
        "acts": st.lists(st.sampled_from(ACTS), unique=True),
        "most_calls": st.none() | st.integers(1, 32767),
        "most_spent": st.none() | st.sampled_from(("0.0", "10.0", "50.25", "3000.0")),
        "widest_ipv4": st.none() | st.integers(0, 32),
        "widest_ipv6": st.none() | st.integers(0, 128),
        "destinations": st.none() | st.lists(st.sampled_from((*PREFIXES, "US", "GB", "DE"))),
        "least_encryption": st.none() | st.sampled_from(("disabled", "srtp_sdes", "zrtp")),
    },
)
rails_made_up = documents.map(load)


@given(rails_made_up)
def test_rails_survive_as_json(rails):
    assert load(dump(rails)) == rails


def test_nothing_said_is_as_without_a_template():
    assert load({}) == DEFAULT
    assert dump(DEFAULT) == {"acts": ["regenerate"]}


def test_a_widest_network_of_one_version_leaves_no_way_around_by_the_other():
    assert load({"widest_ipv4": 29}).widest == {4: 29, 6: 64}
    assert load({"widest_ipv6": 48}).widest == {4: 32, 6: 48}
    assert load({}).widest is None


@pytest.mark.parametrize(
    ("document", "unit"),
    [
        ([], ""),
        ({"most_call": 20}, "most_call"),
        ({"most_calls": "20"}, "most_calls"),
        ({"most_spent": 100}, "most_spent"),
        ({"widest_ipv4": 33}, "widest_ipv4"),
        ({"widest_ipv4": True}, "widest_ipv4"),
        ({"destinations": ["Spain"]}, "destinations"),
        ({"destinations": ["GG"]}, "destinations"),
        ({"destinations": "ES"}, "destinations"),
        ({"least_encryption": "rot13"}, "least_encryption"),
        ({"fields": {"colour": "free"}}, "fields"),
        ({"fields": {"name": "loose"}}, "fields"),
        ({"acts": ["destroy"]}, "acts"),
    ],
)
def test_rails_that_make_no_sense_are_refused_and_say_why(document, unit):
    with pytest.raises(Invalid) as error:
        load(document)
    assert [problem.unit for problem in error.value.problems] == [unit]


# --- Laws -----------------------------------------------------------------------------------------

TYPES = ("credentials_and_ip", "twilio")
facts_made_up = st.builds(
    Facts,
    blocked_by=st.sampled_from(("", "staff", "threshold", "member")),
    own_dids=st.sets(st.sampled_from(DIDS)).map(frozenset),
    name_prefix=st.sampled_from(("", "ACME ")),
)


@given(rails_made_up, trunks(), facts_made_up)
def test_what_does_not_move_is_never_a_breach(rails, trunk, facts):
    assert judge(rails, trunk, dict(trunk), facts=facts) == ()


def steps(rails, trunk, asked, facts):
    """Where a member gets to who does whatever the rails let them, one change after another."""
    for patch in asked:
        after = whole(apply_patch(trunk, patch))
        if not judge(rails, trunk, after, facts=facts):
            trunk = after
    return trunk


def whole(units):
    """As upstream would show it: no linkage while its flag is on, an empty one once it is off."""
    shown = {u: v for u, v in units.items() if not units.get(MANAGED_BY.get(u))}
    return shown | {n: () for n in LINKAGES if n not in shown and not shown.get(MANAGED_BY[n])}


many = st.lists(patches(), min_size=1, max_size=5)


@given(rails_made_up, trunks(TYPES), many, facts_made_up)
def test_no_sequence_of_steps_gets_where_one_step_may_not(rails, trunk, asked, facts):
    end = steps(rails, trunk, asked, facts)
    assert judge(rails, trunk, end, facts=facts) == ()


NUMBERS = [f"{prefix}{rest}" for prefix in PREFIXES for rest in ("0000000", "4205551", "9001111")]
NUMBERS += ["12125550000", "14165550000", "18765550000", "33140000000", "861012345678"]
COUNTRIES = {"US": ("1212",), "GB": ("44",), "DE": ("49",)}
SAMPLES = ("10.0.0.1", "10.1.2.3", "192.0.2.1", "198.51.100.9", "8.8.8.8", "2001:db8::1", "::9")


def rings(units, number):
    listed = number.startswith(tuple(units["dst_prefixes"])) if units["dst_prefixes"] else False
    return listed != (units["default_dst_action"] == "allow_all")


def is_let_through(rails, number):
    if rails.destinations is None:
        return rails.freedom_of("dst_prefixes") == "free"
    leads = [p for place in rails.destinations for p in COUNTRIES.get(place, (place,))]
    return rails.freedom_of("dst_prefixes") != "closed" and number.startswith(tuple(leads))


def admits(units, address):
    ip = ipaddress.ip_address(address)
    return any(ip in ipaddress.ip_network(network) for network in units.get(SIP_IPS, ()))


@given(rails_made_up, trunks(TYPES), many, facts_made_up)
def test_no_member_gets_a_trunk_further_outside_by_any_number_of_changes(
    rails, trunk, asked, facts
):
    """Counted apart from the rails' own arithmetic: by numbers dialled and addresses let in."""
    end = steps(rails, trunk, asked, facts)
    for number in NUMBERS:
        if rings(end, number) and not rings(trunk, number):
            assert is_let_through(rails, number), number
    if not rails.widest and rails.freedom_of(SIP_IPS) != "free":
        newly = [a for a in SAMPLES if admits(end, a) and not admits(trunk, a)]
        assert not newly
    was, now = (units["capacity_limit"] or 10**9 for units in (trunk, end))
    most = {"free": rails.most_calls or 10**9, "ask": rails.most_calls or 0, "closed": 0}
    assert now <= max(was, most[rails.freedom_of("capacity_limit")])
    for unit in ("allow_any_did_as_cli", "emergency_enable_all"):
        if rails.freedom_of(unit) == "closed" and not trunk[unit]:
            assert not end[unit]
    if "switch_method" not in rails.acts:
        assert end[TYPE] == trunk[TYPE]
    if facts.blocked_by != "member" and trunk["status"] == "blocked":
        assert end["status"] == "blocked"
    if not trunk["allow_any_did_as_cli"] and not end["allow_any_did_as_cli"]:
        assert set(trunk["dids"]) ^ set(end["dids"]) <= facts.own_dids


@given(rails_made_up, trunks(TYPES), st.data())
def test_tightening_is_always_free(rails, trunk, data):
    after = dict(trunk)
    if trunk["capacity_limit"] is None or trunk["capacity_limit"] > 1:
        after["capacity_limit"] = data.draw(
            st.integers(1, (trunk["capacity_limit"] or 99) - 1 or 1)
        )
    after["threshold_amount"] = "0.0"
    after["allow_any_did_as_cli"] = False
    after["status"] = "blocked"
    inverse = trunk["default_dst_action"] == "allow_all"
    prefixes = set(trunk["dst_prefixes"])
    drawn = data.draw(st.sets(st.sampled_from(PREFIXES)))
    after["dst_prefixes"] = tuple(prefixes | drawn if inverse else prefixes & drawn)
    if trunk.get(SIP_IPS):
        after[SIP_IPS] = trunk[SIP_IPS][:1]
    assert judge(rails, trunk, whole(after), facts=OWN) == ()


@given(rails_made_up, trunks(TYPES), patches())
def test_every_breach_names_a_unit_that_moved_its_rail_and_what_is_allowed(rails, trunk, patch):
    after = whole(apply_patch(trunk, patch))
    for breach in judge(rails, trunk, after):
        assert breach.rail
        assert breach.allowed
        assert trunk.get(breach.unit) != after.get(breach.unit)


@given(st.lists(st.sampled_from(NETWORKS), min_size=1), rails_made_up)
def test_a_breach_of_networks_is_one_however_they_are_cut_up(networks, rails):
    halves = [
        str(half)
        for text in networks
        for half in (
            ipaddress.ip_network(text).subnets()
            if ipaddress.ip_network(text).prefixlen < ipaddress.ip_network(text).max_prefixlen
            else [ipaddress.ip_network(text)]
        )
    ]
    whole_ones = {**TRUNK, SIP_IPS: tuple(networks)}
    cut = {**TRUNK, SIP_IPS: tuple(halves)}
    assert bool(judge(rails, TRUNK, whole_ones)) == bool(judge(rails, TRUNK, cut))


def test_every_attribute_has_its_freedom():
    units = {*ATTRIBUTES, SIP_IPS, METHOD + "tech_prefix", METHOD + "twilio_account_sid", *LINKAGES}
    assert units - {"default_dst_action"} == set(FREEDOMS)
