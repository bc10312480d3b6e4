"""The key goes to DIDWW's own hosts by https, and elsewhere only where it was allowed by name."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunks.domain.hosts import UPSTREAM_HOSTS, check_base_url

ALLOWED = ("proxy.example:8443", "[2001:db8::1]:8001", "inner", "10.0.0.9")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.didww.com/v3", "https://api.didww.com/v3"),
        (" https://sandbox-api.didww.com/v3/ ", "https://sandbox-api.didww.com/v3"),
        ("https://api.didww.com:443/v3", "https://api.didww.com:443/v3"),
        ("HTTPS://API.didww.COM/v3", "HTTPS://API.didww.COM/v3"),
        ("https://proxy.example:8443/v3", "https://proxy.example:8443/v3"),
        ("http://proxy.example:8443/v3", "http://proxy.example:8443/v3"),
        ("http://[2001:db8::1]:8001/v3", "http://[2001:db8::1]:8001/v3"),
        ("http://inner/v3", "http://inner/v3"),
        ("https://INNER:9000", "https://INNER:9000"),
        ("http://10.0.0.9:80/v3", "http://10.0.0.9:80/v3"),
    ],
)
def test_what_may_have_the_key(url, kept):
    assert check_base_url(url, ALLOWED) == kept


HOSTILE = """
http://api.didww.com/v3|https://api.didww.com:80/v3|https://api.didww.com:8443/v3
https://api.didww.com:0/v3|https://api.didww.com:/v3|https://api.didww.com:443x/v3
https://api.didww.com:٤٤٣/v3|https://api.didww.com:00443/v3|https://api.didww.com:999999/v3
https://api.didww.com:-443/v3|https://api.didww.com:+443/v3|https://api.didww.com./v3
https://api.didww.com..../v3|https://.api.didww.com/v3|https://api..didww.com/v3
https://api.didww.com.evil.example/v3|https://evil.example/api.didww.com|https://api-didww.com/v3
https://didww.com/v3|https://x.api.didww.com/v3|https://evilapi.didww.com/v3
https://user@api.didww.com/v3|https://user:pw@api.didww.com/v3|https://@api.didww.com/v3
https://:@api.didww.com/v3|https://:pw@api.didww.com/v3|https://api.didww.com@evil.example/v3
https://api.didww.com:443@evil.example/v3|https://evil.example@api.didww.com@evil.example
https://evil.example\\@api.didww.com/v3|https://api.didww.com\\@evil.example/v3
https://api.didww.com\\.evil.example/v3|https:\\\\api.didww.com/v3|\\\\api.didww.com\\v3
https://api.didww.com%2eevil.example/v3|https://api%2edidww.com/v3|https://api.didww.com%00/v3
https://api.didww.com%40evil.example/v3|https://api.didww.com%2f@evil.example/v3
https://аpi.didww.com/v3|https://ａpi.didww.com/v3|https://api。didww。com/v3|https://api.didww．com
https://api.didww.com／v3|https://api.didww.com？x|https://api.didww.com＃x|https://api.dıdww.com
https://xn--pi-7kc.didww.com/v3|https://api.didww.com\u200b/v3|https://api.didww.com\u00ad/v3
https://api.didww.com/v3 /x|https://api.didww.com/\tv3
https://api.didww.com\x00/v3|https://api.didww.com/v3\x7f
https://api.didww.com/v3?x=1|https://api.didww.com/v3?|https://api.didww.com/v3#x
https://api.didww.com/v3#|https://api.didww.com?@evil.example|https://api.didww.com#@evil.example
https://api.didww.com;evil.example/v3|https://api.didww.com,evil.example/v3|https://api.didww.com&x
https://[api.didww.com]/v3|https://evil.example[api.didww.com]/v3|https://[api.didww.com]evil.example
https://[::1]api.didww.com/v3|https://[v1.api.didww.com]/v3|https://[2001:db8::1/v3
https://[2001:db8::1%25eth0]:8001/v3|https://[2001:db8::1]:8002/v3|http://2001:db8::1:8001/v3
api.didww.com/v3|//api.didww.com/v3|https:api.didww.com/v3|https:/api.didww.com/v3|https:///v3
https://|https|://api.didww.com|file:///etc/passwd|ftp://api.didww.com/v3|ws://api.didww.com/v3
javascript://api.didww.com/v3|data:,x|https+unix://api.didww.com/v3|gopher://inner/|mailto:a@inner
http://127.0.0.1/v3|http://localhost/v3|http://127.1/v3|http://2130706433/v3|http://0x7f000001/v3
http://0177.0.0.1/v3|http://0.0.0.0/v3|http://[::1]/v3|http://[::ffff:127.0.0.1]/v3|http://[::]/v3
http://169.254.169.254/v3|http://10.0.0.010/v3|http://10.0.0.9./v3|http://167772169/v3
http://inner:0/v3|http://proxy.example/v3|https://proxy.example/v3|https://proxy.example:443/v3
http://inner@evil.example/v3|http://evil.example/@inner|http://inner.evil.example/v3|http://*/v3
"""
FORMS = [form for line in HOSTILE.split("\n") for form in line.split("|") if form]
FORMS += [
    "https://api.didww.com/v3\r\nApi-Key: x",
    "https://api.\ndidww.com/v3",
    "",
    "   ",
    "x" * 99,
]


@pytest.mark.parametrize("url", FORMS, ids=ascii)
@pytest.mark.parametrize("development", [False, True])
def test_hostile_forms_are_refused(url, development):
    host = url.partition("://")[2].partition("/")[0]
    if development and host in ("127.0.0.1", "localhost", "[::1]"):
        assert check_base_url(url, ALLOWED, development=True) == url
        return
    with pytest.raises(ValueError, match=r"must|is not|names a host"):
        check_base_url(url, ALLOWED, development=development)


def test_there_are_hostile_forms_enough():
    assert len(FORMS) > 100


@given(st.text("htps:/@\\.?#[]%adiw.com-0123456789 \t", max_size=40), st.booleans())
def test_what_passes_goes_to_a_known_host_whoever_reads_it(rest, development):
    for url in (rest, f"https://api.didww.com{rest}", f"https://{rest}api.didww.com/v3"):
        try:
            kept = check_base_url(url, (), development=development)
        except ValueError:
            continue
        loopback = ("127.0.0.1", "localhost", "::1") if development else ()
        assert urlsplit(kept).hostname in (*UPSTREAM_HOSTS, *loopback)
        assert "@" not in urlsplit(kept).netloc


def test_the_refusal_says_what_to_allow():
    with pytest.raises(ValueError, match=r"add other\.example:8443 to UPSTREAM_ALLOWED_HOSTS"):
        check_base_url("https://other.example:8443/v3", ())


@pytest.mark.parametrize("entry", [" Inner ", "inner", "INNER:80"])
def test_entries_are_read_without_case_or_spaces(entry):
    assert check_base_url("http://inner/v3", (entry,)) == "http://inner/v3"


@pytest.mark.parametrize("entry", ["", " ", "*", ".", "inner.", "inner:443", "http://inner"])
def test_odd_entries_allow_nothing(entry):
    with pytest.raises(ValueError, match="names a host"):
        check_base_url("http://inner/v3", (entry,))
