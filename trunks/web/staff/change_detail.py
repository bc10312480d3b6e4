"""What a change's page shows, prepared: the template only places it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from trunks.models import Batch, Change
from trunks.models.change import WITH_EFFECT
from trunks.templatetags import ui
from trunks.web.decision_words import did
from trunks.web.diff_lines import (
    WHY,
    elements,
    rows_of,
    spoken,
    summary_of,
    trunk_name,
    unit_label,
)
from trunks.web.error_words import error_field, error_pointer, error_words, first_error
from trunks.web.risk_words import risks_in_words
from trunks.web.words import sentence

Notice = dict[str, Any]

HEADINGS = {
    Change.Kind.CREATE: "New trunk {}",
    Change.Kind.UPDATE: "Edit of {}",
    Change.Kind.DELETE: "Delete {}",
    Change.Kind.REGENERATE: "New credentials for {}",
    Change.Kind.OBSERVED: "{} changed upstream",
}


def detail_of(change: Change) -> dict[str, Any]:
    return {
        "change": change,
        "heading": heading_of(change),
        "trunk_name": trunk_name(change),
        "summary": summary_of(change),
        "status": status_notice(change),
        "rows": rows_of(change),
        "rows_title": _rows_title(change),
        "no_rows": NO_ROWS.get(Change.Kind(change.kind), "No setting."),
        "is_told_by_conflicts": _is_told(change),
        "consequences": rows_of(change, change.consequences),
        "risks": risks_in_words(change.risks),
        "conflicts": [_conflict(change, line) for line in change.conflicts],
        "errors": [_error(error) for error in change.errors],
        "times": times_of(change),
        "planned_at": ui.when(change.created_at),
        "settled_at": ui.when(change.settled_at),
        "trunk_url": reverse("staff:trunk-detail", args=[change.trunk_id])
        if change.trunk_id
        else "",
        "superseded_fields": ", ".join(unit_label(unit) for unit in change.superseded_units),
        "next_try": next_try(change),
        "may_take_back": change.state == Change.State.PENDING and not change.sends,
        "may_read_again": change.outcome_unknown and change.trunk_id is not None,
        "decisions": decisions_on(change),
        "decide_url": decide_url(change),
    }


def heading_of(change: Change) -> str:
    name = trunk_name(change)
    presence = next((line for line in change.diff if line["field"] == "presence"), None)
    if presence is not None:
        return f"{name} is {'gone' if presence.get('new') == 'gone' else 'back'} upstream"
    return HEADINGS[Change.Kind(change.kind)].format(name)


def decisions_on(change: Change) -> list[Notice]:
    """Who decided what about it, and the change that carries it out."""
    return [
        {
            "words": did(decision),
            "at": decision.at,
            "reason": decision.reason,
            "by": decision.by,
            "url": reverse("staff:change-detail", args=[decision.by_id]) if decision.by_id else "",
        }
        for decision in change.decisions.select_related("by").exclude(by__state="planned")
    ]


def decide_url(change: Change) -> str:
    """Where somebody decides on it; "" when there is nothing to decide."""
    if change.is_in_doubt:
        return reverse("staff:change-doubt", args=[change.pk])
    if change.held_at and change.is_unsettled:
        return f"{reverse('staff:inbox')}?kind=held"
    asks = change.is_drift or change.state == Change.State.CONFLICTED
    if not asks or change.decisions.standing().exists():
        return ""
    if change.is_drift:
        return f"{reverse('staff:inbox')}?trunk={change.trunk_id}"
    return reverse("staff:change-conflict", args=[change.pk])


NO_ROWS = {
    Change.Kind.UPDATE: "Upstream had all of this already.",
    Change.Kind.REGENERATE: "A new username and password, and no other setting.",
    Change.Kind.DELETE: "The whole trunk.",
}


def _rows_title(change: Change) -> str:
    return "What changed" if change.state in WITH_EFFECT else "What was asked for"


def _is_told(change: Change) -> bool:
    """Whether the comparison of a conflict already shows every setting that was asked for."""
    return {line["field"] for line in change.diff} <= {line["field"] for line in change.conflicts}


def status_notice(change: Change) -> Notice:
    """What became of the change, in a sentence that claims no more than is known."""
    if change.is_in_doubt:
        return {"tone": "danger", "title": "In doubt.", "text": IN_DOUBT}
    if change.held_at and change.is_unsettled:
        text = f"{sentence(change.hold_reason)} {HELD}".strip()
        return {"tone": "attention", "title": "Held back.", "text": text}
    if change.outcome_unknown:
        return {
            "tone": "attention",
            "title": "Sent. What became of it is not known yet.",
            "text": f"{LOOKED_FOR} {sentence(change.waiting_reason)}".strip(),
        }
    tone, title, text = SENTENCES.get(change.state, ("neutral", change.get_state_display(), ""))
    if change.state == Change.State.REFUSED:
        given_up = any(error.get("code") == "given_up" for error in change.errors)
        text = f"{first_error(change)} {'' if given_up else text}".strip()
        title = "Given up." if given_up else title
    if change.state == Change.State.OBSERVED:
        tone, title, text = _seen(change)
    if change.state in (Change.State.PENDING, Change.State.CANCELLED) and change.waiting_reason:
        text = f"{text} {sentence(change.waiting_reason)}".strip()
    if change.state == Change.State.PENDING:
        text = f"{text} {stands_still(change)}".strip()
    return {"tone": tone, "title": title, "text": text}


def stands_still(change: Change) -> str:
    """Why a waiting change is not tried again by the clock; "" when it is."""
    if change.account.is_paused:
        return "The account is paused: it is sent once the account goes on."
    if change.batch and change.batch.state == Batch.State.PAUSED:
        return "Its batch is paused: it is sent once somebody lets the batch go on."
    return ""


def next_try(change: Change) -> datetime | None:
    if change.state != Change.State.PENDING or change.held_at or stands_still(change):
        return None
    return change.next_attempt_at


LOOKED_FOR = (
    "It is looked for upstream: found, it is applied; not there at two looks, it is sent again."
)
HELD = "Nothing is sent until somebody lets it go on or gives it up."
IN_DOUBT = (
    "It was sent and never answered, and looking does not tell what became of it. Nothing more is"
    " done until somebody decides."
)


def _seen(change: Change) -> tuple[str, str, str]:
    if not change.is_drift:
        return "neutral", "Seen upstream.", _fact_words(change)
    if change.decisions.standing().exists():
        return "neutral", "Changed upstream, not from here.", "It has been decided on."
    return "attention", "Changed upstream, not from here.", "Somebody has to decide on it."


def _fact_words(change: Change) -> str:
    """Why nobody is asked about what upstream did."""
    reasons = {str(line.get("why", "")) for line in change.diff}
    said = [WHY[reason] for reason in WHY if reason in reasons]
    return " ".join(said) or "Upstream did this by its own rules."


SENTENCES: Mapping[str, tuple[str, str, str]] = {
    "planned": ("neutral", "Planned.", "Nobody has submitted it; nothing is sent."),
    "awaiting_approval": ("attention", "Needs approval.", "Nothing is sent before."),
    "pending": ("waiting", "Saved. Waiting for upstream.", ""),
    "delivering": ("waiting", "Being sent.", ""),
    "applied": ("ok", "Applied upstream", ""),
    "refused": ("danger", "Upstream refused it.", "Nothing was changed."),
    "conflicted": (
        "danger",
        "Conflict.",
        "Upstream had moved in the same place since this was asked for. Nothing was overwritten.",
    ),
    "cancelled": ("neutral", "Cancelled.", "It was not sent."),
    "superseded": ("neutral", "Superseded.", "A later change took its place; it was not sent."),
    "expired": ("neutral", "Expired.", "It could not be sent for 24 hours and no longer will be."),
}


def _conflict(change: Change, line: Mapping[str, Any]) -> dict[str, str]:
    unit = line["field"]
    said = {side: _side(change, unit, line.get(side)) for side in ("base", "ours", "theirs")}
    return {"label": unit_label(unit), **said}


def _side(change: Change, unit: str, value: Any) -> str:
    if isinstance(value, Mapping):  # an edit of a list: what was asked to come and to go
        parts = (("+", value.get("add")), ("−", value.get("remove")))
        words = [f"{sign} {e}" for sign, values in parts for e in elements(change, unit, values)]
        return ", ".join(words) or "none"
    return spoken(change, unit, value)


def _error(error: Mapping[str, Any]) -> dict[str, str]:
    """An error object in words; an unexpected shape is shown as far as it goes."""
    pointer = error_pointer(error)
    return {
        "field": error_field(pointer),
        "words": error_words(error) or "refused without a word",
        "pointer": pointer,
        "status": str(error.get("status") or ""),
    }


def times_of(change: Change) -> list[tuple[str, str]]:
    """The instants that exist, in their order."""
    settled = "Seen" if change.state == Change.State.OBSERVED else "Settled"
    first = [] if change.state == Change.State.OBSERVED else [("Planned", change.created_at)]
    found = [
        *first,
        ("Submitted", change.submitted_at),
        ("Sent", change.sent_at),
        (settled, change.settled_at),
    ]
    return [(label, ui.second(at)) for label, at in found if at is not None]
