"""Settings to paste into a PBX: the trunk's own values, a placeholder for the secret, and nothing
that what people typed could do to a file."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunks.domain.pbx import CALLER_ID, PASSWORD, USERNAME, Recipe, line_of, recipes
from trunks.domain.pbx_hosts import HOSTS, host_of
from trunks.domain.units import METHOD, SIP_IPS, TYPE

ALL = ("asterisk", "freeswitch", "kamailio", "3cx", "sip")
TRUNK = {
    "name": "Acme: Berlin (2)",
    "media_encryption_mode": "disabled",
    TYPE: "credentials_and_ip",
    SIP_IPS: ("192.0.2.1/32", "198.51.100.0/24"),
    METHOD + "tech_prefix": "12#",
}


def written(units=None, username="k3yh0lder", numbers=("442012345678",), host="fra"):
    line = line_of({**TRUNK, **(units or {})}, username=username, numbers=numbers, host=host)
    assert line is not None
    return {recipe.key: recipe for recipe in recipes(line)}


def text_of(recipe: Recipe) -> str:
    return "\n".join(block.text for block in recipe.blocks)


@pytest.mark.parametrize("key", ALL)
def test_every_pbx_is_told_host_username_prefix_number_and_a_placeholder(key):
    text = text_of(written()[key])
    for word in ("fra.eu.out.didww.com", "k3yh0lder", "12#", PASSWORD):
        assert word in text, word
    assert "442012345678" in text or key == "kamailio"


@pytest.mark.parametrize("key", ALL)
def test_a_trunk_without_credentials_asks_for_none(key):
    text = text_of(written({TYPE: "ip_only"}, username=None)[key])
    assert PASSWORD not in text
    assert USERNAME not in text
    assert "auth" not in text.lower().replace("authentication:  do not require", "")


@pytest.mark.parametrize("key", ALL)
def test_keys_sent_in_the_signalling_make_that_encrypted_too(key):
    plain, secured = written(), written({"media_encryption_mode": "srtp_sdes"})
    assert "5061" in text_of(secured[key])
    assert "tls" in text_of(secured[key]).lower()
    assert "5061" not in text_of(plain[key])


@pytest.mark.parametrize(
    ("mode", "asterisk", "freeswitch"),
    [
        ("srtp_sdes", "media_encryption=sdes", "rtp_secure_media=mandatory"),
        ("srtp_dtls", "media_encryption=dtls", "rtp_secure_media=mandatory:dtls"),
        ("disabled", None, None),
    ],
)
def test_media_is_encrypted_as_the_trunk_wants_it(mode, asterisk, freeswitch):
    found = written({"media_encryption_mode": mode})
    for key, setting in (("asterisk", asterisk), ("freeswitch", freeswitch)):
        text = text_of(found[key])
        assert (setting in text) if setting else ("secure_media" not in text)
        assert setting is not None or "media_encryption" not in text


def test_what_asterisk_cannot_do_is_said():
    assert any(
        "ZRTP" in note for note in written({"media_encryption_mode": "zrtp"})["asterisk"].notes
    )


def test_from_where_calls_are_taken_is_said_in_a_sentence():
    notes = written()["asterisk"].notes
    assert "Calls are taken only from 192.0.2.1, 198.51.100.0/24." in notes
    assert "Emergency calls need the prefix too: 12#112." in notes


@pytest.mark.parametrize("type_", ["twilio", "carrier_pigeon", None])
def test_a_method_no_pbx_speaks_has_no_settings(type_):
    assert line_of({**TRUNK, TYPE: type_}, username=None) is None


def test_what_is_not_known_yet_has_a_placeholder_of_its_own():
    found = written(username=None, numbers=())
    assert USERNAME in text_of(found["asterisk"])
    assert CALLER_ID in text_of(found["asterisk"])


def test_a_host_that_nobody_knows_is_the_first_one():
    assert host_of("nyc").name == "nyc.us.out.didww.com"
    assert host_of("moon") == host_of(None) == HOSTS[0]


def test_no_empty_line_is_left_where_nothing_was_filled_in():
    for recipe in written({TYPE: "ip_only", METHOD + "tech_prefix": None}).values():
        for block in recipe.blocks:
            assert "\n\n\n" not in block.text
            assert block.text == block.text.strip()
            assert not any(line != line.rstrip() for line in block.text.splitlines())


wild = st.text(max_size=30)
SECTION = re.compile(r"\[(transport-(udp|tls)|(to-)?[a-z0-9-]{1,40})\]")
SETTING = re.compile(r"([a-z_]+=[^\s;]+(\\;transport=tls)?|exten => .*| same => .*)")


@given(wild, wild, wild, st.lists(wild, max_size=2))
def test_nothing_that_was_typed_writes_a_line_of_its_own(name, username, prefix, numbers):
    found = written(
        {"name": name, METHOD + "tech_prefix": prefix}, username=username, numbers=numbers
    )
    for block in found["asterisk"].blocks:
        for line in filter(None, block.text.splitlines()):
            assert SECTION.fullmatch(line) or SETTING.fullmatch(line), line
    for block in found["freeswitch"].blocks:
        ElementTree.fromstring(block.text)  # noqa: S314
    (kamailio,) = found["kamailio"].blocks
    (usual,) = written()["kamailio"].blocks
    no_prefix = 0 if "prefix(" in kamailio.text else 1
    assert len(kamailio.text.splitlines()) == len(usual.text.splitlines()) - no_prefix
    assert kamailio.text.count('"') % 2 == 0
