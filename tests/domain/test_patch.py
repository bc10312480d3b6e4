"""Patches: what lies between two trunks, laid on the first, gives the second."""

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import patches, trunks
from trunks.domain.patch import (
    Edit,
    Put,
    Whole,
    apply_patch,
    dump_patch,
    edit_of,
    load_patch,
    patch_between,
)
from trunks.domain.units import LISTS, METHOD, TYPE, describe, difference, normal, same

ALL_TYPES = ("credentials_and_ip", "twilio", "ip_only", "carrier_pigeon")


@given(trunks(ALL_TYPES), trunks(ALL_TYPES))
def test_what_lies_between_two_trunks_turns_one_into_the_other(seen, wanted):
    result = apply_patch(seen, patch_between(seen, wanted))
    assert all(same(unit, result.get(unit), value) for unit, value in wanted.items())
    left_over = result.keys() - wanted.keys()
    assert not any(unit.startswith(METHOD) for unit in left_over)


@given(trunks(ALL_TYPES))
def test_nothing_lies_between_a_trunk_and_itself(units):
    assert patch_between(units, units) == {}
    shuffled = {u: v[::-1] if u in LISTS else v for u, v in units.items()}
    assert patch_between(units, shuffled) == {}


@given(trunks(ALL_TYPES), patches())
def test_a_patch_touches_its_own_units_and_a_left_method_only(units, patch):
    result = apply_patch(units, patch)
    for unit, value in units.items():
        switched = unit.startswith(METHOD) and result.get(TYPE) != units.get(TYPE)
        if unit not in patch and not switched:
            assert result[unit] == value


@given(trunks(ALL_TYPES), patches())
def test_laying_a_patch_twice_is_laying_it_once(units, patch):
    once = apply_patch(units, patch)
    assert apply_patch(once, patch) == once


@given(patches())
def test_a_patch_survives_as_json(patch):
    assert load_patch(dump_patch(patch)) == patch


@given(trunks(ALL_TYPES), trunks(ALL_TYPES))
def test_a_difference_is_never_described_as_nothing(one, other):
    changed = difference(one, other)
    lines = describe(changed)
    assert {line["field"] for line in lines} == changed.keys()
    for line in lines:
        assert (line["added"] or line["removed"]) if "added" in line else line["old"] != line["new"]


@given(trunks(ALL_TYPES), trunks(ALL_TYPES))
def test_a_difference_is_the_same_from_both_sides(one, other):
    assert {u: (b, a) for u, (a, b) in difference(one, other).items()} == difference(other, one)
    assert difference(one, one) == {}


def test_a_linkage_that_was_not_read_says_nothing():
    assert difference({"dids": ("a",)}, {}) == {}
    assert difference({"name": "a"}, {}) == {"name": ("a", None)}


def test_a_person_edits_lists_and_puts_scalars():
    seen = {"name": "a", "dst_prefixes": ("1", "44")}
    assert patch_between(seen, {"name": "b", "dst_prefixes": ("44", "49")}) == {
        "name": Put("b"),
        "dst_prefixes": Edit(("49",), ("1",)),
    }


def test_after_a_switch_the_methods_own_settings_are_stated_whole():
    seen = {
        TYPE: "ip_only",
        METHOD + "allowed_sip_ips": ("10.0.0.0/8",),
        METHOD + "tech_prefix": None,
    }
    assert patch_between(seen, seen | {TYPE: "credentials_and_ip"}) == {
        TYPE: Put("credentials_and_ip"),
        METHOD + "allowed_sip_ips": Whole(("10.0.0.0/8",)),
        METHOD + "tech_prefix": Put(None),
    }


def test_two_spellings_of_a_value_are_no_change():
    seen = {"threshold_amount": "50.0", "allowed_rtp_ips": ("1.2.3.4/32",), "callback_url": None}
    typed = {"threshold_amount": "50.00", "allowed_rtp_ips": ("1.2.3.4",), "callback_url": ""}
    assert patch_between(seen, typed) == {}


@given(st.sampled_from(sorted(LISTS)), st.lists(st.text(max_size=4)) | st.none())
def test_the_normal_form_of_a_list_holds_each_element_once(unit, values):
    form = normal(unit, values)
    assert len(set(form)) == len(form)
    assert normal(unit, form) == form
    assert edit_of(unit, values, form) is None
