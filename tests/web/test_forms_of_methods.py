"""The forms by themselves: what each method asks for, what is touched, where errors belong."""

from typing import Any

import pytest
from django.core import signing
from django.http import QueryDict

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.authentication import LABELS, SETTABLE
from trunks.domain.units import METHOD, TYPE
from trunks.web.forms import seen as seen_module
from trunks.web.forms.authentication import METHOD_FORMS, MethodGroup, method_cards
from trunks.web.forms.pointers import problems_in, unit_at
from trunks.web.forms.seen import Unsigned, open_seen, sign_seen
from trunks.web.forms.trunk import NEW, PAGE_ORDER, TrunkForm

SID = "AC" + "0123456789abcdef" * 2
# A method costs a row here: its type, what is typed, what a request then holds.
METHODS = [
    (
        "credentials_and_ip",
        {"auth-allowed_sip_ips": "192.0.2.1, 2001:DB8::/64", "auth-tech_prefix": " 99# "},
        {"allowed_sip_ips": ("192.0.2.1/32", "2001:db8::/64"), "tech_prefix": "99#"},
    ),
    ("twilio", {"auth-twilio_account_sid": f" {SID} "}, {"twilio_account_sid": SID}),
]


def sent(**typed: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(typed)
    return data


@pytest.mark.parametrize(("type_", "typed", "held"), METHODS)
def test_a_method_asks_for_what_a_request_may_set(type_, typed, held):
    group = MethodGroup.of({}, sent(auth_type=type_, **typed))
    wanted, problems = group.wanted()
    assert problems == []
    assert wanted == {TYPE: type_, **{METHOD + name: value for name, value in held.items()}}
    assert set(held) == set(SETTABLE[type_])


def test_every_method_with_a_form_is_in_the_table_and_has_its_card():
    assert {type_ for type_, _, _ in METHODS} == set(METHOD_FORMS)
    cards = {card["value"]: card for card in method_cards(None)}
    assert set(cards) == set(LABELS)
    assert [value for value, card in cards.items() if card.get("disabled")] == ["ip_only"]
    for form in METHOD_FORMS.values():
        assert cards[form.type]["text"] == form.when


def test_the_present_method_has_a_card_that_can_be_chosen_whatever_it_is():
    for current in ("ip_only", "sip_registration"):
        card = next(card for card in method_cards(current) if card["value"] == current)
        assert not card.get("disabled")


def test_every_attribute_has_a_field_of_its_own_name_with_a_label_and_a_place():
    form = TrunkForm(seen=NEW)
    for name, attribute in ATTRIBUTES.items():
        assert form.fields[name].label == attribute.label
        assert name in PAGE_ORDER


def test_only_what_reads_otherwise_was_touched():
    seen = {"dst_prefixes": ["47", "46"], "threshold_amount": "50.0", "callback_url": None}
    same = sent(dst_prefixes="47,\r\n 46\r\n", threshold_amount="50.00", callback_url="")
    assert TrunkForm(same, seen=seen).touched() == {}
    other = sent(dst_prefixes="47", threshold_amount="50.00")
    assert TrunkForm(other, seen=seen).touched() == {"dst_prefixes": ("47",)}


@pytest.mark.parametrize(
    ("pointer", "unit"),
    [
        ("/data/attributes/name", "name"),
        ("/data/attributes/dst_prefixes/3", "dst_prefixes"),
        ("/data/attributes/authentication_method", "authentication_method"),
        ("/data/attributes/authentication_method/type", TYPE),
        (
            "/data/attributes/authentication_method/attributes/allowed_sip_ips/0",
            METHOD + "allowed_sip_ips",
        ),
        ("/data/relationships/dids/0", "dids"),
        ("/data/relationships/default_did", "default_did"),
        ("/data", ""),
        ("", ""),
        ("/meta/odd", ""),
    ],
)
def test_a_pointer_leads_to_its_unit(pointer, unit):
    assert unit_at(pointer) == unit


def test_upstreams_own_words_are_quoted():
    errors: list[dict[str, Any]] = [
        {
            "title": "has already been taken",
            "detail": "name - has already been taken",
            "source": {"pointer": "/data/attributes/name"},
        },
        {"status": "429", "detail": "Too Many Requests"},
        {"source": None},
    ]
    assert [(p.unit, p.message) for p in problems_in(errors)] == [
        ("name", "has already been taken"),
        ("", "Too Many Requests"),
        ("", "upstream refused this without saying why"),
    ]


def test_what_was_seen_is_believed_only_for_its_trunk_its_person_and_its_day(monkeypatch):
    text = sign_seen({"name": "A", "dids": ("1", "2")}, trunk_id="t", user_id=7)
    assert open_seen(text, trunk_id="t", user_id=7) == {"name": "A", "dids": ["1", "2"]}
    for trunk_id, user_id in (("u", 7), ("t", 8)):
        with pytest.raises(Unsigned):
            open_seen(text, trunk_id=trunk_id, user_id=user_id)
    for forged in ("", "x", text[:-1], signing.dumps([1], salt=seen_module.SALT)):
        with pytest.raises(Unsigned):
            open_seen(forged, trunk_id="t", user_id=7)
    monkeypatch.setattr(seen_module, "GOOD_FOR_SECONDS", -1)
    with pytest.raises(Unsigned):
        open_seen(text, trunk_id="t", user_id=7)
