"""Settings in the words people read."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from trunks.models import Change
from trunks.templatetags._words import wait_in_words
from trunks.web.countries import number_in_words, place_of
from trunks.web.diff_lines import rows_of, summary_of, summary_parts, title_of
from trunks.web.risk_words import risks_in_words
from trunks.web.staff.timeline import entry_of
from trunks.web.words import (
    capacity_in_words,
    destinations_in_words,
    listed,
    percent,
    sentence,
)


@pytest.mark.parametrize(
    ("action", "prefixes", "words"),
    [
        ("allow_all", [], "All destinations"),
        ("allow_all", None, "All destinations"),
        ("allow_all", ["881", "882", "979"], "All but 3 refused ranges"),
        ("allow_all", ["881"], "All but 1 refused range"),
        ("reject_all", [], "None: all refused"),
        ("reject_all", ["47"], "Norway; rest refused"),
        ("reject_all", ["371", "372"], "Latvia, Estonia; rest refused"),
        ("reject_all", ["34", "351", "33"], "Spain and 2 more; rest refused"),
        ("reject_all", ["44207", "44161"], "parts of United Kingdom; rest refused"),
        ("reject_all", ["44207", "44"], "United Kingdom; rest refused"),
        ("reject_all", ["1", "1212"], "North America; rest refused"),
        ("reject_all", ["3"], "+3; rest refused"),
        ("something_new", ["47"], "something_new"),
        (None, None, "not said"),
    ],
)
def test_it_says_destinations_in_words(action, prefixes, words):
    assert destinations_in_words(action, prefixes) == words


@pytest.mark.parametrize(
    ("prefix", "name", "whole"),
    [
        ("47", "Norway", True),
        ("4721", "Norway", False),
        ("1416", "Canada", False),
        ("1242", "Bahamas", False),
        ("77", "Kazakhstan", False),
        ("88213", "International networks", False),
    ],
)
def test_it_knows_whose_a_shared_calling_code_is(prefix, name, whole):
    assert place_of(prefix) == (name, whole)


@given(st.text(max_size=20) | st.text("0123456789²٣", max_size=8))
def test_any_prefix_at_all_has_words(prefix):
    place_of(prefix)
    assert destinations_in_words("reject_all", [prefix])


@given(st.text(max_size=20) | st.text("0123456789²٣", max_size=8))
def test_any_number_at_all_has_words(digits):
    assert number_in_words(digits)


def test_it_spaces_numbers_as_their_country_does():
    assert number_in_words("4721550120") == "+47 21 55 01 20"
    assert number_in_words(None) == "no number"


def test_no_limit_is_said_in_a_word():
    assert capacity_in_words(None) == "Unlimited"
    assert capacity_in_words(1200) == "1,200"


def test_a_share_reaches_100_only_when_the_limit_is_reached():
    assert percent(0.999) == "99 %"
    assert percent(1.0) == "100 %"
    assert percent(None) == ""


def test_a_fragment_becomes_a_sentence():
    assert sentence("the account is paused") == "The account is paused."
    assert sentence("Really?") == "Really?"
    assert sentence("") == ""


def a_change(**fields):
    return Change(**{"kind": "update", "state": "applied", "trunk_label": "A", **fields})


def test_it_sums_a_change_up_in_one_line():
    change = a_change(
        diff=[
            {"field": "capacity_limit", "old": 20, "new": None},
            {"field": "authentication_method.allowed_sip_ips", "added": ["a", "b"], "removed": []},
        ]
    )
    assert summary_of(change) == "Calls at once 20 → Unlimited, Networks +2"
    assert title_of(change) == "Calls at once and Networks"


def test_dids_are_told_by_the_number_they_had():
    change = a_change(
        diff=[{"field": "dids", "added": ["x"], "removed": ["y"]}],
        did_numbers={"x": "4721550120"},
    )
    row = rows_of(change)[0]
    assert row["added"] == ["+47 21 55 01 20"]
    assert row["removed"] == ["y"]


def test_credentials_that_moved_upstream_are_a_row_without_values():
    line = {"field": "credentials", "old": "the old ones", "new": "new ones"}
    change = a_change(kind="observed", state="observed", diff=[line], credentials_changed=True)
    assert [row["label"] for row in rows_of(change)] == ["Credentials"]
    assert summary_of(change) == "Credentials the old ones → new ones"


def test_the_default_did_is_told_by_its_number_alone():
    line = {"field": "default_did", "old": None, "new": "a-did"}
    change = a_change(diff=[line], did_numbers={"a-did": "4721550120"})
    assert rows_of(change)[0]["new"] == "+47 21 55 01 20"
    assert rows_of(change)[0]["old"] is None
    assert summary_of(change) == "Default DID → +47 21 55 01 20"


def test_a_change_without_a_difference_says_what_it_was():
    for kind in ("update", "observed"):
        assert summary_of(a_change(kind=kind)) == title_of(a_change(kind=kind))
    assert title_of(a_change(kind="update")) == "Already as wanted"


def test_the_parts_of_a_line_say_the_same_as_the_line():
    diff = [{"field": name, "old": 1, "new": 2} for name in ("capacity_limit", "rtp_timeout")]
    for change in (a_change(diff=diff), a_change(diff=diff * 2), a_change(kind="delete")):
        said = ", ".join(part.text for part in summary_parts(change))
        assert said.replace(", and ", " and ") == summary_of(change)


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("Opens 47, 881.", "Opens Norway 47 and Satellite networks 881."),
        ("No longer refused: 3.", "No longer refused: 3."),
        ("Everything is allowed.", "Everything is allowed."),
    ],
)
def test_a_risk_tells_prefixes_by_their_places(detail, words):
    risk = {"code": "more_destinations", "headline": "More.", "detail": detail}
    assert risks_in_words([risk]) == [risk | {"detail": words}]


def test_figures_of_other_risks_are_no_prefixes():
    risk = {"code": "higher_limit", "headline": "More.", "detail": "47 times as much."}
    assert risks_in_words([risk]) == [risk]


def test_a_long_list_names_the_first_and_counts_the_rest():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"


@pytest.mark.parametrize(("added", "removed"), [(500, 1), (1, 500), (300, 300), (0, 60)])
def test_a_timeline_shows_some_of_hundreds_and_counts_the_rest(added, removed):
    lists = {"added": ["10.0.0.1/32"] * added, "removed": ["10.0.0.2/32"] * removed}
    line = {"field": "authentication_method.allowed_sip_ips", **lists}
    [row] = entry_of(a_change(diff=[line], created_at=timezone.now()))["rows"]
    shown = len(row["added"]) + len(row["removed"])
    assert shown == 6
    assert row["more"] == f"and {added + removed - 6} more"


def test_what_is_due_is_no_longer_in_the_future():
    now = timezone.now()
    assert wait_in_words(now + timedelta(seconds=40), now) == "in 40 s"
    assert wait_in_words(now - timedelta(seconds=3), now) == "any moment"
