"""A customer's changes as entries of `components/timeline.html`."""

from typing import Any

from django.urls import reverse

from trunks.models import Change
from trunks.web.diff_lines import title_of, trunk_name
from trunks.web.portal.state_words import mark_of

Entry = dict[str, Any]


def who_did(change: Change) -> str:
    """Who asked for it; what nobody here asked for names nobody."""
    return "" if change.state == Change.State.OBSERVED else change.actor_label or "trunkadmin"


def entry_of(change: Change, *, of_trunk: bool = False) -> Entry:
    mark = mark_of(change)
    return {
        "tone": mark.tone,
        "title": title_of(change),
        "of": trunk_name(change) if of_trunk else "",
        "url": reverse("portal:change-detail", args=[change.pk]),
        "rows": [],
        "note": f"“{change.reason}”" if change.reason else "",
        "who": who_did(change),
        "state": mark.label.lower(),
        "at": change.settled_at or change.created_at,
    }
