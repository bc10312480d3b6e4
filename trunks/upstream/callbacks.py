"""What upstream tells by itself: the events in the body of a callback, as frozen values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trunks.upstream.words import fit_text

TYPE = "voice_out_trunks"
LONGEST_WORD = 64  # characters of a status or an instant; upstream's own have 24


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """A trunk was blocked, or goes on; `status` is the one after it, whatever upstream calls it.

    `created_at` is upstream's text. `threshold_reached`: whether the 24-hour limit was the cause.
    """

    trunk_id: UUID
    status: str
    created_at: str
    threshold_reached: bool | None

    @property
    def key(self) -> tuple[UUID, str, str]:
        """What tells it from every other event of its account: upstream gives it no id."""
        return self.trunk_id, self.status, self.created_at


def read_told_events(payload: Iterable[Mapping[str, Any]]) -> Iterator[ToldEvent]:
    """The events of trunks; what says nothing of a trunk, or not when, is passed over."""
    for event in payload:
        if event.get("type", TYPE) == TYPE and (told := _read(event)):
            yield told


def _read(event: Mapping[str, Any]) -> ToldEvent | None:
    reached, created_at = event.get("threshold_reached"), _word(event.get("created_at"))
    try:
        trunk_id = UUID(event.get("id"))
    except (TypeError, ValueError, AttributeError):
        return None
    if not created_at:
        return None
    known = reached if isinstance(reached, bool) else None
    return ToldEvent(trunk_id, _word(event.get("status")), created_at, known)


def _word(value: Any) -> str:
    return fit_text(value)[:LONGEST_WORD] if isinstance(value, str) else ""
