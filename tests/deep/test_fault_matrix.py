"""Every kind of change × every way an upstream can fail: nothing doubled, every state truthful.

An outcome that is not known is shown as such and settled by a pull; what was not sent waits and
is sent by the next drain. After things calm down upstream holds what was asked for, once.
"""

from collections.abc import Callable
from typing import Any

import pytest

from trunks.access import actor_of
from trunks.domain.patch import Edit, Put, Whole
from trunks.models import Account, Change, Trunk, User
from trunks.models.clock import database_now
from trunks.sandbox import Sandbox
from trunks.services.delivering import deliver, drain
from trunks.services.proposing import propose, submit
from trunks.services.pulling import pull

pytestmark = pytest.mark.deep

KINDS = ("create", "update", "delete", "regenerate", "dids", "switch")
# How it fails, and whether the write took effect nevertheless.
FAULTS: dict[str, dict[str, Any]] = {
    "dropped before": {"kind": "drop_before"},
    "dropped after": {"kind": "drop_after"},
    "cut": {"kind": "cut"},
    "500": {"kind": "status", "status": 500},
    "503 after commit": {"kind": "status", "status": 503, "commit": True},
    "HTML": {"kind": "html"},
    "HTML after commit": {"kind": "html", "commit": True},
    "429": {"kind": "status", "status": 429},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": 1},
    "401": {"kind": "status", "status": 401},
    "403": {"kind": "status", "status": 403},
    "slow": {"kind": "latency", "seconds": 1.2, "commit": True},
}
WRITES = {"create": "POST", "update": "PATCH", "delete": "DELETE", "regenerate": "POST"}
SID = "AC" + "0123456789abcdef" * 2


@pytest.fixture
def ask(pulled: Account, ada: User) -> Callable[[str], Change]:
    trunk = Trunk.objects.filter(
        auth_type="credentials_and_ip", allow_any_did_as_cli=False, dids__isnull=False
    )[0]

    def asked(kind: str) -> Change:
        actor = actor_of(ada)
        did = str(trunk.dids.all()[0].pk)
        method = "authentication_method."
        patches: dict[str, dict[str, Any]] = {
            "create": {
                "name": Put("Acme new"),
                "on_cli_mismatch_action": Put("reject_call"),
                method + "type": Put("credentials_and_ip"),
                method + "allowed_sip_ips": Whole(("203.0.113.77/32",)),
            },
            "update": {"rtp_timeout": Put(333)},
            "dids": {"dids": Edit(remove=(did,))},
            "switch": {method + "type": Put("twilio"), method + "twilio_account_sid": Put(SID)},
        }
        change = propose(
            None if kind == "create" else trunk,
            patches.get(kind, {}),
            kind=kind if kind in WRITES else "update",
            actor=actor,
            origin="staff",
            account=pulled,
        )
        return deliver(submit(change, actor=actor))

    return asked


def done_upstream(sandbox: Sandbox, change: Change, before: dict[str, Any]) -> bool:
    named = [t for t in sandbox.trunks() if t["attributes"]["name"] == "Acme new"]
    if change.kind == "create":
        return len(named) == 1
    now = sandbox.trunk(str(change.trunk_id))
    if change.kind == "delete":
        return now is None
    assert now is not None
    if change.kind == "regenerate":
        return bool(now["attributes"]["authentication_method"] != before["authentication_method"])
    if "dids" in change.patch:
        return change.patch["dids"]["remove"][0] not in now["dids"]
    if "rtp_timeout" in change.patch:
        return bool(now["attributes"]["rtp_timeout"] == 333)
    return bool(now["attributes"]["authentication_method"]["type"] == "twilio")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_after_things_calm_down_it_was_done_once_or_truthfully_not(
    ask, sandbox, pulled, settings, kind, fault
):
    settings.UPSTREAM_READ_TIMEOUT = 0.5
    before = {t["id"]: t["attributes"] for t in sandbox.trunks()}
    sandbox.fault(**FAULTS[fault], method=WRITES.get(kind, "PATCH"), times=1)
    change = ask(kind)
    sent = [r for r in sandbox.requests if r["method"] != "GET"]
    assert len(sent) == 1
    assert change.state in ("pending", "delivering", "applied"), change.errors
    if change.state == "pending":
        assert change.sent_at is None
        Change.objects.update(next_attempt_at=database_now())
        drain()
    pull(pulled)
    change.refresh_from_db()
    was = before.get(str(change.trunk_id), {})
    happened = done_upstream(sandbox, change, was)
    if change.state == "applied":
        assert happened
    else:  # lost on the way there: known to be unknown, and never sent again by itself
        assert change.outcome_unknown
        assert not happened
        drain()
        assert len([r for r in sandbox.requests if r["method"] != "GET"]) == 1
    names = [t["attributes"]["name"] for t in sandbox.trunks()]
    assert len(names) == len(set(names)), "nothing was doubled"
    assert not Change.objects.drift().exists(), "our own writes are never drift"
