"""The same meaning written differently is told, and nothing else is."""

import pytest

from trunks.domain.authentication import load
from trunks.domain.spelling import SPELLING, respelled, written_of
from trunks.domain.units import SIP_IPS

NETWORKS = "allowed_rtp_ips"


@pytest.mark.parametrize(
    ("unit", "old", "new", "line"),
    [
        ("threshold_amount", "3000.0", "3000.00", {"old": "3000.0", "new": "3000.00"}),
        ("callback_url", None, "", {"old": None, "new": ""}),
        (NETWORKS, ["192.0.2.1/32"], ["192.0.2.1"], None),
        (NETWORKS, None, [], {"old": None, "new": []}),
    ],
)
def test_another_spelling_is_told_as_it_was_written(unit, old, new, line):
    [told] = respelled({unit: old}, {unit: new})
    line = line or {"added": ["192.0.2.1"], "removed": ["192.0.2.1/32"]}
    assert told == {"field": unit, **line, "why": SPELLING}


@pytest.mark.parametrize(
    ("unit", "old", "new"),
    [
        ("threshold_amount", "3000.0", "3000.0"),
        ("threshold_amount", "3000.0", "3001.0"),
        ("name", "", None),
        ("dst_prefixes", ["47", "46"], ["46", "47"]),
        ("dst_prefixes", ["47"], ["47", "46"]),
    ],
)
def test_what_moved_and_what_did_not_are_no_spelling(unit, old, new):
    assert respelled({unit: old}, {unit: new}) == []


def test_what_one_side_did_not_send_is_no_spelling():
    assert respelled({}, {"callback_url": None}) == []
    assert respelled({"callback_url": ""}, {}) == []


def test_a_methods_settings_are_read_as_they_were_written():
    attributes = {"allowed_sip_ips": None, "tech_prefix": ""}
    method = load({"type": "ip_only", "attributes": attributes})
    written = written_of({"threshold_amount": "1.00"}, method)
    assert written["threshold_amount"] == "1.00"
    assert written[SIP_IPS] is None
    assert written["authentication_method.tech_prefix"] == ""
