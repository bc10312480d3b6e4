"""The look of a change's state: tone, icon, label."""

from typing import Any, NamedTuple


class Look(NamedTuple):
    tone: str
    icon: str
    label: str


STATES = {
    "planned": Look("neutral", "pencil-square", "Planned"),
    "awaiting_approval": Look("attention", "hand-raised", "Needs approval"),
    "pending": Look("waiting", "clock", "Waiting"),
    "delivering": Look("waiting", "arrow-up-tray", "Sending"),
    "applied": Look("ok", "check-circle", "Applied"),
    "refused": Look("danger", "x-circle", "Refused"),
    "conflicted": Look("danger", "exclamation-triangle", "Conflict"),
    "cancelled": Look("neutral", "no-symbol", "Cancelled"),
    "superseded": Look("neutral", "forward", "Superseded"),
    "expired": Look("neutral", "archive-box", "Expired"),
    "observed": Look("attention", "eye", "Seen upstream"),
}
A_FACT = Look("neutral", "eye", "Seen upstream")  # it asks nobody
OUTCOME_UNKNOWN = Look("attention", "question-mark-circle", "Outcome unknown")
IN_DOUBT = Look("danger", "question-mark-circle", "In doubt")
HELD_BACK = Look("attention", "hand-raised", "Held back")

NOTICE_ICONS = {
    "accent": "information-circle",
    "neutral": "information-circle",
    "ok": "check-circle",
    "waiting": "clock",
    "attention": "exclamation-triangle",
    "danger": "x-circle",
}
MESSAGE_TONES = {
    "debug": "neutral",
    "info": "accent",
    "success": "ok",
    "warning": "attention",
    "error": "danger",
}


def look_of(change: Any) -> Look:
    """The look of a change, known by its ``state`` and, as far as it has them, by whether its
    outcome is unknown and whether a person must let it go on."""
    if getattr(change, "is_unsettled", False) and getattr(change, "held_at", None):
        return HELD_BACK
    unknown = getattr(change, "outcome_unknown", False)
    if unknown() if callable(unknown) else unknown:
        return IN_DOUBT if getattr(change, "is_in_doubt", False) else OUTCOME_UNKNOWN
    state = str(change.state)
    if state == "observed" and not getattr(change, "is_drift", True):
        return A_FACT
    return STATES.get(state, Look("neutral", "question-mark-circle", state))


def tone_of_share(share: float | None) -> str:
    """The tone of a limit by how much of it is used."""
    if share is None or share < 0.8:
        return "accent"
    return "attention" if share < 1 else "danger"
