"""A conflict put to a person: what is asked, and what the answers ask for."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.strategies import patches, trunks
from tests.domain.test_merge import ALL_TYPES, base_of
from trunks.domain.merge import merge
from trunks.domain.patch import Edit, Put, apply_patch
from trunks.domain.resolving import EDITED, MINE, THEIRS, Answer, questions_in, resolve
from trunks.domain.rules import check_trunk
from trunks.domain.units import METHOD, SIP_IPS, TYPE, difference

PREFIX, SID = METHOD + "tech_prefix", METHOD + "twilio_account_sid"


def asked(seen, patch, theirs):
    """(base, questions) for a patch that met these settings."""
    base = base_of(seen, patch)
    units = [conflict.unit for conflict in merge(base, patch, theirs).conflicts]
    return base, questions_in(units, patch, base, theirs)


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES), st.data())
def test_whatever_is_answered_meets_no_conflict_on_what_was_shown(seen, patch, theirs, data):
    _, questions = asked(seen, patch, theirs)
    kinds = st.sampled_from((MINE, THEIRS))
    answers = {question.unit: Answer(data.draw(kinds)) for question in questions}
    result = resolve(patch, theirs, questions, answers)
    assert merge(base_of(theirs, result), result, theirs).conflicts == ()


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_theirs_alone_changes_nothing_and_is_never_refused(seen, patch, theirs):
    _, questions = asked(seen, patch, theirs)
    answers = {question.unit: Answer(THEIRS) for question in questions}
    result = resolve(patch, theirs, questions, answers, rest=False)
    assert difference(theirs, apply_patch(theirs, result)) == {}
    assert check_trunk(theirs, apply_patch(theirs, result), set(result)) == []


@given(trunks(), patches(), trunks())
def test_mine_alone_asks_again_for_all_that_still_makes_sense(seen, patch, theirs):
    _, questions = asked(seen, patch, theirs)
    assume(all(question.keepable for question in questions))
    answers = {question.unit: Answer(MINE) for question in questions}
    result = resolve(patch, theirs, questions, answers)
    flags = {question.switches_off for question in questions} - {""}
    wanted = apply_patch(theirs, result)
    for unit, op in patch.items():
        if unit in result:
            assert result[unit] == op
    assert all(wanted[flag] is False for flag in flags)
    assert result.keys() <= patch.keys() | flags


def test_every_element_of_a_list_they_did_not_touch_stays_as_they_have_it():
    theirs = {"dst_prefixes": ("47", "46")}
    patch = {"dst_prefixes": Edit(add=("48",), remove=("47",))}
    [question] = questions_in(["dst_prefixes"], patch, {"dst_prefixes": ("45", "47")}, theirs)
    mine = resolve(patch, theirs, [question], {"dst_prefixes": Answer(MINE)})
    assert apply_patch(theirs, mine) == {"dst_prefixes": ("46", "48")}


def test_an_edited_value_takes_the_place_of_both():
    patch, theirs = {"capacity_limit": Put(30)}, {"capacity_limit": 125}
    [question] = questions_in(["capacity_limit"], patch, {"capacity_limit": 20}, theirs)
    answer = {"capacity_limit": Answer(EDITED, Put(60))}
    assert resolve(patch, theirs, [question], answer) == {"capacity_limit": Put(60)}


def test_what_nobody_disputes_goes_along_unless_it_is_left():
    patch = {"capacity_limit": Put(30), "rtp_timeout": Put(60)}
    theirs = {"capacity_limit": 125, "rtp_timeout": 30}
    [question] = questions_in(["capacity_limit"], patch, {**theirs, "capacity_limit": 20}, theirs)
    answers = {"capacity_limit": Answer(THEIRS)}
    assert resolve(patch, theirs, [question], answers)["rtp_timeout"] == Put(60)
    assert "rtp_timeout" not in resolve(patch, theirs, [question], answers, rest=False)


def test_a_list_taken_over_by_its_flag_is_kept_by_switching_the_flag_off():
    patch = {"dids": Edit(add=("d1",))}
    theirs = {"allow_any_did_as_cli": True}
    [question] = questions_in(["dids"], patch, {"dids": ()}, theirs)
    assert question.switches_off == "allow_any_did_as_cli"
    mine = resolve(patch, theirs, [question], {"dids": Answer(MINE)})
    assert mine == {**patch, "allow_any_did_as_cli": Put(False)}
    assert resolve(patch, theirs, [question], {"dids": Answer(THEIRS)}) == {}


def test_a_setting_of_a_method_they_left_cannot_be_kept():
    base = {TYPE: "credentials_and_ip", PREFIX: None, SIP_IPS: ("10.0.0.0/8",)}
    theirs = {TYPE: "twilio", SID: "AC" + "0" * 32}
    patch = {PREFIX: Put("12#")}
    [question] = questions_in([PREFIX], patch, base, theirs)
    assert not question.keepable
    assert resolve(patch, theirs, [question], {PREFIX: Answer(MINE)}) == {}


def test_two_switches_of_the_method_are_one_question():
    base = {TYPE: "credentials_and_ip"}
    theirs = {TYPE: "ip_only", SIP_IPS: ("10.0.0.0/8",), PREFIX: None}
    patch = {TYPE: Put("twilio"), SID: Put("AC" + "0" * 32)}
    units = [conflict.unit for conflict in merge(base, patch, theirs).conflicts]
    [question] = questions_in(units, patch, base, theirs)
    assert set(question.units) == {TYPE, SID}
    assert resolve(patch, theirs, [question], {TYPE: Answer(MINE)}) == patch
    left = resolve(patch, theirs, [question], {TYPE: Answer(THEIRS)})
    assert SID not in left


def test_the_default_did_goes_with_the_setting_that_uses_it():
    patch = {"on_cli_mismatch_action": Put("replace_cli"), "default_did": Put("d1")}
    theirs = {"on_cli_mismatch_action": "reject_call"}
    base = {"on_cli_mismatch_action": "send_original_cli"}
    questions = questions_in(["on_cli_mismatch_action"], patch, base, theirs)
    kept = resolve(patch, theirs, questions, {"on_cli_mismatch_action": Answer(MINE)})
    assert kept == patch
    left = resolve(patch, theirs, questions, {"on_cli_mismatch_action": Answer(THEIRS)})
    assert "default_did" not in left


@pytest.mark.parametrize("value", ["quantum", None])
def test_a_value_only_upstream_may_set_is_left_without_asking_for_it(value):
    theirs = {"media_encryption_mode": value}
    patch = {"media_encryption_mode": Put("zrtp")}
    questions = questions_in(list(patch), patch, {"media_encryption_mode": "disabled"}, theirs)
    answers = {"media_encryption_mode": Answer(THEIRS)}
    assert resolve(patch, theirs, questions, answers) == {}
