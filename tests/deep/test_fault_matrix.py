"""Every kind of change × every way an upstream can fail, delivered as a worker does it.

While it fails every state and every word about the change is true. After things calm down upstream
holds what was asked for, it took effect exactly once, and none of our own writes is called drift.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.deep.witness import Witness, check_the_mirror, credentials_of, units_upstream
from trunks.access import actor_of
from trunks.domain.merge import is_shown
from trunks.domain.patch import Edit, Put, Whole
from trunks.models import Account, Change, Trunk, User
from trunks.sandbox import Sandbox
from trunks.services.delivering import drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit
from trunks.upstream import transport

pytestmark = pytest.mark.deep

TYPE = "authentication_method.type"
SIP_IPS = "authentication_method.allowed_sip_ips"
SID = "AC" + "0123456789abcdef" * 2
KINDS = ("create", "update", "delete", "regenerate", "dids", "switch")
WRITES = {"create": "POST", "update": "PATCH", "delete": "DELETE", "regenerate": "POST"}

# How it fails: the fault; what is said of the change then (of a DELETE, which has no body, some
# answers are plain and it is settled at once).
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "dropped before": ({"kind": "drop_before"}, "did not answer"),
    "reset before": ({"kind": "drop_before", "close": "rst"}, "did not answer"),
    "dropped after commit": ({"kind": "drop_after"}, "did not answer"),
    "500": ({"kind": "status", "status": 500}, "answered 500"),
    "503 after commit": ({"kind": "status", "status": 503, "commit": True}, "answered 503"),
    "HTML 502": ({"kind": "html"}, "answered 502"),
    "HTML 502 after commit": ({"kind": "html", "commit": True}, "answered 502"),
    "HTML 200 after commit": ({"kind": "html", "status": 200, "commit": True}, "makes no sense"),
    "429": ({"kind": "status", "status": 429}, "slow down"),
    "429 with Retry-After": ({"kind": "status", "status": 429, "retry_after": 1}, "slow down"),
    "cut": ({"kind": "cut"}, "did not answer"),
    "slow": ({"kind": "latency", "seconds": 0.7, "commit": True}, "did not answer"),
    "slow and done late": ({"kind": "latency", "seconds": 0.7}, "did not answer"),
    "401": ({"kind": "status", "status": 401}, "key (401)"),
    "403": ({"kind": "status", "status": 403}, "key (403)"),
    "another version": ({"kind": "version"}, "as version 2022-05-10"),
}
HARMLESS = {"429", "429 with Retry-After", "401", "403"}  # upstream says itself: not done
TROUBLE = {"401", "403", "another version"}
PLAIN_FOR_DELETE = {"cut", "another version"}
ENOUGH_SECONDS = 30.0


@pytest.fixture(autouse=True)
def impatient(settings, monkeypatch) -> None:
    settings.UPSTREAM_READ_TIMEOUT = 0.3
    settings.UPSTREAM_SETTLE_SECONDS = 0.05
    settings.DELIVERY_RETRY_SECONDS = 0.3  # not within the same drain
    monkeypatch.setattr(transport, "_backoff", lambda attempt: 0.0)


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A dozen trunks are enough, and quicker."""
    sandbox.reset(trunks=12, dids=40)
    yield sandbox
    sandbox.reset(trunks=40, dids=120)


@pytest.fixture
def witness(sandbox: Sandbox, pulled: Account) -> Iterator[Witness]:
    with Witness(sandbox).watching() as found:
        yield found


@pytest.fixture
def ask(pulled: Account, ada: User) -> Callable[[str], Change]:
    """Submit a change of a kind; nothing is sent yet."""
    trunk = Trunk.objects.filter(
        auth_type="credentials_and_ip", allow_any_did_as_cli=False, dids__isnull=False
    ).order_by("pk")[0]
    did = str(trunk.dids.all()[0].pk)
    patches: dict[str, dict[str, Any]] = {
        "create": {
            "name": Put("Acme new"),
            "on_cli_mismatch_action": Put("reject_call"),
            TYPE: Put("credentials_and_ip"),
            SIP_IPS: Whole(("203.0.113.77/32",)),
        },
        "update": {"rtp_timeout": Put(333), SIP_IPS: Edit(add=("203.0.113.78/32",))},
        "dids": {"dids": Edit(remove=(did,))},
        "switch": {TYPE: Put("twilio"), "authentication_method.twilio_account_sid": Put(SID)},
    }

    def asked(kind: str) -> Change:
        change = propose(
            None if kind == "create" else trunk,
            patches.get(kind, {}),
            kind=kind if kind in WRITES else "update",
            actor=actor_of(ada),
            origin="staff",
            account=pulled,
        )
        return submit(change, actor=actor_of(ada))

    return asked


def drain_as_a_worker(account: Account, change: Change) -> None:
    drain(account)
    change.refresh_from_db()
    account.refresh_from_db()


def calm_down(account: Account, change: Change, each: Callable[[], None]) -> None:
    end = time.monotonic() + ENOUGH_SECONDS
    while not change.is_settled:
        assert time.monotonic() < end, f"{change.state}: {change.waiting_reason}"
        drain_as_a_worker(account, change)
        each()
        time.sleep(0.02)


def check_it_is_true(change: Change, witness: Witness) -> None:
    """Whatever the state, it says no more and no less than what happened upstream."""
    done, arrived = len(witness.effects), sum(witness.arrived.values())
    assert done <= 1, "never twice"
    match change.state:
        case "applied":
            assert done == 1
            assert change.waiting_reason == ""
        case "pending":
            assert done == 0, "what waits has not happened"
            assert change.sent_at is None
            assert change.sends <= arrived
            assert change.waiting_reason
        case "delivering":
            assert arrived >= 1
            assert change.sent_at is not None, "an unknown outcome is called one"
            assert not change.is_in_doubt
            assert change.waiting_reason
        case _:
            pytest.fail(f"{change.state}: {change.errors or change.conflicts}")


def check_what_is_said_first(kind: str, fault: str, change: Change, account: Account) -> None:
    if kind == "delete" and fault in PLAIN_FOR_DELETE:
        assert change.state == "applied"
        return
    assert FAULTS[fault][1] in change.waiting_reason
    assert change.state == ("pending" if fault in HARMLESS else "delivering")
    assert change.sends == (0 if fault in HARMLESS else 1), "a 429 or 401 took no effect"
    assert account.pause == ("trouble" if fault in TROUBLE else "")
    assert account.pause_reason == (change.waiting_reason if fault in TROUBLE else "")


def check_the_end(change: Change, witness: Witness, account: Account) -> None:
    assert change.state == "applied", (change.errors, change.conflicts)
    [effect] = witness.effects
    assert effect.kind == change.kind
    assert str(change.trunk_id) == effect.trunk_id
    if change.kind in ("create", "update"):
        assert effect.after is not None
        assert is_shown(change.ops(), units_upstream(effect.after))
    if change.kind == "regenerate":
        assert effect.before is not None
        assert effect.after is not None
        assert credentials_of(effect.before) != credentials_of(effect.after)
        assert change.credentials_changed
    account.refresh_from_db()
    assert (account.pause, account.failures) == ("", 0)
    assert not Change.objects.drift().exists(), "our own writes are never drift"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_write_that_fails_is_done_once_in_the_end(
    ask, sandbox, pulled, witness, settings, kind, fault, times
):
    if fault.startswith("slow"):
        settings.UPSTREAM_SETTLE_SECONDS = 1.5  # longer than the slowest commit
    sandbox.fault(**FAULTS[fault][0], method=WRITES.get(kind, "PATCH"), times=times)
    change = ask(kind)
    drain_as_a_worker(pulled, change)
    check_it_is_true(change, witness)
    check_what_is_said_first(kind, fault, change, pulled)
    calm_down(pulled, change, lambda: check_it_is_true(change, witness))
    assert pull(pulled).state == "done"
    change.refresh_from_db()
    check_the_end(change, witness, pulled)
    check_the_mirror(sandbox)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_an_upstream_that_fails_at_everything_for_a_while_gets_it_once(
    ask, sandbox, pulled, witness, settings, kind, fault
):
    """Reads too, before the write and after it, and the looks at what became of it."""
    if fault.startswith("slow"):
        settings.UPSTREAM_SETTLE_SECONDS = 1.5
    sandbox.fault(**FAULTS[fault][0], times=None, after=1)  # the read before the write succeeds
    change = ask(kind)
    for _ in range(4):
        drain_as_a_worker(pulled, change)
        check_it_is_true(change, witness)
        time.sleep(0.06)
    pull(pulled)
    change.refresh_from_db()
    check_it_is_true(change, witness)
    sandbox.clear_faults()
    calm_down(pulled, change, lambda: check_it_is_true(change, witness))
    assert pull(pulled).state == "done"
    check_the_end(change, witness, pulled)
    check_the_mirror(sandbox)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_default_did_which_upstream_never_shows_arrives(
    pulled, ada, sandbox, settings, witness, fault
):
    """Nothing tells whether it was done: it is sent until upstream says so, which does no harm."""
    settings.UPSTREAM_SETTLE_SECONDS = 1.5 if fault.startswith("slow") else 0.05
    trunk = Trunk.objects.filter(allow_any_did_as_cli=False, dids__isnull=False).order_by("pk")[0]
    did = str(trunk.dids.all()[0].pk)
    patch = {"on_cli_mismatch_action": Put("replace_cli"), "default_did": Put(did)}
    change = propose(trunk, patch, actor=actor_of(ada), origin="staff")
    sandbox.fault(**FAULTS[fault][0], method="PATCH", times=2)
    submit(change, actor=actor_of(ada))
    calm_down(pulled, change, lambda: None)
    assert change.state == "applied", (change.errors, change.conflicts)
    assert sandbox.trunk(str(trunk.pk))["default_did"] == did
    pull(pulled)
    assert not Change.objects.drift().exists()
    check_the_mirror(sandbox)
