"""What stands above a trunk's cards, in words for the customer it is lent to."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from trunks.domain.guardrail_words import UNBLOCKED_BY_STAFF
from trunks.models import Change, Trunk
from trunks.services.guarding import who_blocked
from trunks.web.diff_lines import summary_of
from trunks.web.portal.state_words import CHECKING, told
from trunks.web.words import sentence

Notice = dict[str, Any]
PAUSED = "Changes cannot be sent at the moment. What you save waits and is sent by itself."


def _to(change: Change) -> Notice:
    return {"url": reverse("portal:change-detail", args=[change.pk]), "link": "Details"}


def waiting_notices(changes: Sequence[Change]) -> list[Notice]:
    """What is on its way."""
    return [
        {
            "tone": "attention" if change.outcome_unknown else "waiting",
            "title": "Being checked." if change.outcome_unknown else "Waiting to be sent.",
            "text": f"{summary_of(change)}. {CHECKING if change.outcome_unknown else ''}".strip(),
            **_to(change),
        }
        for change in changes
    ]


def standing_notices(
    trunk: Trunk, latest: Change | None, requests: Sequence[Change]
) -> list[Notice]:
    """What holds until somebody does something about it. `latest`: what was last asked for."""
    notices = [
        _stopped(trunk),
        {"tone": "attention", "title": "", "text": PAUSED} if trunk.account.is_paused else None,
        _failed(latest) if latest else None,
        *(_requested(change) for change in requests),
    ]
    return [notice for notice in notices if notice]


def _stopped(trunk: Trunk) -> Notice | None:
    if trunk.status != "blocked":
        return None
    by = who_blocked(trunk)
    if by == "member":
        text = "You blocked it: unblock it whenever you like."
        return {"tone": "attention", "title": "No call goes out.", "text": text}
    return {
        "tone": "danger",
        "title": "No call goes out.",
        "text": sentence(UNBLOCKED_BY_STAFF[by]),
    }


def _failed(change: Change) -> Notice | None:
    if change.state not in (Change.State.REFUSED, Change.State.CONFLICTED):
        return None
    title, text = told(change)
    return {
        "tone": "danger",
        "title": f"{summary_of(change)}: {title.lower()}",
        "text": text,
        **_to(change),
    }


def _requested(change: Change) -> Notice:
    text = f"{summary_of(change)}. Nothing changes before staff decide."
    return {"tone": "attention", "title": "Waits for approval:", "text": text, **_to(change)}
