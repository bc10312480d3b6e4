"""A word with its tone, for how something stands."""

from typing import NamedTuple

from trunks.models import Trunk


class Mark(NamedTuple):
    label: str
    tone: str


def status_mark(trunk: Trunk) -> Mark:
    """One word for how the trunk stands; the limit counts only while calls still pass."""
    if trunk.is_gone:
        return Mark("Gone", "neutral")
    if trunk.status == "blocked":
        return Mark("Limit reached" if trunk.threshold_reached else "Blocked", "danger")
    if trunk.status != "active":
        return Mark(trunk.status or "Not said", "neutral")
    if (share := trunk.spent_share) is not None and share >= 1:
        return Mark("Over limit", "danger")
    return Mark("Near limit", "attention") if trunk.is_near_limit else Mark("Active", "ok")
