"""Undoing what a change did: exactly, element by element, and never over what came after it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import DEFAULTS, DIDS, NETWORKS, some, trunks
from trunks.domain.patch import Edit, Put, Whole, apply_patch, dump_patch, load_patch
from trunks.domain.undoing import MOVED, UNKNOWN_DEFAULT, way_back
from trunks.domain.units import LISTS, MANAGED_BY, SIP_IPS, TYPE, describe, moved

PLAIN = {**DEFAULTS, TYPE: "credentials_and_ip", SIP_IPS: NETWORKS[:3], "dids": DIDS[:3]}


def lines_between(before, after):
    """As a change keeps them: through JSON and back."""
    return json.loads(json.dumps(describe(moved(before, after))))


def as_sets(units):
    """What upstream shows: no linkage while its flag is on."""
    shown = {u: v for u, v in units.items() if not units.get(MANAGED_BY.get(u, ""))}
    return {u: frozenset(v) if u in LISTS else v for u, v in shown.items()}


@given(trunks(), trunks())
def test_it_leads_back_to_exactly_what_was_there(before, after):
    after = {**after, "on_cli_mismatch_action": "reject_call"}
    before = {**before, "on_cli_mismatch_action": "reject_call"}
    patch, problems = way_back(lines_between(before, after), after, orders=before)
    assert problems == []
    assert as_sets(apply_patch(after, load_patch(dump_patch(patch)))) == as_sets(before)


@given(st.permutations(NETWORKS[:4]), st.sets(st.sampled_from(NETWORKS[:4]), min_size=1))
def test_a_list_comes_back_in_its_order(networks, taken_out):
    before = {**PLAIN, SIP_IPS: tuple(networks)}
    edit = Edit(add=(NETWORKS[5],), remove=tuple(taken_out))
    after = apply_patch(before, {SIP_IPS: edit})
    patch, _ = way_back(lines_between(before, after), after, orders={SIP_IPS: list(networks)})
    assert apply_patch(after, load_patch(dump_patch(patch)))[SIP_IPS] == tuple(networks)


@given(some(NETWORKS[3:6]))
def test_what_others_put_into_a_list_since_stays(theirs):
    after = apply_patch(PLAIN, {SIP_IPS: Edit(remove=(NETWORKS[0],))})
    since = {**after, SIP_IPS: after[SIP_IPS] + theirs}
    patch, problems = way_back(lines_between(PLAIN, after), since, orders=PLAIN)
    assert problems == []
    assert set(apply_patch(since, patch)[SIP_IPS]) == {*PLAIN[SIP_IPS], *theirs}


def test_a_setting_that_somebody_changed_since_is_not_overwritten():
    after = {**PLAIN, "capacity_limit": 5, "rtp_timeout": 60}
    since = {**after, "capacity_limit": 7}
    _, problems = way_back(lines_between(PLAIN, after), since, orders={})
    assert [(p.unit, p.message) for p in problems] == [("capacity_limit", MOVED)]


def test_what_stands_as_before_already_needs_nothing():
    after = {**PLAIN, "capacity_limit": 5}
    assert way_back(lines_between(PLAIN, after), PLAIN, orders={}) == ({}, [])


def test_numbers_that_a_flag_took_away_come_back_with_it():
    after = {u: v for u, v in PLAIN.items() if u != "dids"} | {"allow_any_did_as_cli": True}
    patch, problems = way_back(lines_between(PLAIN, after), after, orders={})
    assert problems == []
    assert patch == {"allow_any_did_as_cli": Put(False), "dids": Whole(DIDS[:3])}


def test_a_list_that_was_empty_before_its_flag_is_emptied_again():
    before = {**PLAIN, "emergency_dids": ()}
    after = {u: v for u, v in before.items() if u != "emergency_dids"}
    after |= {"emergency_enable_all": True}
    patch, _ = way_back(lines_between(before, after), after, orders={})
    assert patch == {"emergency_enable_all": Put(False), "emergency_dids": Whole(())}


def test_the_default_number_comes_back_where_it_is_known_and_is_asked_for_where_not():
    before = {**PLAIN, "on_cli_mismatch_action": "replace_cli"}
    lines = lines_between(before, PLAIN)
    patch, problems = way_back(lines, PLAIN, orders={}, default_did=DIDS[0])
    assert (patch["default_did"], problems) == (Put(DIDS[0]), [])
    _, problems = way_back(lines, PLAIN, orders={})
    assert [(p.unit, p.message) for p in problems] == [("default_did", UNKNOWN_DEFAULT)]
