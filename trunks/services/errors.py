"""What a verb may raise, for faces that never meet the upstream themselves."""

from collections.abc import Iterable

from trunks.domain.actor import Denied
from trunks.domain.guardrails import Breach
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Unreadable
from trunks.upstream import Missing, NotSent, OutcomeUnknown, Refused, Unauthorized, Unavailable


class BeyondRails(Invalid):
    """It goes beyond the guard rails of whoever asks; nothing else is wrong with it."""

    def __init__(self, breaches: Iterable[Breach]):
        self.breaches = tuple(breaches)
        super().__init__(Problem(breach.unit, breach.message) for breach in self.breaches)

    @property
    def is_requestable(self) -> bool:
        """Whether staff may be asked for all of it."""
        return all(breach.is_requestable for breach in self.breaches)


class NeedsApproval(Exception):
    """The plan goes beyond the guard rails: it is requested, not submitted."""


class NotPlanned(Exception):
    """The change is no longer a plan: submitted, discarded or settled meanwhile."""


class NotWaiting(Exception):
    """The change does not wait for that any more: sent, settled or decided meanwhile."""


class LeaseLost(Exception):
    """Someone else took over: nothing more may be written under this lease."""


class Stopped(Exception):
    """The worker was told to stop: what it had begun goes on in another."""


class ForeignTrunk(Exception):
    """An id that is mirrored under another account showed up here: an error, never a move."""


__all__ = [
    "BeyondRails",
    "Denied",
    "ForeignTrunk",
    "Invalid",
    "LeaseLost",
    "Missing",
    "NeedsApproval",
    "NotPlanned",
    "NotSent",
    "NotWaiting",
    "OutcomeUnknown",
    "Problem",
    "Refused",
    "Stopped",
    "Unauthorized",
    "Unavailable",
    "Unreadable",
]
