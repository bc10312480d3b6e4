"""What stands above a trunk's cards: the sentences that matter for the whole page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from trunks.models import Account, Change, Trunk
from trunks.web.diff_lines import summary_of, unit_label
from trunks.web.error_words import first_error
from trunks.web.words import counted, sentence

Notice = dict[str, Any]
CONFLICTS_SHOWN = 3


def _to(change: Change, label: str) -> Notice:
    return {"url": reverse("staff:change-detail", args=[change.pk]), "link": label}


def waiting_notices(changes: Sequence[Change], account: Account) -> list[Notice]:
    """One for what waits, one for each write that asks a person or whose outcome is not known."""
    asking = [change for change in changes if change.held_at or change.is_in_doubt]
    others = [change for change in changes if change not in asking]
    unknown = [change for change in others if change.outcome_unknown]
    pending = [change for change in others if not change.outcome_unknown]
    notices = [*(_asking(change) for change in asking), *(_unknown(change) for change in unknown)]
    return [*notices, _pending(pending, account)] if pending else notices


def _asking(change: Change) -> Notice:
    if change.held_at:
        return {
            "tone": "attention",
            "title": "A change is held back:",
            "text": f"{summary_of(change)}. {sentence(change.hold_reason)}".strip(),
            "url": f"{reverse('staff:inbox')}?kind=held",
            "link": "Decide",
        }
    return {
        "tone": "danger",
        "title": "A change is in doubt:",
        "text": f"{summary_of(change)}. It was sent, and it cannot be told what became of it.",
        "url": reverse("staff:change-doubt", args=[change.pk]),
        "link": "Decide",
    }


def _unknown(change: Change) -> Notice:
    return {
        "tone": "attention",
        "title": "Sent. What became of it is not known yet.",
        "text": f"{summary_of(change)}. It is looked for upstream and never sent again blindly.",
        **_to(change, "Details"),
    }


def _pending(changes: Sequence[Change], account: Account) -> Notice:
    waits = "One change is" if len(changes) == 1 else f"{counted(len(changes), 'change')} are"
    attempts = [change.next_attempt_at for change in changes if change.next_attempt_at]
    return {
        "tone": "waiting",
        "text": f"{waits} waiting for upstream: {_each(changes)}.",
        # A paused account has a notice of its own, with the reason.
        "why": "" if account.is_paused else sentence(changes[0].waiting_reason),
        "next_attempt_at": None if account.is_paused else min(attempts, default=None),
        **_to(changes[0], "Details"),
    }


def _each(changes: Sequence[Change]) -> str:
    return "; ".join(summary_of(change) for change in changes)


def standing_notices(
    trunk: Trunk, latest: Change | None, undecided: Sequence[Change]
) -> list[Notice]:
    """What holds until somebody does something about it. `undecided`: newest first."""
    drift = next((change for change in undecided if change.is_drift), None)
    conflicts = [change for change in undecided if not change.is_drift]
    notices = [
        _gone(trunk) if trunk.is_gone else None,
        _paused(trunk),
        *(_conflicted(change) for change in conflicts[:CONFLICTS_SHOWN]),
        _refused(latest) if latest else None,
        _drifted(drift) if drift and not trunk.is_gone else None,
        _limit_reached(trunk),
    ]
    return [notice for notice in notices if notice]


def _gone(trunk: Trunk) -> Notice:
    return {
        "tone": "neutral",
        "icon": "archive-box",
        "title": "Upstream no longer has this trunk.",
        "text": "What is shown is what was last read. It is kept for its history, its password"
        " is erased, and nothing makes it anew by itself. Gone since",
        "at": trunk.gone_at,
    }


def _paused(trunk: Trunk) -> Notice | None:
    account = trunk.account
    if not account.is_paused:
        return None
    return {
        "tone": "attention",
        "title": f"The account {account.name} is paused.",
        "text": f"{sentence(account.pause_reason)} Changes wait until it resumes.".strip(),
        "url": reverse("staff:account-detail", args=[account.pk]),
        "link": "Look",
    }


def _conflicted(change: Change) -> Notice:
    if change.kind == Change.Kind.UPDATE:
        fields = ", ".join(unit_label(line["field"]) for line in change.conflicts)
        text = f"Upstream had moved in the same place: {fields}. Nothing was overwritten."
    else:
        text = f"{summary_of(change)}: it had moved since that was reviewed. Nothing was sent."
    url = reverse("staff:change-conflict", args=[change.pk])
    title = "A change ran into a conflict."
    return {"tone": "danger", "title": title, "text": text, "url": url, "link": "Decide"}


def _refused(change: Change) -> Notice | None:
    if change.state != Change.State.REFUSED:
        return None
    text = f"{first_error(change)} Nothing was changed."
    title = "Upstream refused the last change."
    return {"tone": "danger", "title": title, "text": text, **_to(change, "Details")}


def _drifted(change: Change) -> Notice:
    return {
        "tone": "attention",
        "title": "Changed upstream, not from here:",
        "text": f"{sentence(summary_of(change))} Seen",
        "ago": change.created_at,
        "url": f"{reverse('staff:inbox')}?trunk={change.trunk_id}",
        "link": "Decide",
    }


def _limit_reached(trunk: Trunk) -> Notice | None:
    if trunk.is_gone or not trunk.threshold_reached or trunk.status != "blocked":
        return None
    return {
        "tone": "danger",
        "title": "The 24-hour limit is reached: upstream blocks all calls.",
        "text": "Calls pass again when the spend falls below the limit or the limit is raised.",
    }


def settled_notice(change: Change | None) -> Notice | None:
    """Said once, when what somebody was watching has been settled."""
    if change is None or change.state != Change.State.APPLIED:
        return None
    at: datetime | None = change.settled_at
    return {"tone": "ok", "title": "Applied upstream", "text": f"{summary_of(change)},", "at": at}
