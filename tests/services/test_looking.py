"""A write without an answer is looked for: found, sent again when it is surely not there, or
shown to a person."""

from datetime import timedelta
from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Edit, Put, Whole
from trunks.models import Change, Decision, Trunk
from trunks.services.delivering import drain
from trunks.services.doubts import adopt, give_up, send_again
from trunks.services.errors import Denied, NotWaiting
from trunks.services.pulling import pull

METHOD = "authentication_method."
NEW = {
    "name": Put("Acme new"),
    "on_cli_mismatch_action": Put("reject_call"),
    METHOD + "type": Put("credentials_and_ip"),
    METHOD + "allowed_sip_ips": Whole(("203.0.113.77/32",)),
}


@pytest.fixture(autouse=True)
def settle_time(settings):
    settings.UPSTREAM_SETTLE_SECONDS = 30


def later(change: Change, seconds: float = 31) -> Change:
    """So much time passes for the change."""
    gone = timedelta(seconds=seconds)
    change.refresh_from_db()
    earlier = {
        name: at - gone
        for name in ("sent_at", "absent_at", "next_attempt_at")
        if (at := getattr(change, name)) is not None
    }
    Change.objects.filter(pk=change.pk).update(**earlier)
    drain()
    change.refresh_from_db()
    return change


def writes(sandbox: Any) -> list[dict[str, Any]]:
    return [r for r in sandbox.requests if r["method"] != "GET"]


def named(sandbox: Any, name: str) -> list[dict[str, Any]]:
    return [t for t in sandbox.trunks() if t["attributes"]["name"] == name]


KINDS = ("create", "update", "delete", "regenerate")
WRITE = {"create": "POST", "update": "PATCH", "delete": "DELETE", "regenerate": "POST"}


@pytest.fixture
def lost(trunk, ask, pulled, sandbox):
    """A change of this kind whose answer was lost, and whether upstream did it."""

    def lose(kind: str, fault: str, patch: Any = None) -> Change:
        sandbox.fault(fault, method=WRITE[kind], times=1)
        patch = patch or {"create": NEW, "update": {"rtp_timeout": Put(333)}}.get(kind, {})
        on = None if kind == "create" else trunk
        change = ask(on, patch, kind=kind, account=pulled)
        assert change.outcome_unknown
        return change

    return lose


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_done_is_found_at_the_first_look(lost, sandbox, kind):
    change = later(lost(kind, "drop_after"), 3)
    assert change.state == "applied"
    assert len(writes(sandbox)) == 1
    assert not Change.objects.drift().exists()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_done_is_sent_again_after_two_looks(lost, sandbox, kind):
    change = lost(kind, "drop_before")
    assert later(change, 3).outcome_unknown, "the settle time is not over: nothing is believed"
    assert later(change).absent_at is not None
    assert len(writes(sandbox)) == 1
    change = later(change)
    assert change.state == "applied"
    assert (change.sends, len(writes(sandbox))) == (2, 2)
    assert len(named(sandbox, "Acme new")) == (1 if kind == "create" else 0)


def test_one_absence_is_not_enough(lost, sandbox):
    change = later(lost("create", "drop_before"))
    assert change.absent_at is not None
    drain()
    assert change.outcome_unknown
    assert len(writes(sandbox)) == 1


def test_a_create_that_shows_late_is_not_doubled(lost, sandbox):
    """Upstream's list lags: what was absent is there after all when it would be sent again."""
    change = later(lost("create", "drop_before"))
    attributes = {"on_cli_mismatch_action": "reject_call", "authentication_method": method()}
    sandbox.create_trunk(name="Acme new", **attributes)
    change = later(change)
    assert change.state == "applied"
    assert len(named(sandbox, "Acme new")) == len(writes(sandbox)) == 1


def test_a_name_that_is_taken_after_an_unknown_outcome_is_looked_at_again(
    lost, sandbox, monkeypatch
):
    """Upstream's list lags so long that the create is sent again, and refused by its own trunk."""
    change = lost("create", "drop_after")
    with monkeypatch.context() as lagging:
        lagging.setattr("trunks.upstream.Client.ids_named", lambda *args: [])
        change = later(later(change))
        assert change.sends == 2
        assert change.outcome_unknown, "not refused: it may be what was sent before"
    change = later(change, 3)
    assert change.state == "applied", change.waiting_reason
    assert len(named(sandbox, "Acme new")) == 1


def method(network: str = "203.0.113.77/32") -> dict[str, Any]:
    return {
        "type": "credentials_and_ip",
        "attributes": {
            "allowed_sip_ips": [network],
            "tech_prefix": None,
            "username": "u1",
            "password": "p1",
        },
    }


@pytest.fixture
def doubtful(lost, sandbox) -> Change:
    """A create whose name somebody gave to a trunk with other settings meanwhile."""
    change = lost("create", "drop_before")
    sandbox.create_trunk(
        name="Acme new",
        on_cli_mismatch_action="reject_call",
        authentication_method=method("198.51.100.1/32"),
    )
    change = later(change)
    assert change.is_in_doubt
    assert change.candidates == [named(sandbox, "Acme new")[0]["id"]]
    return change


def test_a_namesake_with_other_settings_is_left_to_a_person(doubtful, sandbox, pulled):
    pull(pulled)
    assert later(doubtful, 3600).is_in_doubt
    assert len(writes(sandbox)) == 1
    assert len(named(sandbox, "Acme new")) == 1, "nothing is deleted either"


def test_a_person_may_say_that_it_is_the_one(doubtful, ada):
    change = adopt(doubtful, doubtful.candidates[0], actor=actor_of(ada))
    assert change.state == "applied"
    assert str(change.trunk_id) == change.candidates[0]
    assert Decision.objects.get().kind == "adopted"
    with pytest.raises(NotWaiting):
        adopt(doubtful, doubtful.candidates[0], actor=actor_of(ada))


def test_a_person_may_have_it_sent_again(doubtful, sam, sandbox):
    send_again(doubtful, actor=actor_of(sam))
    drain()
    doubtful.refresh_from_db()
    assert doubtful.state == "refused", "the name is taken, by what was said to be another's"
    assert len(writes(sandbox)) == 2


def test_a_person_may_give_it_up(doubtful, sam):
    change = give_up(doubtful, actor=actor_of(sam))
    assert change.state == "refused"
    assert "whether it was done is not known" in change.errors[0]["detail"]


def test_who_only_looks_decides_nothing(doubtful, vera):
    for decide in (send_again, give_up):
        with pytest.raises(Denied):
            decide(doubtful, actor=actor_of(vera))


def test_two_trunks_of_one_intent_are_shown_and_neither_touched(lost, sandbox):
    change = lost("create", "drop_after")
    attributes = {"on_cli_mismatch_action": "reject_call", "authentication_method": method()}
    sandbox.create_trunk(name="Acme new", **attributes)
    change = later(change, 3)
    assert change.is_in_doubt
    assert len(change.candidates) == 2
    assert Trunk.objects.filter(name="Acme new").count() == 2


def test_a_lost_edit_whose_field_somebody_moved_ends_as_a_conflict(lost, sandbox, trunk):
    change = lost("update", "drop_before")
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=111)
    change = later(later(later(change)))
    assert change.state == "conflicted"
    assert sandbox.trunk(str(trunk.pk))["attributes"]["rtp_timeout"] == 111


def test_a_lost_default_did_is_never_taken_for_done_because_nothing_shows_it(
    lost, sandbox, trunk, settings
):
    did = str(trunk.dids.all()[0].pk) if trunk.dids.exists() else None
    if did is None:
        pytest.skip("the trunk of this seed has no DID")
    sandbox.change_trunk(str(trunk.pk), on_cli_mismatch_action="replace_cli")
    pull(trunk.account)
    trunk.refresh_from_db()
    change = lost("update", "drop_before", {"default_did": Put(did)})
    assert later(change, 3).outcome_unknown


def test_a_list_edit_that_was_lost_is_replayed_on_what_is_there(lost, sandbox, trunk):
    change = lost("update", "drop_before", {"dst_prefixes": Edit(add=("47",))})
    sandbox.change_trunk(str(trunk.pk), dst_prefixes=["46"])
    change = later(later(change))
    assert change.state == "applied"
    assert set(sandbox.trunk(str(trunk.pk))["attributes"]["dst_prefixes"]) == {"46", "47"}


def test_while_upstream_is_away_looking_waits_too(lost, sandbox):
    change = lost("update", "drop_after")
    sandbox.fault("status", status=503, method="GET", times=50)
    change = later(change, 3)
    assert change.outcome_unknown
    assert "looked for, without an answer" in change.waiting_reason
    sandbox.clear_faults()
    assert later(change, 60).state == "applied"
