"""Callbacks: what the upstream tells by itself when a trunk is blocked, or goes on.

Only to this machine, whatever address a trunk names, and nothing without a callback secret.
What was not taken is told again with what came since; after the last attempt it is dropped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .posting import post
from .resources import TRUNKS
from .settings import Settings
from .store import Record
from .trunks import timestamp

Event = dict[str, Any]
_MOST_ENTRIES = 5_000


@dataclass
class Pile:
    """What one URL has still to be told."""

    events: list[Event] = field(default_factory=list)
    attempts: int = 0
    due: float = 0.0


class Callbacks:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._piles: dict[str, Pile] = {}
        self._sent: deque[dict[str, Any]] = deque(maxlen=_MOST_ENTRIES)
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def see(self, before: Record, after: Record) -> None:
        """A record was replaced, by whomever: a trunk's other status is an event."""
        url = after.attributes.get("callback_url")
        if after.type != TRUNKS or not url or not self.settings.callback_secret:
            return
        if before.attributes.get("status") != after.attributes.get("status"):
            self._pile_up(url, event_of(after))

    def send(self, trunk: Record, values: dict[str, Any]) -> list[int | None]:
        """Tell something now, as often as `times` says: the status of each answer.

        `url`, `secret` and `signature` replace what is right; other values are members.
        """
        values = dict(values)
        url = values.pop("url", None) or trunk.attributes.get("callback_url") or ""
        secret = values.pop("secret", None) or self.settings.callback_secret or ""
        mark, times = values.pop("signature", None), values.pop("times", 1)
        events = values.pop("events", None) or [event_of(trunk) | values]
        return [self._tell(url, events, secret, mark) for _ in range(times)]

    def sent(self) -> list[dict[str, Any]]:
        """`url, events, status` of each delivery; the status is None where nobody answered."""
        with self._change:
            return [dict(entry) for entry in self._sent]

    def wait(self, seconds: float) -> bool:
        """Whether everything was taken, or dropped, within so many seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._piles, seconds)

    def clear(self) -> None:
        with self._change:
            self._piles.clear()
            self._sent.clear()
            self._change.notify_all()

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify_all()

    def _pile_up(self, url: str, event: Event) -> None:
        with self._change:
            self._piles.setdefault(url, Pile()).events.append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            url, events = due
            status = self._tell(url, events, self.settings.callback_secret or "", None)
            self._settle(url, events, status)

    def _next(self) -> tuple[str, list[Event]] | None:
        """The pile that is due, once one is; None at the end."""
        with self._change:
            while not self._closed:
                now = time.monotonic()
                for url, pile in self._piles.items():
                    if pile.due <= now:
                        return url, list(pile.events)
                first = min((pile.due for pile in self._piles.values()), default=None)
                self._change.wait(None if first is None else max(0.001, first - now))
        return None

    def _settle(self, url: str, events: list[Event], status: int | None) -> None:
        with self._change:
            pile = self._piles.get(url)
            if pile is None:
                return
            pile.attempts += 1
            taken = status is not None and 200 <= status <= 298
            if taken or pile.attempts >= self.settings.callback_attempts:
                pile.events = pile.events[len(events) :]
                pile.attempts = 0
            pile.due = 0.0 if taken else time.monotonic() + self.settings.callback_retry_seconds
            if not pile.events:
                del self._piles[url]
            self._change.notify_all()

    def _tell(self, url: str, events: list[Event], secret: str, mark: str | None) -> int | None:
        status = post(url, events, secret, mark)
        with self._change:
            self._sent.append({"url": url, "events": events, "status": status})
        return status


def event_of(trunk: Record) -> Event:
    return {
        "id": trunk.id,
        "type": TRUNKS,
        "status": trunk.attributes.get("status"),
        "threshold_reached": bool(trunk.attributes.get("threshold_reached")),
        "created_at": timestamp(),
    }
