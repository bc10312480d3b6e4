"""The lines of requests: who asks for what, beyond which guard rails, and until when."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from trunks.domain.actor import Actor
from trunks.models import Change
from trunks.templatetags import ui
from trunks.web.diff_lines import summary_parts, trunk_name, unit_label
from trunks.web.words import listed


def request_rows(changes: Iterable[Change], actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "url": request_url(change, actor),
            "trunk": trunk_name(change),
            "parts": summary_parts(change),
            "rails": listed(list(dict.fromkeys(line["rail"] for line in change.breaches))),
            "customer": change.customer_label,
            "customer_url": customer_url(change),
            "who": change.actor_label,
            "reason": change.reason,
            "state": ui.change_state(change),
            "asked": ui.when(change.created_at),
            "expires": ui.due(change.expires_at) if change.expires_at else "",
            "until": ui.when(change.reverse_at) if change.reverse_at else "",
        }
        for change in changes
    ]


def request_url(change: Change, actor: Actor) -> str:
    """Where it is decided, for who may and while it can be; else where it is read."""
    is_open = change.state == Change.State.AWAITING_APPROVAL
    decides = is_open and actor.may("approve_change")
    return reverse("staff:approval-detail" if decides else "staff:change-detail", args=[change.pk])


def customer_url(change: Change) -> str:
    known = change.customer_id.isdigit()
    return reverse("staff:customer-detail", args=[int(change.customer_id)]) if known else ""


def breach_rows(change: Change) -> list[dict[str, str]]:
    """Each rail that the request goes beyond, and what would be allowed without asking."""
    return [
        {"label": unit_label(line["unit"]), "rail": line["rail"], "allowed": line["allowed"]}
        for line in change.breaches
    ]
