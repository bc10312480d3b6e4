"""Tech prefixes, destination prefixes, Twilio SIDs and amounts of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunks.domain.decimals import as_decimal, canonical, parse_amount
from trunks.domain.prefixes import (
    check_tech_prefix,
    check_twilio_sid,
    leading_prefixes,
    parse_prefixes,
)

AMOUNTS = st.decimals(0, 10**11, places=6, allow_nan=False).map(lambda d: format(d, "f"))


@pytest.mark.parametrize("text", ["0", "#", "12345678", "123#4567", "########"])
def test_a_tech_prefix_of_digits_and_hashes(text):
    assert check_tech_prefix(text) == text


@pytest.mark.parametrize(
    "text", ["", "123456789", "12*", "+1", " 1", "1\n", "a", "１", "٣", "#" * 9], ids=ascii
)
def test_any_other_tech_prefix_is_refused(text):
    with pytest.raises(ValueError, match="at most 8 characters, only digits and #"):
        check_tech_prefix(text)


@pytest.mark.parametrize("text", ["AC" + "0" * 32, "zZ" + "aF" * 16])
def test_a_sid_is_two_letters_and_thirty_two_hexadecimal_digits(text):
    assert check_twilio_sid(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AC" + "0" * 31, "this has 33"),
        ("AC" + "0" * 33, "this has 35"),
        ("", "this has 0"),
        ("A1" + "0" * 32, "must be 34"),
        ("AC" + "g" * 32, "must be 34"),
        ("AC" + "٣" * 32, "must be 34"),
        ("ÀC" + "0" * 32, "must be 34"),
        ("AC" + "0" * 31 + "\n", "must be 34"),
    ],
    ids=ascii,
)
def test_any_other_sid_is_refused_and_its_length_counted(text, said):
    with pytest.raises(ValueError, match=said):
        check_twilio_sid(text)


def test_prefixes_are_kept_in_order_each_once():
    assert parse_prefixes(["44", " 1 ", "44", "49"]) == (("44", "1", "49"), [])


@pytest.mark.parametrize(
    "text", ["", "+44", "44-20", "44 20", "4a", "٤٤", "²", "1.0", "-1"], ids=ascii
)
def test_a_prefix_is_digits_only(text):
    found, complaints = parse_prefixes([text, "1"])
    assert found == ("1",)
    assert "digits only" in complaints[0]


def test_a_plus_is_named_as_the_cause():
    assert "without + or separators" in parse_prefixes(["+44"])[1][0]


@pytest.mark.parametrize(("digits", "complaints"), [(15, 0), (16, 1)])
def test_no_prefix_is_longer_than_a_number(digits, complaints):
    assert len(parse_prefixes(["1" * digits])[1]) == complaints


@given(st.from_regex(r"[0-9]{0,15}", fullmatch=True))
def test_the_prefixes_that_cover_a_number_begin_it(number):
    assert all(number.startswith(prefix) for prefix in leading_prefixes(number))
    assert len(leading_prefixes(number)) == len(number)


@given(AMOUNTS)
def test_an_amount_means_the_same_in_upstreams_form(text):
    assert Decimal(canonical(text)) == Decimal(text)


@given(AMOUNTS | st.text(max_size=8) | st.floats().map(repr))
def test_upstreams_form_stays_as_it_is(text):
    assert canonical(canonical(text)) == canonical(text)


@given(AMOUNTS, AMOUNTS, st.integers(0, 4))
def test_two_spellings_of_one_amount_have_one_form_and_two_amounts_have_two(one, other, zeros):
    longer = one + "0" * zeros
    assert canonical(longer) == canonical(one)
    assert (canonical(one) == canonical(other)) == (Decimal(one) == Decimal(other))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("50", "50.0"),
        ("50.00", "50.0"),
        ("050.25", "50.25"),
        ("0", "0.0"),
        ("0.000001", "0.000001"),
        ("3000.0", "3000.0"),
        ("999999999998.999999", "999999999998.999999"),
    ],
)
def test_spellings_of_an_amount(typed, read):
    assert parse_amount(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "+1",
        "1e3",
        "1,5",
        "1_000",
        "NaN",
        "Infinity",
        ".5",
        "5.",
        "٣",
        "1.1234567",
        "9" * 13,
    ],
    ids=ascii,
)
def test_what_is_no_plain_amount_is_refused(typed):
    with pytest.raises(ValueError, match="must be an amount"):
        parse_amount(typed)


@pytest.mark.parametrize(
    "text", ["", None, "x", "NaN", "sNaN", "-Infinity", "1e12", "1e-999999999"]
)
def test_what_no_column_can_hold_is_no_number(text):
    assert as_decimal(text) is None


def test_an_absurd_exponent_is_not_written_out():
    assert canonical("1e-999999999") == "1e-999999999"
    assert canonical("-0.00") == "0.0"
    assert canonical("1.00000000000000000000000000001") == "1.00000000000000000000000000001"
