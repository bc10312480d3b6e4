"""What a verb may raise, for faces that never meet the upstream themselves."""

from trunks.domain.actor import Denied
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Unreadable
from trunks.upstream import Missing, NotSent, OutcomeUnknown, Refused, Unauthorized, Unavailable


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
    "Denied",
    "ForeignTrunk",
    "Invalid",
    "LeaseLost",
    "Missing",
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
