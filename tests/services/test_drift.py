"""What upstream did by itself: drift with a diff that says it, or a fact that asks nobody."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.spelling import SPELLING
from trunks.domain.units import SIP_IPS
from trunks.models import Change, Decision, Did, IgnoredField, Trunk
from trunks.models.clock import database_now
from trunks.services.accounts import client_for
from trunks.services.drift import IGNORED, OURS, Explanation
from trunks.services.mirroring import fingerprint_key, mirror_trunks
from trunks.services.pulling import pull
from trunks.services.submitting import decide
from trunks.upstream import Deadline


def ignore(trunk: Trunk, *units: str) -> None:
    """As if somebody had looked at a drift and asked not to be told of these any more."""
    seen = Change.objects.create(
        account=trunk.account,
        trunk=trunk,
        kind="observed",
        state="observed",
        origin="upstream",
        created_at=trunk.read_at,
        settled_at=trunk.read_at,
    )
    decision = decide(seen, Decision.Kind.IGNORED, actor=SYSTEM)
    for unit in units:
        IgnoredField.objects.create(trunk=trunk, unit=unit, decision=decision)


def observed(trunk: Trunk) -> tuple[list[Change], list[Change]]:
    """(drift, facts) of a trunk that say anything at all."""
    found = Change.objects.filter(trunk=trunk, state="observed").exclude(diff=[])
    return [c for c in found if c.is_drift], [c for c in found if not c.is_drift]


def test_an_ignored_field_is_kept_as_a_fact_and_asks_nobody(trunk, sandbox):
    ignore(trunk, "capacity_limit")
    sandbox.change_trunk(str(trunk.pk), capacity_limit=777)
    assert pull(trunk.account).drifted == 0
    drift, [fact] = observed(trunk)
    assert drift == []
    assert fact.diff == [
        {"field": "capacity_limit", "old": trunk.capacity_limit, "new": 777, "why": IGNORED}
    ]
    assert not Trunk.objects.drifted().exists()


def test_what_moves_beside_an_ignored_field_still_asks(trunk, sandbox):
    ignore(trunk, "capacity_limit")
    sandbox.change_trunk(str(trunk.pk), capacity_limit=777, rtp_timeout=99)
    assert pull(trunk.account).drifted == 1
    [drift], [fact] = observed(trunk)
    assert drift.fields == ["rtp_timeout"]
    assert fact.fields == ["capacity_limit"]


def test_a_field_is_ignored_on_its_own_trunk_only(trunk, sandbox):
    ignore(trunk, "capacity_limit")
    other = Trunk.objects.exclude(pk=trunk.pk).order_by("pk")[0]
    sandbox.change_trunk(str(other.pk), capacity_limit=778)
    assert pull(trunk.account).drifted == 1


def test_a_number_written_differently_is_a_fact_not_drift(trunk, sandbox):
    written = f"{trunk.threshold_amount}00"
    sandbox.change_trunk(str(trunk.pk), threshold_amount=written)
    assert pull(trunk.account).drifted == 0
    drift, [fact] = observed(trunk)
    assert drift == []
    line = {"old": trunk.threshold_amount, "new": written, "why": SPELLING}
    assert fact.diff == [{"field": "threshold_amount", **line}]
    trunk.refresh_from_db()
    assert trunk.threshold_amount == written, "the mirror holds what upstream wrote"


def test_a_network_written_differently_is_a_fact_not_drift(pulled, sandbox):
    made = sandbox.create_trunk(name="Spelled")
    pull(pulled)
    attributes = {"allowed_sip_ips": ["203.0.113.10"], "tech_prefix": None}
    method = {"type": "credentials_and_ip", "attributes": attributes}
    sandbox.change_trunk(made["id"], authentication_method=method)
    assert pull(pulled).drifted == 0
    drift, [fact] = observed(Trunk.objects.get(pk=made["id"]))
    assert drift == []
    line = {"added": ["203.0.113.10"], "removed": ["203.0.113.10/32"], "why": SPELLING}
    assert {"field": SIP_IPS, **line} in fact.diff


def test_another_order_of_a_list_is_nothing_to_tell(trunk, sandbox):
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["47", "46"])
    pull(trunk.account)
    Change.objects.all().delete()
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["46", "47"])
    pull(trunk.account)
    assert observed(trunk) == ([], [])


def test_a_flag_that_takes_the_dids_away_tells_which(pulled, sandbox):
    trunk = next(t for t in Trunk.objects.filter(allow_any_did_as_cli=False) if t.dids.exists())
    dids = list(trunk.dids.all())
    sandbox.change_trunk(str(trunk.pk), allow_any_did_as_cli=True, dids=[])
    pull(pulled)
    [drift], _ = observed(trunk)
    line = next(line for line in drift.diff if line["field"] == "dids")
    assert set(line["removed"]) == {str(did.pk) for did in dids}
    assert drift.did_numbers == {str(did.pk): did.number for did in dids}


def test_who_ignores_the_flag_is_not_asked_about_its_list(pulled, sandbox):
    trunk = next(t for t in Trunk.objects.filter(allow_any_did_as_cli=False) if t.dids.exists())
    ignore(trunk, "allow_any_did_as_cli")
    sandbox.change_trunk(str(trunk.pk), allow_any_did_as_cli=True, dids=[])
    pull(pulled)
    assert observed(trunk)[0] == []


def test_what_a_change_on_its_way_did_is_a_fact_that_says_so(trunk, sandbox):
    """The read does not settle the change, so that it cannot tell by itself yet."""
    sandbox.change_trunk(str(trunk.pk), capacity_limit=777)
    read_at, client = database_now(), client_for(trunk.account)
    value, _ = client.trunk_with_included(str(trunk.pk), Deadline(None))
    client.close()
    ours = Explanation({"capacity_limit": Put(777), "rtp_timeout": Put(99)}, is_told=False)
    key = fingerprint_key(trunk.account)
    mirror_trunks(trunk.account, [value], read_at=read_at, key=key, explained={value.id: ours})
    drift, [fact] = observed(trunk)
    assert drift == []
    assert [(line["field"], line["why"]) for line in fact.diff] == [("capacity_limit", OURS)]


def test_drift_never_comes_without_a_line(pulled, sandbox):
    """Whatever a trunk's answer holds: what counts as drift says what it is."""
    for number, trunk in enumerate(Trunk.objects.order_by("pk")):
        moved = (
            {"threshold_amount": f"{trunk.threshold_amount}0"},
            {"colour": "blue"},
            {"callback_url": ""},
            {"dst_prefixes": None},
            {"status": "hibernating"},
            {"spent_amount": "1.5"},
        )[number % 6]
        sandbox.change_trunk(str(trunk.pk), **moved)
    run = pull(pulled)
    for change in Change.objects.filter(state="observed"):
        assert change.diff
        assert change.is_drift == all("why" not in line for line in change.diff)
    assert run.drifted == Change.objects.drift().count()


@pytest.mark.parametrize("field", ["capacity_limit", "dids"])
def test_what_a_pull_reads_of_our_rows_does_not_grow_with_what_drifted(pulled, sandbox, field):
    trunks = list(Trunk.objects.filter(allow_any_did_as_cli=False).order_by("pk")[:24])
    dids = [str(did.pk) for did in Did.objects.can_call_out()[:30]]

    def reads(some: list[Trunk]) -> int:
        for number, trunk in enumerate(some):
            moved = [dids[number]] if field == "dids" else number + 500
            sandbox.change_trunk(str(trunk.pk), **{field: moved})
        with CaptureQueriesContext(connection) as counted:
            assert pull(pulled).drifted == len(some)
        read = [q["sql"] for q in counted if q["sql"].startswith("SELECT")]
        return sum("next_request_at - " not in sql for sql in read)  # who waits for a turn asks

    assert reads(trunks[:4]) == reads(trunks[4:])
