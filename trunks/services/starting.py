"""What each worker does once, before it sends anything."""

from trunks.services.heartbeats import beat, forget_predecessors
from trunks.services.restoring import hold_after_long_silence


def begin_work() -> None:
    """Raises while the database does not answer: nothing may be sent before this was done.

    The outbox is looked at before this worker is heard, for its own voice is a sign of life.
    """
    hold_after_long_silence()
    beat()
    forget_predecessors()
