"""Walking back: from what is held now, change by change, to what was held then."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import trunks
from trunks.domain.history import Past, Step, undo, walk_back
from trunks.domain.spelling import SPELLING
from trunks.domain.units import LINKAGES, LISTS, SIP_IPS, TYPE, describe, moved

ALL_TYPES = ("credentials_and_ip", "twilio", "ip_only", "carrier_pigeon")
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
PREFIX = "authentication_method.tech_prefix"
SID = "authentication_method.twilio_account_sid"


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def kept(lines):
    """As a change keeps them: through JSON and back."""
    return tuple(json.loads(json.dumps(lines)))


def step(minute, before, *after):
    """From one to the next, each with lines of its own: a diff, then consequences."""
    stages = [before, *after]
    pairs = pairwise(stages)
    return Step.of(at(minute), *(kept(describe(moved(*pair))) for pair in pairs))


def as_sets(units):
    return {unit: frozenset(v) if unit in LISTS else v for unit, v in units.items()}


def assert_held(past, units):
    assert as_sets(past.settings) == as_sets(units)
    assert past.doubtful == frozenset()


@given(st.lists(trunks(ALL_TYPES), min_size=2, max_size=6))
def test_every_moment_is_found_again(held):
    steps = [step(10 * n, held[n - 1], held[n]) for n in range(1, len(held))]
    for n, units in enumerate(held):
        assert_held(walk_back(Past(held[-1]), steps, at(10 * n)), units)
        assert_held(walk_back(Past(held[-1]), steps, at(10 * n + 9)), units)


@given(trunks(ALL_TYPES), trunks(ALL_TYPES), trunks(ALL_TYPES))
def test_what_was_asked_and_what_followed_from_it_are_undone_together(before, asked, after):
    asked = {**asked, **{name: asked.get(name, before.get(name, ())) for name in LINKAGES}}
    assert_held(walk_back(Past(after), [step(1, before, asked, after)], at(0)), before)


@given(trunks(), trunks(), trunks())
def test_two_that_crossed_are_undone_in_the_order_that_fits(first, second, third):
    """The later one was read before the earlier one was settled, so it is dated before it."""
    steps = [
        Step(at(2), step(2, first, second).lines),
        Step(at(2) - timedelta(seconds=1), step(2, second, third).lines),
    ]
    past = walk_back(Past(third), steps, at(0))
    if not past.doubtful:
        assert_held(past, first)


def test_a_crossing_of_an_edit_with_the_flag_that_took_its_list_is_put_right():
    first = {"allow_any_did_as_cli": False, "dids": ("1", "2"), "emergency_dids": ()}
    second = {**first, "dids": ("1",)}
    third = {"allow_any_did_as_cli": True, "emergency_dids": ()}
    earlier, later = step(2, first, second), step(2, second, third)
    crossed = [earlier, Step(at(2) - timedelta(seconds=1), later.lines)]
    assert_held(walk_back(Past(third), crossed, at(0)), first)


def test_a_crossing_that_moved_one_setting_twice_is_put_right():
    trunk = {"capacity_limit": 3, "dids": (), "emergency_dids": ()}
    steps = [
        Step(at(2), ({"field": "capacity_limit", "old": 1, "new": 2},)),
        Step(at(2) - timedelta(seconds=1), ({"field": "capacity_limit", "old": 2, "new": 3},)),
    ]
    assert_held(walk_back(Past(trunk), steps, at(0)), {**trunk, "capacity_limit": 1})


def test_the_present_is_what_is_held_now():
    trunk = {"name": "Berlin", "dids": ("1",), "emergency_dids": ()}
    assert_held(walk_back(Past(trunk), [], at(0)), trunk)


def test_a_switch_brings_back_the_methods_own_settings():
    credentials = {TYPE: "credentials_and_ip", SIP_IPS: ("192.0.2.1/32",), PREFIX: "12#"}
    twilio = {TYPE: "twilio", SID: "AC" + "0" * 32}
    linkage = {"dids": (), "emergency_dids": ()}
    past = undo(Past({**twilio, **linkage}), step(1, credentials, twilio))
    assert_held(past, {**credentials, **linkage})


def test_dids_that_a_flag_took_away_are_back_before_it():
    before = {"allow_any_did_as_cli": False, "dids": ("1", "2"), "emergency_dids": ()}
    asked = {**before, "allow_any_did_as_cli": True}
    after = {"allow_any_did_as_cli": True, "emergency_dids": ()}
    assert_held(walk_back(Past(after), [step(1, before, asked, after)], at(0)), before)


def test_a_list_that_a_flag_managed_is_nobodys_before_it_went_off():
    before = {"emergency_enable_all": True, "dids": ()}
    after = {"emergency_enable_all": False, "dids": (), "emergency_dids": ("1",)}
    assert_held(walk_back(Past(after), [step(1, before, after)], at(0)), before)


def test_a_trunk_was_there_before_it_was_gone_and_gone_before_it_came_back():
    trunk = {"name": "Berlin", "dids": (), "emergency_dids": ()}
    gone = Step(at(1), ({"field": "presence", "old": "present", "new": "gone"},))
    back = Step(at(3), ({"field": "presence", "old": "gone", "new": "present"},))
    assert walk_back(Past(trunk), [gone, back], at(0)).is_present
    assert not walk_back(Past(trunk), [gone, back], at(2)).is_present
    assert walk_back(Past(trunk), [gone, back], at(3)).is_present
    assert not walk_back(Past(trunk, is_present=False), [gone], at(1)).is_present


def test_what_no_read_shows_is_no_setting_of_the_past():
    trunk = {"name": "Berlin", "dids": (), "emergency_dids": ()}
    told = (
        {"field": "authentication_method.password", "old": "current", "new": "new"},
        {"field": "credentials", "old": "the old ones", "new": "new ones"},
        {"field": "threshold_reached", "old": False, "new": True},
        {"field": "default_did", "old": None, "new": "1"},
    )
    assert_held(walk_back(Past(trunk), [Step.of(at(1), told)], at(0)), trunk)


def test_another_spelling_of_the_same_moved_nothing():
    trunk = {"allowed_rtp_ips": ("192.0.2.1/32",), "dids": (), "emergency_dids": ()}
    line = {"field": "allowed_rtp_ips", "added": ["192.0.2.1"], "removed": ["192.0.2.1/32"]}
    assert_held(walk_back(Past(trunk), [Step.of(at(1), [line | {"why": SPELLING}])], at(0)), trunk)


def test_a_hole_in_the_record_makes_that_setting_doubtful_on_both_sides_of_it():
    """20 → 30 was recorded, then 40 → 50: nobody knows when 30 became 40."""
    trunk = {"capacity_limit": 50, "name": "Berlin", "dids": (), "emergency_dids": ()}
    first = Step(at(10), ({"field": "capacity_limit", "old": 20, "new": 30},))
    second = Step(at(20), ({"field": "capacity_limit", "old": 40, "new": 50},))
    for minute, capacity, doubtful in ((20, 50, set()), (10, 40, {"capacity_limit"})):
        past = walk_back(Past(trunk), [first, second], at(minute))
        assert past.settings["capacity_limit"] == capacity
        assert past.doubtful == doubtful
    oldest = walk_back(Past(trunk), [first, second], at(0))
    assert oldest.settings["capacity_limit"] == 20
    assert oldest.doubtful == {"capacity_limit"}


def test_an_element_that_is_missing_makes_its_list_doubtful():
    trunk = {"dst_prefixes": ("47",), "dids": (), "emergency_dids": ()}
    lines = ({"field": "dst_prefixes", "added": ["44"], "removed": []},)
    past = walk_back(Past(trunk), [Step(at(1), lines)], at(0))
    assert past.settings["dst_prefixes"] == ("47",)
    assert past.doubtful == {"dst_prefixes"}
