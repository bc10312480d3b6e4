"""What someone asks for travels upstream, or they are told truthfully why not."""

from typing import Any

import pytest

from tests.contract import validate_request
from tests.services.conftest import of_type
from trunks.access import actor_of
from trunks.domain.patch import Edit, Put, Whole
from trunks.domain.problems import Invalid
from trunks.models import Change, Trunk
from trunks.sandbox import Sandbox
from trunks.services.delivering import Outcome, carry_out, deliver, drain
from trunks.services.errors import Denied
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

TYPE = "authentication_method.type"
SIP_IPS = "authentication_method.allowed_sip_ips"
TECH_PREFIX = "authentication_method.tech_prefix"
SID = "authentication_method.twilio_account_sid"
TWILIO_SID = "AC" + "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def every_request_is_clean(sandbox: Sandbox):
    """Whatever was sent upstream holds against the contract."""
    yield
    for request in sandbox.requests:
        if request["method"] in ("POST", "PATCH"):
            validate_request(request["method"], request["path"], request["body"])


def writes(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [r for r in sandbox.requests if r["method"] != "GET"]


def upstream(sandbox: Sandbox, trunk: Trunk) -> dict[str, Any]:
    found = sandbox.trunk(str(trunk.pk))
    assert found is not None
    return found["attributes"]


def test_it_sends_only_what_was_asked_for(trunk, ask, sandbox):
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "applied"
    assert change.diff == [{"field": "capacity_limit", "old": trunk.capacity_limit, "new": 77}]
    assert upstream(sandbox, trunk)["capacity_limit"] == 77
    [patch] = writes(sandbox)
    assert patch["body"]["data"]["attributes"] == {"capacity_limit": 77}
    trunk.refresh_from_db()
    assert trunk.capacity_limit == 77


def test_a_change_upstream_already_has_is_applied_without_a_write(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), capacity_limit=77)
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "applied"
    assert writes(sandbox) == []


def test_another_field_moved_upstream_is_merged_and_reported(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=111)
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "applied"
    assert upstream(sandbox, trunk)["rtp_timeout"] == 111
    observed = Change.objects.get(trunk=trunk, state="observed")
    assert observed.fields == ["rtp_timeout"]
    assert observed.is_drift


def test_the_same_field_moved_upstream_is_a_conflict_and_theirs_stands(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), capacity_limit=9)
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "conflicted"
    assert change.conflicts == [
        {"field": "capacity_limit", "base": trunk.capacity_limit, "ours": 77, "theirs": 9}
    ]
    assert upstream(sandbox, trunk)["capacity_limit"] == 9
    assert writes(sandbox) == []
    trunk.refresh_from_db()
    assert trunk.capacity_limit == 9, "a conflict leaves the mirror fresh"


def test_a_patch_equal_to_the_mirror_is_still_checked_against_upstream(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), capacity_limit=9)
    change = ask(trunk, {"capacity_limit": Put(trunk.capacity_limit)})
    assert change.state == "conflicted"


def test_networks_added_by_two_people_both_stay(trunk, ask, sandbox):
    held = upstream(sandbox, trunk)["authentication_method"]["attributes"]
    theirs = [*held["allowed_sip_ips"], "192.0.2.77/32"]
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={
            "type": "credentials_and_ip",
            "attributes": {**held, "allowed_sip_ips": theirs},
        },
    )
    change = ask(trunk, {SIP_IPS: Edit(add=("192.0.2.99/32",))})
    assert change.state == "applied", change.conflicts
    now = upstream(sandbox, trunk)["authentication_method"]["attributes"]["allowed_sip_ips"]
    assert set(now) == {*theirs, "192.0.2.99/32"}


def test_a_whole_list_conflicts_when_theirs_moved(trunk, ask, sandbox):
    held = upstream(sandbox, trunk)["authentication_method"]["attributes"]
    sandbox.change_trunk(
        str(trunk.pk),
        authentication_method={
            "type": "credentials_and_ip",
            "attributes": {**held, "allowed_sip_ips": ["192.0.2.77/32"]},
        },
    )
    change = ask(trunk, {SIP_IPS: Whole(("192.0.2.99/32",))})
    assert change.state == "conflicted"


def test_the_method_is_sent_whole_and_keeps_what_was_not_touched(trunk, ask, sandbox):
    change = ask(trunk, {TECH_PREFIX: Put("44#")})
    assert change.state == "applied"
    [patch] = writes(sandbox)
    sent = patch["body"]["data"]["attributes"]["authentication_method"]
    assert sent["attributes"]["tech_prefix"] == "44#"
    assert set(sent["attributes"]) == {"allowed_sip_ips", "tech_prefix"}
    assert not change.credentials_changed


def test_a_switch_to_twilio_ends_the_credentials(trunk, ask, sandbox):
    change = ask(trunk, {TYPE: Put("twilio"), SID: Put(TWILIO_SID)})
    assert change.state == "applied", change.errors
    assert [risk["code"] for risk in change.risks] == ["method_switch"]
    trunk.refresh_from_db()
    assert trunk.auth_type == "twilio"
    assert trunk.auth_password is None
    assert trunk.auth_username is None


def test_a_switch_to_credentials_says_that_new_ones_were_made(pulled, ask, sandbox):
    trunk = of_type("twilio")
    change = ask(
        trunk,
        {
            TYPE: Put("credentials_and_ip"),
            SIP_IPS: Whole(("203.0.113.9/32",)),
            TECH_PREFIX: Put(None),
        },
    )
    assert change.state == "applied", change.errors
    assert change.credentials_changed
    trunk.refresh_from_db()
    made = upstream(sandbox, trunk)["authentication_method"]["attributes"]
    assert trunk.auth_username == made["username"]
    assert trunk.auth_password is not None


def test_dids_unassigned_by_a_flag_are_its_consequences(pulled, ask, sandbox):
    trunk = Trunk.objects.filter(allow_any_did_as_cli=False, dids__isnull=False)[0]
    had = {str(did.pk) for did in trunk.dids.all()}
    change = ask(trunk, {"allow_any_did_as_cli": Put(True)})
    assert change.state == "applied"
    [consequence] = change.consequences
    assert consequence["field"] == "dids"
    assert set(consequence["removed"]) == had


def test_dids_are_added_and_removed_beside_what_is_there(trunk, ask, sandbox):
    held = [str(did.pk) for did in trunk.dids.all()]
    free = next(d["id"] for d in sandbox.dids() if d["id"] not in held and usable(d))
    change = ask(trunk, {"dids": Edit(add=(free,), remove=tuple(held[:1]))})
    assert change.state == "applied", change.errors
    found = sandbox.trunk(str(trunk.pk))
    assert set(found["dids"]) == {*held[1:], free}
    assert {str(d.pk) for d in trunk.dids.all()} == {*held[1:], free}


def usable(did: dict[str, Any]) -> bool:
    attributes = did["attributes"]
    return not attributes["terminated"] and not attributes["awaiting_registration"]


def test_upstreams_refusal_keeps_its_words_and_pointers(trunk, ask, sandbox):
    taken = Trunk.objects.exclude(pk=trunk.pk).exclude(name=None)[0].name
    change = ask(trunk, {"name": Put(taken)})
    assert change.state == "refused"
    assert change.errors[0]["detail"] == "name - has already been taken"
    assert change.errors[0]["source"]["pointer"] == "/data/attributes/name"


def test_a_create_is_mirrored_with_upstreams_id(pulled, ask, sandbox):
    change = ask(
        None,
        {
            "name": Put("Acme call centre"),
            "on_cli_mismatch_action": Put("reject_call"),
            TYPE: Put("credentials_and_ip"),
            SIP_IPS: Whole(("203.0.113.200/32",)),
        },
        kind="create",
        account=pulled,
    )
    assert change.state == "applied", change.errors
    assert change.trunk is not None
    assert sandbox.trunk(str(change.trunk_id))["attributes"]["name"] == "Acme call centre"
    assert change.trunk.auth_password is not None


def test_a_delete_leaves_a_tombstone_without_a_password(trunk, ask, sandbox):
    change = ask(trunk, {}, kind="delete")
    assert change.state == "applied"
    assert sandbox.trunk(str(trunk.pk)) is None
    trunk.refresh_from_db()
    assert trunk.is_gone
    assert trunk.auth_password is None
    assert not Change.objects.drift().filter(trunk=trunk).exists()


def test_a_delete_stops_when_settings_moved_after_the_review(trunk, ask, sandbox):
    sandbox.change_trunk(str(trunk.pk), rtp_timeout=99)
    change = ask(trunk, {}, kind="delete")
    assert change.state == "conflicted"
    assert sandbox.trunk(str(trunk.pk)) is not None


def test_regenerate_makes_new_credentials_once(trunk, ask, sandbox):
    before = upstream(sandbox, trunk)["authentication_method"]["attributes"]["password"]
    change = ask(trunk, {}, kind="regenerate")
    assert change.state == "applied"
    assert change.credentials_changed
    after = upstream(sandbox, trunk)["authentication_method"]["attributes"]["password"]
    assert after != before
    assert len(writes(sandbox)) == 1


def test_credentials_that_moved_before_a_regenerate_are_a_conflict(trunk, ask, sandbox):
    sandbox.regenerate(str(trunk.pk))
    change = ask(trunk, {}, kind="regenerate")
    assert change.state == "conflicted"
    assert writes(sandbox) == []


def test_ip_only_cannot_be_chosen_nor_changed(pulled, trunk, ask):
    with pytest.raises(Invalid) as chosen:
        ask(trunk, {TYPE: Put("ip_only"), SIP_IPS: Whole(("203.0.113.9/32",))})
    assert chosen.value.problems[0].message == "is not allowed for update"
    with pytest.raises(Invalid):
        ask(of_type("ip_only"), {SIP_IPS: Edit(add=("203.0.113.9/32",))})


def test_an_ip_only_trunks_other_settings_go_without_its_method(pulled, ask, sandbox):
    change = ask(of_type("ip_only"), {"capacity_limit": Put(12)})
    assert change.state == "applied"
    assert "authentication_method" not in writes(sandbox)[0]["body"]["data"]["attributes"]


@pytest.mark.parametrize(
    ("fault", "waiting"),
    [
        ({"kind": "status", "status": 429}, "slow down"),
        ({"kind": "status", "status": 401}, "key"),
        ({"kind": "status", "status": 503}, "503"),
    ],
)
def test_what_was_not_sent_waits_and_says_why(trunk, ask, sandbox, fault, waiting):
    sandbox.fault(**fault, method="GET", times=10)
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "pending"
    assert waiting in change.waiting_reason
    assert change.next_attempt_at > change.submitted_at
    assert change.sent_at is None


def test_a_refused_key_pauses_the_account_until_a_good_answer(trunk, ask, sandbox, pulled):
    sandbox.fault("status", status=401, times=10)
    waiting = ask(trunk, {"capacity_limit": Put(77)})
    pulled.refresh_from_db()
    assert pulled.pause == "trouble"
    sandbox.clear_faults()
    Change.objects.filter(pk=waiting.pk).update(next_attempt_at=waiting.submitted_at)
    sandbox.clear_requests()
    assert drain() == {}
    assert not sandbox.requests, "a paused account is asked at the back-off's pace"
    assert drain(at_once=True) == {"applied": 1}
    pulled.refresh_from_db()
    assert (pulled.pause, pulled.failures, pulled.probe_at) == ("", 0, None)


@pytest.mark.parametrize("kind", ["drop_after", "cut"])
def test_a_lost_answer_is_shown_as_unknown_never_sent_again_and_found_by_a_pull(
    trunk, ask, sandbox, pulled, kind
):
    sandbox.fault(kind, method="PATCH", times=1)
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "delivering"
    assert change.outcome_unknown
    drain()
    assert len(writes(sandbox)) == 1
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"
    assert not Change.objects.drift().filter(trunk=trunk).exists()


def test_a_lost_create_is_found_once_by_a_pull(pulled, ask, sandbox):
    sandbox.fault("drop_after", method="POST", times=1)
    patch = {
        "name": Put("Acme lost"),
        "on_cli_mismatch_action": Put("reject_call"),
        TYPE: Put("twilio"),
        SID: Put(TWILIO_SID),
    }
    change = ask(None, patch, kind="create", account=pulled)
    assert change.outcome_unknown
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"
    assert change.trunk.name == "Acme lost"
    assert [t["attributes"]["name"] for t in sandbox.trunks()].count("Acme lost") == 1


@pytest.mark.parametrize("kind", ["delete", "regenerate"])
def test_other_lost_answers_are_found_by_a_pull(trunk, ask, sandbox, pulled, kind):
    method = "DELETE" if kind == "delete" else "POST"
    sandbox.fault("drop_after", method=method, times=1)
    change = ask(trunk, {}, kind=kind)
    assert change.outcome_unknown
    pull(pulled)
    change.refresh_from_db()
    assert change.state == "applied"
    assert not Change.objects.drift().filter(trunk=trunk).exists()


def test_a_trunk_that_is_gone_refuses_and_becomes_a_tombstone(trunk, ask, sandbox):
    sandbox.delete_trunk(str(trunk.pk))
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "refused"
    assert change.errors[0]["status"] == "404"
    trunk.refresh_from_db()
    assert trunk.is_gone


def test_a_404_is_not_believed_when_no_known_trunk_is_visible(trunk, ask, sandbox, pulled):
    for other in sandbox.trunks():
        sandbox.delete_trunk(other["id"])
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "refused"
    pulled.refresh_from_db()
    assert pulled.pause == "question"
    trunk.refresh_from_db()
    assert not trunk.is_gone


def test_a_second_change_of_the_same_field_supersedes_the_first(trunk, ada, sandbox):
    actor = actor_of(ada)
    first = submit(
        propose(trunk, {"capacity_limit": Put(50)}, actor=actor, origin="staff"), actor=actor
    )
    second = submit(
        propose(trunk, {"capacity_limit": Put(60)}, actor=actor, origin="staff"), actor=actor
    )
    deliver(second)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "applied")
    assert first.superseded_by == second
    assert upstream(sandbox, trunk)["capacity_limit"] == 60
    assert len(writes(sandbox)) == 1


def test_a_synchronous_request_leaves_nothing_behind_when_it_was_not_sent(trunk, ada, sandbox):
    sandbox.fault("status", status=503, method="GET", times=10)
    actor = actor_of(ada)
    change = submit(
        propose(trunk, {"capacity_limit": Put(50)}, actor=actor, origin="api"), actor=actor
    )
    assert carry_out(change) == Outcome.UNAVAILABLE
    assert change.state == "cancelled"


def test_a_synchronous_request_waits_for_an_unknown_outcome_in_vain(trunk, ada, ask, sandbox):
    sandbox.fault("drop_after", method="PATCH", times=1)
    ask(trunk, {"rtp_timeout": Put(44)})
    actor = actor_of(ada)
    change = submit(
        propose(trunk, {"capacity_limit": Put(50)}, actor=actor, origin="api"), actor=actor
    )
    assert carry_out(change, seconds=0.6) == Outcome.IN_PROGRESS
    assert change.state == "cancelled"


def test_a_change_of_someone_who_lost_the_right_is_cancelled(trunk, ada, sandbox):
    actor = actor_of(ada)
    change = submit(
        propose(trunk, {"capacity_limit": Put(50)}, actor=actor, origin="staff"), actor=actor
    )
    ada.is_active = False
    ada.save()
    assert deliver(change).state == "cancelled"
    assert sandbox.requests == []


def test_who_applies_a_plan_is_who_did_it(trunk, ada, sam):
    plan = propose(trunk, {"capacity_limit": Put(5)}, actor=actor_of(ada), origin="staff")
    change = submit(plan, actor=actor_of(sam), reason="Ada is on leave")
    assert (change.actor_label, change.reason) == ("Sam Okafor", "Ada is on leave")


def test_vera_who_only_looks_may_not_change_a_trunk(trunk, vera):
    with pytest.raises(Denied):
        propose(trunk, {"capacity_limit": Put(5)}, actor=actor_of(vera), origin="staff")


def test_an_answer_of_another_version_pauses_the_account(trunk, ask, sandbox, pulled):
    sandbox.settings(api_version="2026-11-19")
    change = ask(trunk, {"capacity_limit": Put(77)})
    assert change.state == "pending"
    pulled.refresh_from_db()
    assert pulled.pause == "trouble"
    assert "2026-11-19" in pulled.pause_reason
