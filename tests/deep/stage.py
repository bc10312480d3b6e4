"""A stage on which processes die, meet each other and lose their leases, step by step.

Everything runs in one thread, so that what happens is decided by the script alone. A process is
whatever runs within `stage.process(...)`: it may die at any statement it sends to the database,
and then writes nothing more; around any of its requests another process may have its turn.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection

from tests.deep.witness import Witness
from trunks.domain.occasion import facts
from trunks.models import Account, Change
from trunks.models.clock import database_now
from trunks.services import accounts
from trunks.upstream.exchange import Exchange
from trunks.upstream.transport import Transport


class Died(BaseException):
    """A process ends: nothing catches it."""


Meeting = Callable[[], None]
UNWINDING = ("ROLLBACK TO", "RELEASE")  # what the database does by itself when a client is gone


@dataclass
class Process:
    """`dies_at`: the statement before which it ends. `meets`: who has a turn before its n-th
    request, by n, or by -n once that is answered and before the answer is looked at."""

    dies_at: int | None = None
    meets: dict[int, Meeting] = field(default_factory=dict)
    statements: int = 0
    requests: int = 0
    is_dead: bool = False

    def step(self, sql: str) -> None:
        if self.is_dead and sql.startswith(UNWINDING):
            return
        self.statements += 1
        if self.is_dead or self.statements == self.dies_at:
            self.is_dead = True
            raise Died


class Stage:
    """`observe` is called before each request and after each answer, outside of any process."""

    def __init__(self, witness: Witness, observe: Callable[[], None] = lambda: None):
        self.witness, self.observe = witness, observe
        self.processes: list[Process] = []
        self.sender = ""
        self.left = 0
        witness.sender = lambda: self.sender

    @contextmanager
    def process(self, process: Process) -> Iterator[None]:
        """Whether it dies or ends, the script goes on."""
        sender = self.sender
        self.processes.append(process)
        try:
            yield
        except Died:
            if not process.is_dead:
                raise
        finally:
            self.processes.pop()
            self.sender = sender

    @contextmanager
    def playing(self, monkeypatch: Any) -> Iterator["Stage"]:
        stage, recorder = self, accounts.recorder  # type: ignore[attr-defined]

        class WatchedTransport(Transport):
            def _send(self, method: str, path: str, *args: Any, **options: Any) -> Any:
                stage.before_request()
                return super()._send(method, path, *args, **options)

        def recording(account: Account) -> Callable[[Exchange], None]:
            record = recorder(account)

            def recorded(exchange: Exchange) -> None:
                stage.after_request(exchange)
                record(exchange)

            return recorded

        with monkeypatch.context() as patch, connection.execute_wrapper(self._statement):
            patch.setattr(accounts, "Transport", WatchedTransport)
            patch.setattr(accounts, "recorder", recording)
            patch.setattr(accounts, "wait_for_turn", lambda account_id, lane: 0.0)
            yield self

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.processes:
            self.processes[-1].step(sql)
        return execute(sql, params, many, context)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done here is done by nobody on the stage."""
        processes, self.processes = self.processes, []
        try:
            yield
        finally:
            self.processes = processes

    def before_request(self) -> None:
        process = self.processes[-1]
        process.requests += 1
        with self.aside():
            self.observe()
        self._meet(process.meets.pop(process.requests, None))
        self.sender = facts().get("change", "")

    def after_request(self, exchange: Exchange) -> None:
        """Who is impatient does not change what upstream still does: it is waited for, so that the
        script is the same every time."""
        self.left += 1
        if exchange.status is None:
            self.witness.wait_until_handled(self.left)
        with self.aside():
            self.observe()
        if self.processes:
            process = self.processes[-1]
            self._meet(process.meets.pop(-process.requests, None))

    def _meet(self, meeting: Meeting | None) -> None:
        if meeting is not None:
            sender = self.sender
            meeting()
            self.sender = sender


def let_time_pass() -> None:
    """Everything that waits is due; the leases of the dead have run out."""
    past = database_now() - timedelta(seconds=1)
    unsettled = Change.objects.unsettled()
    unsettled.filter(next_attempt_at__isnull=False).update(next_attempt_at=past)
    unsettled.filter(lease_until__isnull=False).update(lease_until=past)
    Account.objects.update(next_request_at=0)
    Account.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Account.objects.filter(probe_at__isnull=False).update(probe_at=past)
