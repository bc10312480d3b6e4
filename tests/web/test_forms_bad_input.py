"""Bad input: a clear word beside its cause, nothing lost, never a 500."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.sent import fields_of
from trunks.models import Change, Trunk

pytestmark = pytest.mark.django_db

SIXTY_ONE = "\n".join(f"198.51.100.{n}" for n in range(61))
# field, what was typed, words beside the field
BAD = [
    ("name", "", "Can&#x27;t be blank"),
    ("name", "a\x00b", "must not hold control characters"),
    ("name", "bell\x07", "must not hold control characters"),
    ("external_reference_id", "r" * 101, "too long (maximum is 100 characters)"),
    ("status", "asleep", "not included in the list"),
    ("capacity_limit", "-1", "greater than or equal to 1"),
    ("capacity_limit", "0", "greater than or equal to 1"),
    ("capacity_limit", "32768", "less than or equal to 32767"),
    ("capacity_limit", "1e9", "not a whole number"),
    ("capacity_limit", "٣٠", "not a whole number"),
    ("capacity_limit", "9" * 5000, "not a whole number"),
    ("capacity_limit", "12.5", "not a whole number"),
    ("on_cli_mismatch_action", "shrug", "not included in the list"),
    ("default_dst_action", "", "Can&#x27;t be blank"),
    ("dst_prefixes", "47\n+4721", "digits only without +"),
    ("dst_prefixes", "٤٧", "is not a prefix"),
    ("dst_prefixes", "1" * 16, "longer than 15 digits"),
    ("media_encryption_mode", "rot13", "not included in the list"),
    ("allowed_rtp_ips", "10.0.0.1/8", "host bits set: did you mean 10.0.0.0/8"),
    ("allowed_rtp_ips", SIXTY_ONE, "at most 60 networks, this has 61"),
    ("rtp_timeout", "29", "greater than or equal to 30"),
    ("rtp_timeout", "", "Can&#x27;t be blank"),
    ("threshold_amount", "-5", "an amount such as 50"),
    ("threshold_amount", "1e9", "an amount such as 50"),
    ("threshold_amount", "NaN", "an amount such as 50"),
    ("threshold_amount", "٥٠", "an amount such as 50"),
    ("callback_url", "javascript:alert(1)", "http or https URL"),
    ("callback_url", "ftp://example.com", "http or https URL"),
    ("auth-allowed_sip_ips", "", "list at least one network"),
    ("auth-allowed_sip_ips", "203.0.113.9/24", "host bits set: did you mean 203.0.113.0/24"),
    ("auth-allowed_sip_ips", "192.0.2.1 192.0.2.1/32", "one network twice"),
    ("auth-allowed_sip_ips", "2001:DB8::1\n2001:db8:0::1", "one network twice"),
    ("auth-allowed_sip_ips", "192.0.2.1\x00", "is not an IP address or a CIDR network"),
    ("auth-allowed_sip_ips", "fe80::1%eth0", "has a zone"),
    ("auth-allowed_sip_ips", SIXTY_ONE, "at most 60 networks, this has 61"),
    ("auth-tech_prefix", "123456789", "at most 8 characters, only digits and #"),
    ("auth-tech_prefix", "12a", "at most 8 characters, only digits and #"),
    ("auth_type", "carrier_pigeon", "is not a known method"),
]
NAMES = sorted({name for name, _, _ in BAD} | {"dids", "emergency_dids", "default_did", "seen"})


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


@pytest.fixture
def trunk(pulled) -> Trunk:
    return Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0]


@pytest.fixture
def fields(browser, trunk) -> dict[str, Any]:
    """The form of the trunk as it was opened."""
    return fields_of(browser.get(url(trunk)).content)


def url(trunk: Trunk) -> str:
    return f"/staff/trunks/{trunk.pk}/edit/"


def error_beside(html: str, name: str) -> str:
    found = html.partition(f'id="id_{name}_error"')[2]
    return found[: found.find("field-help")]


@pytest.mark.parametrize(("name", "typed", "words"), BAD)
def test_each_mistake_is_said_beside_its_cause(browser, trunk, sandbox, name, typed, words):
    fields = fields_of(browser.get(url(trunk)).content)
    response = browser.post(url(trunk), {**fields, name: typed, "by": "save"})
    html = response.content.decode()
    assert response.status_code == 200
    beside = error_beside(html, name)
    assert words.lower() in beside.lower(), beside[:400]
    assert "1 field needs a correction" in html
    assert sandbox.requests == []
    assert not Change.objects.filter(origin="staff").exists()


def test_a_pasted_mess_is_summed_up(browser, trunk):
    fields = fields_of(browser.get(url(trunk)).content)
    mess = " ".join(f"x{n}" for n in range(5000))
    response = browser.post(url(trunk), {**fields, "auth-allowed_sip_ips": mess, "by": "save"})
    beside = error_beside(response.content.decode(), "auth-allowed_sip_ips")
    assert beside.count("field-error") == 6
    assert "996 more like these" in beside


def test_too_much_at_once_is_refused_whole(browser, trunk):
    fields = fields_of(browser.get(url(trunk)).content)
    response = browser.post(url(trunk), {**fields, "name": "n" * 10_000_000})
    assert response.status_code == 400


def test_half_a_surrogate_in_a_field_is_harmless(browser, trunk):
    body = b"seen=&name=%ED%A0%80&dids-q=%00%ED%BF%BF&dids=%ED%A0%80&auth_type=%00"
    kind = "application/x-www-form-urlencoded"
    for path in (url(trunk), "/staff/trunks/new/", url(trunk) + "auth-fields/"):
        assert browser.post(path, body, content_type=kind).status_code == 200


@pytest.mark.parametrize("query", ["", "for=dids&account=x", "for=dids&account=²", "for=nope"])
def test_the_search_survives_what_is_no_search(browser, pulled, query):
    assert browser.get(f"/staff/dids/picker/?{query}").status_code in (200, 404)
    nasty = "%00%ED%A0%80'\";--"
    base = f"/staff/dids/picker/?for=dids&account={pulled.pk}"
    assert browser.get(f"{base}&dids-q={nasty}&dids-page=99999999999999999999").status_code == 200
    assert browser.get(f"{base}&dids-page=-3").status_code == 200
    assert browser.get(f"/staff/dids/picker/?for=dids&account={'9' * 40}").status_code == 200


FEWER = settings(max_examples=settings().max_examples // 3)  # each renders two whole pages
TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.:/,#+- \n\x00٣abcdefAC", max_size=80),
    st.sampled_from(["", "0", "-1", "1e9", "null", "10.0.0.1/8", "::/0", "0.0.0.0/0", "on"]),
)


@FEWER
@given(typed=st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=6))
def test_nothing_typed_makes_the_form_fall(browser, trunk, fields, typed: dict[str, Any]):
    response = browser.post(url(trunk), {**fields, **typed, "show_fields": "1"})
    assert response.status_code == 200
    response = browser.post(url(trunk), {**fields, **typed, "by": "save"})
    assert response.status_code in (200, 302)


@FEWER
@given(typed=st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=6))
def test_nothing_typed_makes_a_new_trunk_fall(browser, sandbox, typed: dict[str, Any]):
    response = browser.post("/staff/trunks/new/", {**typed, "by": "save"})
    assert response.status_code in (200, 302)


@FEWER
@given(reason=st.text(max_size=1200), confirm=st.text(max_size=50))
def test_no_reason_makes_a_deletion_fall(pulled, ada, client_of, reason, confirm):
    trunk = Trunk.objects.order_by("-pk")[0]
    data = {"reason": reason, "confirm": f"not {confirm}"}
    response = client_of(ada).post(f"/staff/trunks/{trunk.pk}/delete/", data)
    assert response.status_code == 200
