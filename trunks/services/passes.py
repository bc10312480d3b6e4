"""One pass over an account's lists: what it carries along, and what it notes on its row."""

from collections.abc import Callable
from dataclasses import dataclass, field

from trunks.models import Account, SyncRun
from trunks.services.leases import PullLease
from trunks.upstream import Client, MalformedResource

Progress = Callable[[SyncRun], None]


class NotReliable(Exception):
    """The pass was read to its end, but the list shifted, or what it lacks needs a person."""


@dataclass(slots=True)
class Pass:
    """What one pull carries along: its row, what is known, what was seen."""

    account: Account
    client: Client
    lease: PullLease
    run: SyncRun
    key: bytes
    progress: Progress
    known: dict[str, tuple[str, str | None]]  # trunk id → (fingerprint, spent_amount)
    seen: set[str] = field(default_factory=set)
    complete: bool = True
    problem: str = ""  # why the pass, though read to its end, is not one to rely on

    def note(self, **counts: int) -> None:
        """Add to the counts and save them, under the lease."""
        self.lease.renew()
        for name, count in counts.items():
            setattr(self.run, name, getattr(self.run, name) + count)
        self.run.save(update_fields=[*counts, "total"])
        self.progress(self.run)


def put_aside(this: Pass, odd: MalformedResource, seen: set[str]) -> None:
    """One bad resource stops no pull; it counts as seen where it can be told from others."""
    this.run.set_aside.append({"id": odd.id, "reason": odd.reason})
    if odd.id:
        seen.add(odd.id)
