"""Upstream's callbacks in words: on a trunk's timeline, and on the account's page."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from trunks.models import Account, CallbackEvent, Trunk
from trunks.services.callbacks import callback_url
from trunks.services.notices import ACTIVE, BLOCKED, cause_of
from trunks.templatetags import ui
from trunks.web.words import counted

TITLES = {BLOCKED: "Blocked, says upstream", ACTIVE: "Active again, says upstream"}
TONES = {BLOCKED: "danger", ACTIVE: "ok"}
SHOWN = 20


def callback_entries(trunk: Trunk, since: datetime | None = None) -> list[dict[str, Any]]:
    """Entries of `components/timeline.html`, newest first; `since` is where the timeline ends."""
    events = CallbackEvent.objects.of_trunk(trunk)
    if since is not None:
        events = events.since(since)
    return [entry_of_event(event) for event in events[:SHOWN]]


def entry_of_event(event: CallbackEvent) -> dict[str, Any]:
    return {
        "tone": TONES.get(event.status, "neutral"),
        "title": title_of_event(event),
        "note": cause_of(event.status, event.threshold_reached),
        "state": "callback" if event.refreshed_at else "callback, not read again yet",
        "at": event.received_at,
    }


def title_of_event(event: CallbackEvent) -> str:
    return TITLES.get(event.status) or f"Status “{event.status}”, says upstream"


def callback_card(account: Account) -> dict[str, Any]:
    """Where callbacks go, whether they are believed, and what came."""
    events = account.callback_events.all()
    last = events.first()
    day = events.since(timezone.now() - timedelta(days=1)).count()
    return {
        "url": callback_url(account),
        "has_secret": account.callback_secret is not None,
        "day": counted(day, "event"),
        "refused": counted(account.callbacks_refused, "delivery", "deliveries"),
        "last": _last(account, last) if last else None,
    }


def _last(account: Account, event: CallbackEvent) -> dict[str, Any]:
    trunk = account.trunks.filter(pk=event.trunk_id).only("name").first()
    return {
        "title": title_of_event(event),
        "trunk": trunk,
        "trunk_id": event.trunk_id,
        "at": ui.ago(event.received_at),
    }
