"""Networks: the same normal form as upstream's, and mistakes named so that they can be found."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import networks
from trunks.domain.networks import (
    MAX_NETWORKS,
    count_addresses,
    count_places,
    networks_holding,
    normal_form,
    parse_network,
    parse_networks,
)

ANY_TEXT = st.text(max_size=20) | st.text("0123456789abcdef.:/%x ", max_size=24)


@given(networks())
def test_a_normal_form_stays_as_it_is(network):
    assert parse_network(network) == network == normal_form(network)


@given(st.ip_addresses())
def test_an_address_becomes_the_network_of_itself_alone(address):
    expected = str(ipaddress.ip_network(address))
    assert parse_network(f" {address}\t") == expected
    assert parse_network(address.exploded.upper()) == expected


@given(ANY_TEXT)
def test_it_reads_what_ipaddress_reads_and_nothing_else(text):
    try:
        expected = str(ipaddress.ip_network(text.strip()))
    except ValueError:
        expected = None
    if "%" in text or expected is None:
        with pytest.raises(ValueError, match="“"):
            parse_network(text)
        assert normal_form(text) == text
    else:
        assert parse_network(text) == expected == normal_form(text)


@given(ANY_TEXT)
def test_reading_the_normal_form_again_changes_nothing(text):
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("192.168.1.1", "192.168.1.1/32"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1/128"),
        ("2001:db8::/032", "2001:db8::/32"),
        ("::ffff:192.0.2.1", "::ffff:c000:201/128"),
        ("\u00a01.2.3.4\n", "1.2.3.4/32"),
    ],
)
def test_spellings_of_a_network(typed, read):
    assert parse_network(typed) == read


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("1.2.3.4/0", "0.0.0.0/0"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("192.168.1.1/255.255.255.0", "192.168.1.0/24"),
    ],
)
def test_host_bits_are_told_from_nonsense_and_the_network_meant_is_named(typed, meant):
    with pytest.raises(ValueError, match="host bits") as caught:
        parse_network(typed)
    assert str(caught.value).endswith(f"did you mean {meant}")


@pytest.mark.parametrize(
    "typed", ["fe80::1%eth0", "fe80::1%eth0/64", "fe80::/64%1", "%", "1.2.3.4%1"]
)
def test_a_zone_is_refused_as_a_zone(typed):
    with pytest.raises(ValueError, match="zone"):
        parse_network(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "/",
        "1.2.3",
        "1.2.3.4.5",
        "010.0.0.1",
        "0x7f.0.0.1",
        "16909060",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/+8",
        "1.2.3.4//8",
        "1.2.3.4/8/8",
        "1.2.3.4 /32",
        "1.2.3.4-1.2.3.9",
        "1.2.3.4, 5.6.7.8",
        "٣.٣.٣.٣",
        "1.2.3.4/٣٢",
        "１.2.3.4",
        "::1::",
        "[::1]",
        "example.com",
        "1.2.3.4\x00",
        "2001:db8::/129",
    ],
    ids=ascii,
)
def test_what_is_no_network_is_said_to_be_none(typed):
    with pytest.raises(ValueError, match="is not an IP address or a CIDR network"):
        parse_network(typed)


def test_a_complaint_shows_what_was_typed_but_neither_all_of_it_nor_control_characters():
    with pytest.raises(ValueError, match="is not") as caught:
        parse_network("x\x1b[31m" + "y" * 500)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 120


def test_two_spellings_of_one_network_are_reported_as_one_listed_twice():
    found, complaints = parse_networks(["2001:db8::1", "10.0.0.0/8", "2001:DB8:0::1/128"])
    assert found == ("2001:db8::1/128", "10.0.0.0/8")
    (complaint,) = complaints
    assert "2001:db8::1 and 2001:DB8:0::1/128 are both 2001:db8::1/128" in complaint


def test_the_same_text_twice_is_said_more_shortly():
    assert parse_networks(["10.0.0.0/8", " 10.0.0.0/8"])[1] == ["lists 10.0.0.0/8 twice"]


def test_every_mistake_is_reported_not_only_the_first():
    found, complaints = parse_networks(["x", "10.0.0.1/8", "1.1.1.1", "1.1.1.1/32", "y"])
    assert found == ("1.1.1.1/32",)
    assert len(complaints) == 4


@pytest.mark.parametrize(("count", "complaints"), [(MAX_NETWORKS, 0), (MAX_NETWORKS + 1, 1)])
def test_sixty_networks_are_allowed_and_sixty_one_are_not(count, complaints):
    assert len(parse_networks([f"10.0.0.{n}" for n in range(count)])[1]) == complaints


@given(st.lists(networks(), max_size=6))
def test_overlaps_are_counted_once_and_order_does_not_matter(listed):
    counted = count_addresses(listed)
    assert counted == count_addresses([*reversed(listed), *listed])
    assert counted <= sum(ipaddress.ip_network(n).num_addresses for n in listed)


def test_nonsense_counts_as_no_address():
    assert count_addresses(["x", "10.0.0.0/30", "10.0.0.0/31", "::1"]) == 5


def test_all_of_ipv4_is_more_places_than_one_ipv6_network():
    assert count_places(["0.0.0.0/0"]) > count_places(["2001:db8::/64"]) == 1


@given(networks())
def test_a_network_is_held_by_itself_and_by_everything_above_it(network):
    holding = networks_holding(network)
    assert holding[0] == network
    assert holding[-1] in ("0.0.0.0/0", "::/0")
    assert len(holding) == ipaddress.ip_network(network).prefixlen + 1
