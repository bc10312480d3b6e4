"""Three ways at once: the laws of a merge, and its conflicts as sentences."""

import pytest
from hypothesis import assume, given

from tests.domain.strategies import patches, trunks
from trunks.domain.merge import is_shown, merge
from trunks.domain.patch import Edit, Put, Whole, apply_patch
from trunks.domain.units import LINKAGES, LISTS, MANAGED_BY, METHOD, SIP_IPS, TYPE, same

ALL_TYPES = ("credentials_and_ip", "twilio", "ip_only", "carrier_pigeon")
SID, PREFIX = METHOD + "twilio_account_sid", METHOD + "tech_prefix"


def base_of(seen, patch):
    """What a change keeps of what the actor saw."""
    needs_type = any(unit.startswith(METHOD) for unit in patch)
    return {u: v for u, v in seen.items() if u in patch or (needs_type and u == TYPE)}


def left_behind(unit, wanted, theirs):
    return unit.startswith(METHOD) and wanted.get(TYPE) != theirs.get(TYPE)


@given(trunks(ALL_TYPES), patches())
def test_with_nobody_in_between_the_patch_is_laid_on_what_was_seen(seen, patch):
    merged = merge(base_of(seen, patch), patch, seen)
    handed_over = any(seen.get(MANAGED_BY.get(unit)) for unit in patch)
    assert handed_over or not merged.conflicts
    assert merged.wanted == apply_patch(seen, patch)


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_only_what_was_asked_for_is_ever_sent(seen, patch, theirs):
    merged = merge(base_of(seen, patch), patch, theirs)
    assert merged.send.keys() <= patch.keys()
    assert {conflict.unit for conflict in merged.conflicts} <= patch.keys()


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_what_they_hold_beside_the_patch_stays_as_they_hold_it(seen, patch, theirs):
    wanted = merge(base_of(seen, patch), patch, theirs).wanted
    for unit, value in theirs.items():
        if unit not in patch and not left_behind(unit, wanted, theirs):
            assert wanted[unit] == value


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_merging_again_on_the_result_sends_nothing(seen, patch, theirs):
    base = base_of(seen, patch)
    merged = merge(base, patch, theirs)
    assume(not merged.conflicts)
    flags_on = [unit for unit in LINKAGES if merged.wanted.get(MANAGED_BY[unit])]
    assume(not patch.keys() & set(flags_on))  # refused before it is sent
    again = merge(base, patch, merged.wanted)
    assert again.send == {}
    assert again.wanted == merged.wanted
    assert is_shown(patch, merged.wanted)


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_elements_of_theirs_that_nobody_removed_survive(seen, patch, theirs):
    wanted = merge(base_of(seen, patch), patch, theirs).wanted
    for unit in LISTS & theirs.keys():
        op = patch.get(unit, Edit())
        if isinstance(op, Edit) and not left_behind(unit, wanted, theirs):
            assert set(theirs[unit]) - set(op.remove) <= set(wanted[unit])


@given(trunks(ALL_TYPES), patches(), trunks(ALL_TYPES))
def test_nothing_that_moved_since_is_overwritten_without_a_conflict(seen, patch, theirs):
    merged = merge(base_of(seen, patch), patch, theirs)
    told = {conflict.unit for conflict in merged.conflicts}
    for unit, op in patch.items():
        moved = not same(unit, seen.get(unit), theirs.get(unit))
        unread = unit in LINKAGES and (unit not in seen or unit not in theirs)
        if moved and not unread and not isinstance(op, Edit) and unit not in told:
            assert same(unit, theirs.get(unit), merged.wanted.get(unit))


SENTENCES = {
    # units that differ merge
    "another field was changed: both stay": (
        {"name": "a", "status": "active"},
        {"name": Put("b")},
        {"name": "a", "status": "blocked"},
        {"name": "b"},
        None,
    ),
    "they changed the same field to something else": (
        {"name": "a"},
        {"name": Put("b")},
        {"name": "c"},
        None,
        "name",
    ),
    "they changed the same field to the same": (
        {"name": "a"},
        {"name": Put("b")},
        {"name": "b"},
        {},
        None,
    ),
    "we ask for what we saw, they moved it": (
        {"name": "a"},
        {"name": Put("a")},
        {"name": "c"},
        None,
        "name",
    ),
    "nobody knew the field": (
        {},
        {"rtp_timeout": Put(60)},
        {"rtp_timeout": 30},
        {"rtp_timeout": 60},
        None,
    ),
    "nothing moved and nothing differs": (
        {"name": "a"},
        {"name": Put("a")},
        {"name": "a"},
        {},
        None,
    ),
    # lists, element by element
    "they added another element": (
        {"dst_prefixes": ("1",)},
        {"dst_prefixes": Edit(("44",))},
        {"dst_prefixes": ("1", "49")},
        {"dst_prefixes": ("1", "49", "44")},
        None,
    ),
    "they removed another element": (
        {"dst_prefixes": ("1", "2")},
        {"dst_prefixes": Edit(("44",), ("2",))},
        {"dst_prefixes": ("2",)},
        {"dst_prefixes": ("44",)},
        None,
    ),
    "they added ours as well": (
        {"dst_prefixes": ()},
        {"dst_prefixes": Edit(("44",))},
        {"dst_prefixes": ("44",)},
        {},
        None,
    ),
    "they removed ours as well": (
        {"dst_prefixes": ("1",)},
        {"dst_prefixes": Edit((), ("1",))},
        {"dst_prefixes": ()},
        {},
        None,
    ),
    "they took out what we hold on to": (
        {"dst_prefixes": ("1",)},
        {"dst_prefixes": Edit(("1",))},
        {"dst_prefixes": ()},
        None,
        "dst_prefixes",
    ),
    "they put back what we take out": (
        {"dst_prefixes": ()},
        {"dst_prefixes": Edit((), ("1",))},
        {"dst_prefixes": ("1",)},
        None,
        "dst_prefixes",
    ),
    # a program states the full set
    "a whole list and theirs differs from its base": (
        {"dids": ("a",)},
        {"dids": Whole(("b",))},
        {"dids": ("a", "c")},
        None,
        "dids",
    ),
    "a whole list and theirs only changed its order": (
        {"dids": ("a", "c")},
        {"dids": Whole(("b",))},
        {"dids": ("c", "a")},
        {"dids": ("b",)},
        None,
    ),
    "a whole list that they already hold": (
        {"dids": ()},
        {"dids": Whole(("b",))},
        {"dids": ("b",)},
        {},
        None,
    ),
    # the flag that manages a list
    "the flag was switched on under our list": (
        {"dids": ("a",)},
        {"dids": Edit(("b",))},
        {"allow_any_did_as_cli": True},
        None,
        "dids",
    ),
    "they switched the flag on while we state it off": (
        {"allow_any_did_as_cli": False, "dids": ("a",)},
        {"allow_any_did_as_cli": Put(False), "dids": Edit(("b",))},
        {"allow_any_did_as_cli": True},
        None,
        "allow_any_did_as_cli",
    ),
    "we switch the flag off and state the list": (
        {"allow_any_did_as_cli": True},
        {"allow_any_did_as_cli": Put(False), "dids": Whole(("b",))},
        {"allow_any_did_as_cli": True},
        {"allow_any_did_as_cli": False, "dids": ("b",)},
        None,
    ),
    # the method
    "they switched the method under our edit of its list": (
        {TYPE: "credentials_and_ip", SIP_IPS: ("10.0.0.0/8",)},
        {SIP_IPS: Edit(("::/0",))},
        {TYPE: "twilio", SID: "AC1"},
        None,
        SIP_IPS,
    ),
    "they switched to another method than we": (
        {TYPE: "credentials_and_ip"},
        {TYPE: Put("twilio"), SID: Put("AC1")},
        {TYPE: "ip_only", SIP_IPS: ()},
        None,
        TYPE,
    ),
    "they switched to the same method with another SID": (
        {TYPE: "credentials_and_ip"},
        {TYPE: Put("twilio"), SID: Put("AC1")},
        {TYPE: "twilio", SID: "AC2"},
        None,
        SID,
    ),
    "they switched to the same method with the same SID": (
        {TYPE: "credentials_and_ip"},
        {TYPE: Put("twilio"), SID: Put("AC1")},
        {TYPE: "twilio", SID: "AC1"},
        {},
        None,
    ),
    "they changed a setting of the method we leave": (
        {TYPE: "credentials_and_ip"},
        {TYPE: Put("twilio"), SID: Put("AC1")},
        {TYPE: "credentials_and_ip", PREFIX: "12"},
        {TYPE: "twilio", SID: "AC1"},
        None,
    ),
    "the method that they have has no such setting to take away": (
        {TYPE: "credentials_and_ip"},
        {TYPE: Put("twilio"), SID: Put("AC1"), PREFIX: Put(None)},
        {TYPE: "twilio", SID: "AC1"},
        {},
        None,
    ),
    # what upstream never shows
    "the default DID is sent every time": (
        {},
        {"default_did": Put("a")},
        {},
        {"default_did": "a"},
        None,
    ),
}


@pytest.mark.parametrize(
    ("base", "patch", "theirs", "sent", "conflict"), SENTENCES.values(), ids=SENTENCES
)
def test_sentences(base, patch, theirs, sent, conflict):
    merged = merge(base, patch, theirs)
    assert [c.unit for c in merged.conflicts] == ([conflict] if conflict else [])
    if conflict:
        (found,) = merged.conflicts
        assert (found.base, found.theirs) == (base.get(conflict), theirs.get(conflict))
    else:
        assert merged.send == sent
