"""Signatures of callbacks: upstream's vectors, and what may and may not change one."""

import hashlib
import hmac
import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.strategies import JSON, PLAIN_TEXT
from trunks.domain.secrets import Secret
from trunks.domain.signatures import is_signed, normal_urls, signatures

SECRET = Secret("SOMEAPIKEY")
URL = "https://admin.example.com/callbacks/1/"
BLOCKED = {
    "created_at": "2017-06-25T08:21:41.795Z",
    "id": "f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
    "status": "blocked",
    "threshold_reached": True,
    "type": "voice_out_trunks",
}
EVENTS = st.dictionaries(PLAIN_TEXT, JSON, min_size=1, max_size=5)
SECRETS = st.text(min_size=1, max_size=20).map(Secret)


def signature(url: str, payload: Any, secret: Secret = SECRET) -> str:
    return signatures(url, payload, secret)[0]


def digest_of(text: str) -> str:
    return hmac.new(SECRET.clear.encode(), text.encode(), hashlib.sha1).hexdigest()


def test_it_signs_one_object_as_upstream_does():
    payload = {
        "status": "completed",
        "id": "1dd7a68b-e235-402b-8912-fe73ee14243a",
        "type": "orders",
    }
    recorded = "fe99e416c3547f2f59002403ec856ea386d05b2f"
    assert signature("http://example.com/callbacks", payload) == recorded
    assert is_signed(recorded, "http://example.com/callbacks", payload, SECRET)


def test_it_signs_a_list_of_events_with_their_booleans():
    computed = "32a7ec72898a7b18ab45ce575c9a55c94170ea2e"
    assert signature("https://example.com/cb", [BLOCKED]) == computed
    assert is_signed(computed, "https://example.com/cb", [BLOCKED], SECRET)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(event, chance: random.Random):
    members = list(event.items())
    chance.shuffle(members)
    assert signature(URL, [dict(members)]) == signature(URL, [event])


def test_the_order_of_events_does():
    later = {**BLOCKED, "status": "active"}
    assert signature(URL, [BLOCKED, later]) != signature(URL, [later, BLOCKED])


@given(EVENTS, PLAIN_TEXT, JSON)
def test_a_member_more_changes_it(event, name, value):
    assume(name not in event and (name or value not in (None, "")))
    assert not is_signed(signature(URL, [event]), URL, [{**event, name: value}], SECRET)


@given(st.lists(EVENTS, max_size=3), SECRETS, SECRETS)
def test_only_the_same_secret_accepts_it(events, one, other):
    assert is_signed(signature(URL, events, one), URL, events, one)
    # A key that HMAC pads with zeros is the same key.
    assume(one.clear.rstrip("\0") != other.clear.rstrip("\0"))
    assert not is_signed(signature(URL, events, one), URL, events, other)


@given(st.dictionaries(PLAIN_TEXT, PLAIN_TEXT, max_size=4))
def test_text_of_any_language_is_written_as_it_is(event):
    joined = "".join(name + event[name] for name in sorted(event))
    assert signature("http://a/b", event) == digest_of(f"http://a:80/b{joined}")


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), (False, "false"), (0, "0"), (-7, "-7"), (1.5, "1.5"), ("", ""), ("x", "x")],
)
def test_values_are_written_as_json_writes_them(value, written):
    assert signature("http://a/b", {"n": value}) == digest_of(f"http://a:80/bn{written}")


def test_null_is_accepted_as_json_writes_it_and_as_nothing():
    for written in ("null", ""):
        assert is_signed(digest_of(f"http://a:80/bn{written}"), "http://a/b", {"n": None}, SECRET)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://example.com/cb", "http://example.com:80/cb"),
        ("https://example.com/cb", "https://example.com:443/cb"),
        ("HTTPS://example.com/cb", "https://example.com:443/cb"),
        ("example.com/cb", "http://example.com:80/cb"),
        ("https://example.com:8443/cb", "https://example.com:8443/cb"),
        ("https://example.com:/cb", "https://example.com:443/cb"),
        ("http://user:word@example.com/cb", "http://user:word@example.com:80/cb"),
        ("http://[2001:db8::1]/cb", "http://[2001:db8::1]:80/cb"),
        ("http://[2001:db8::1]:81/cb", "http://[2001:db8::1]:81/cb"),
        ("http://example.com/cb?a=1&b=:2", "http://example.com:80/cb?a=1&b=:2"),
        ("http://example.com/cb?#part", "http://example.com:80/cb?#part"),
    ],
)
def test_a_url_is_signed_with_its_scheme_and_port_spelt_out(url, normal):
    assert normal_urls(url) == [normal]


@pytest.mark.parametrize("rest", ["", "?a=1"])
def test_an_empty_path_is_accepted_in_either_form(rest):
    for path in ("", "/"):
        made = digest_of(f"https://example.com:443{path}{rest}n1")
        assert is_signed(made, f"https://example.com{rest}", {"n": 1}, SECRET)


def test_a_url_that_is_none_is_said_to_be_none():
    with pytest.raises(ValueError, match="not a URL"):
        signature("https://example.com:eighty/cb", [])


@given(st.text(max_size=60))
def test_no_other_header_is_a_signature(header):
    assert not is_signed(header, URL, [BLOCKED], SECRET)


@pytest.mark.parametrize(
    "spoil",
    [str.upper, "{}\n".format, " {}".format, "sha1={}".format, "{0}{0}".format, lambda s: s[:-1]],
)
def test_a_signature_written_otherwise_is_none(spoil):
    assert not is_signed(spoil(signature(URL, [BLOCKED])), URL, [BLOCKED], SECRET)
