"""How a batch moves on by itself: it pauses after so many refusals, and ends with its changes.

Called wherever a change is settled, in the transaction that settles it.
"""

from trunks.models import Batch, Change
from trunks.models.change import FAILED, UNSETTLED
from trunks.models.clock import database_now

ENDS = (*UNSETTLED, Change.State.PLANNED)  # while one of these is left, the batch goes on


def note_settled(change: Change, state: str) -> None:
    """A change of a batch has come to an end: see what that means for the batch."""
    if change.batch_id is None:
        return
    batch = Batch.objects.under_way().filter(pk=change.batch_id).first()
    if batch is None:
        return
    if state in FAILED:
        _pause_after_refusals(batch)
    _finish(batch)


def refusals_of(batch: Batch) -> int:
    return batch.changes.filter(state__in=FAILED).count()


def _pause_after_refusals(batch: Batch) -> None:
    refused = refusals_of(batch) - batch.refusals_accepted
    if batch.stop_after is None or refused < batch.stop_after:
        return
    reason = f"{refused:,} of its changes {'was' if refused == 1 else 'were'} refused"
    Batch.objects.filter(pk=batch.pk, state=Batch.State.RUNNING).update(
        state=Batch.State.PAUSED, pause_reason=reason
    )


def _finish(batch: Batch) -> None:
    if batch.changes.filter(state__in=ENDS).exists():
        return
    Batch.objects.under_way().filter(pk=batch.pk).update(
        state=Batch.State.FINISHED, finished_at=database_now(), pause_reason=""
    )


def finish_batches() -> int:
    """Those whose last changes ended otherwise than by delivery: expired, superseded, taken back.
    How many were found."""
    left = list(Batch.objects.under_way().exclude(changes__state__in=ENDS))
    for batch in left:
        _finish(batch)
    return len(left)
