"""A second change while the first waits: what is shared is taken over, what is not both arrives."""

from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.actor import Actor
from trunks.domain.patch import Edit, Put, Whole
from trunks.models import Change
from trunks.services.delivering import drain
from trunks.services.proposing import propose
from trunks.services.submitting import submit, take_back

METHOD = "authentication_method."
MEMBER = Actor("member", "7", "Alice of Acme", frozenset({"change_trunk"}))


@pytest.fixture
def put(trunk, ada):
    """Submitted, not sent."""

    def asked(patch: Any, actor: Actor | None = None, **options: Any) -> Change:
        actor = actor or actor_of(ada)
        return submit(propose(trunk, patch, actor=actor, origin="staff"), actor=actor, **options)

    return asked


def states(*changes: Change) -> list[str]:
    for change in changes:
        change.refresh_from_db()
    return [change.state for change in changes]


def upstream(sandbox, trunk) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.trunk(str(trunk.pk))["attributes"]
    return found


def test_only_the_shared_fields_are_taken_over(put, sandbox, trunk):
    first = put({"rtp_timeout": Put(100), "capacity_limit": Put(5)})
    second = put({"rtp_timeout": Put(200)})
    drain()
    assert states(first, second) == ["applied", "applied"]
    assert first.superseded_units == ["rtp_timeout"]
    sent = [r["body"]["data"]["attributes"] for r in sandbox.requests if r["method"] == "PATCH"]
    assert sent == [{"capacity_limit": 5}, {"rtp_timeout": 200}]


def test_two_edits_of_one_list_while_the_first_waits_both_end_upstream(put, sandbox, trunk):
    before = set(upstream(sandbox, trunk)["dst_prefixes"])
    first = put({"dst_prefixes": Edit(add=("4791",))})
    second = put({"dst_prefixes": Edit(add=("4792",))})
    drain()
    assert states(first, second) == ["applied", "applied"]
    assert set(upstream(sandbox, trunk)["dst_prefixes"]) == before | {"4791", "4792"}


def test_a_full_list_takes_over_an_edit_of_it(put, sandbox, trunk):
    first = put({"dst_prefixes": Edit(add=("4791",))})
    second = put({"dst_prefixes": Whole(("46",))})
    drain()
    assert states(first, second) == ["superseded", "applied"]
    assert upstream(sandbox, trunk)["dst_prefixes"] == ["46"]


def test_a_members_edit_never_eats_staffs(put, sandbox, trunk, monkeypatch):
    monkeypatch.setattr("trunks.services.delivering.still_may", lambda change: True)
    first = put({"rtp_timeout": Put(100)})
    second = put({"rtp_timeout": Put(200)}, MEMBER)
    drain()
    assert states(first, second) == ["applied", "applied"]
    assert upstream(sandbox, trunk)["rtp_timeout"] == 200


def test_another_method_takes_over_the_whole_method(put, sandbox, trunk):
    first = put(
        {METHOD + "type": Put("twilio"), METHOD + "twilio_account_sid": Put("AC" + "0" * 32)}
    )
    second = put(
        {METHOD + "type": Put("twilio"), METHOD + "twilio_account_sid": Put("AC" + "1" * 32)}
    )
    drain()
    assert states(first, second) == ["superseded", "applied"]
    method = upstream(sandbox, trunk)["authentication_method"]
    assert method["attributes"] == {"twilio_account_sid": "AC" + "1" * 32}


def test_what_was_sent_is_waited_for_not_taken_over(put, ask, sandbox, trunk):
    sandbox.fault("drop_after", method="PATCH", times=1)
    first = ask(trunk, {"rtp_timeout": Put(100)})
    second = put({"rtp_timeout": Put(200)})
    Change.objects.filter(pk=first.pk).update(next_attempt_at=first.sent_at)
    drain()
    assert states(first, second) == ["applied", "applied"]
    assert upstream(sandbox, trunk)["rtp_timeout"] == 200


def test_whoever_waits_for_the_answer_takes_nothing_over(put):
    first = put({"rtp_timeout": Put(100)})
    put({"rtp_timeout": Put(200)}, supersedes=False)
    assert states(first) == ["pending"]


def test_what_was_not_sent_can_be_taken_back(put, sandbox, ada):
    first = put({"rtp_timeout": Put(100)})
    take_back(first, actor=actor_of(ada))
    drain()
    assert states(first) == ["cancelled"]
    assert not sandbox.requests
