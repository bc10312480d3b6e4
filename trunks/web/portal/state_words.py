"""How a change stands, in words that a customer needs no explanation for."""

from collections.abc import Mapping

from trunks.models import Change
from trunks.web.error_words import first_error
from trunks.web.marks import Mark
from trunks.web.words import sentence

State = Change.State
MARKS: Mapping[str, Mark] = {
    State.PLANNED: Mark("Not sent", "neutral"),
    State.AWAITING_APPROVAL: Mark("Waits for approval", "attention"),
    State.PENDING: Mark("Waiting", "waiting"),
    State.DELIVERING: Mark("Being sent", "waiting"),
    State.APPLIED: Mark("Done", "ok"),
    State.REFUSED: Mark("Refused", "danger"),
    State.CONFLICTED: Mark("Not done", "danger"),
    State.CANCELLED: Mark("Taken back", "neutral"),
    State.SUPERSEDED: Mark("Replaced", "neutral"),
    State.EXPIRED: Mark("Ran out", "neutral"),
    State.OBSERVED: Mark("Changed elsewhere", "neutral"),
}
UNKNOWN = Mark("Being checked", "attention")
SENTENCES: Mapping[str, tuple[str, str]] = {
    State.PLANNED: ("Not sent.", "It is only a plan until somebody sends it."),
    State.AWAITING_APPROVAL: ("Waits for approval.", "Nothing changes before staff decide."),
    State.PENDING: ("Saved. Waiting to be sent.", "It is sent by itself as soon as it can be."),
    State.DELIVERING: ("Being sent.", ""),
    State.APPLIED: ("Done.", ""),
    State.REFUSED: ("Refused.", "Nothing was changed."),
    State.CONFLICTED: (
        "Not done.",
        "Somebody changed the same setting meanwhile, so nothing was overwritten. Look at the "
        "trunk as it is now, and change it again if that is still right.",
    ),
    State.CANCELLED: ("Taken back.", "It was not sent."),
    State.SUPERSEDED: ("Replaced.", "A later change took its place; this one was not sent."),
    State.EXPIRED: ("Ran out.", "It was not sent and no longer will be."),
    State.OBSERVED: ("Changed elsewhere.", "It was seen on the trunk; nobody asked for it here."),
}
CHECKING = "Sent, and no answer came. What became of it is being checked; nothing is sent twice."


def mark_of(change: Change) -> Mark:
    if change.outcome_unknown:
        return UNKNOWN
    return MARKS.get(State(change.state), Mark(change.get_state_display(), "neutral"))


def told(change: Change) -> tuple[str, str]:
    """A title and what else is to be said of how the change stands."""
    if change.outcome_unknown:
        return "Being checked.", CHECKING
    title, text = SENTENCES[State(change.state)]
    if change.state == State.REFUSED:
        text = f"{first_error(change)} {text}".strip()
    if change.state in (State.CANCELLED, State.EXPIRED) and change.waiting_reason:
        text = f"{sentence(change.waiting_reason)} {text}"
    return title, text
