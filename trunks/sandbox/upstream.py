"""The whole emulated upstream without its sockets: API, control, faults, journal, state."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from . import seed
from .api import Api
from .callbacks import Callbacks
from .control import Control
from .control_api import ControlApi
from .faults import Fault, Faults
from .journal import Journal
from .messages import Request, Response
from .settings import DEFAULT_API_KEY, Settings
from .store import Store


class Upstream:
    """`handle` takes a request and gives what to do with its connection."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        trunks: int = 0,
        dids: int = 0,
        state: Path | str | None = None,
        callback_secret: str | None = None,
    ) -> None:
        self.store = Store(state)
        self.settings = Settings()
        self._first_key = api_key or DEFAULT_API_KEY
        self._first_secret = callback_secret
        self._seeded = {"trunks": trunks, "dids": dids}
        self.faults = Faults()
        self.journal = Journal()
        self.callbacks = Callbacks(self.settings)
        self.store.on_replace = self.callbacks.see
        self.control = Control(self.store, self.callbacks)
        self.api = Api(self.store, self.settings)
        self._control_api = ControlApi(self)
        self._late: list[threading.Timer] = []
        if self.store.fact("seeded") is None:
            self.reset()
        else:
            self._resume(api_key)

    def _resume(self, api_key: str | None) -> None:
        self._seeded = self.store.fact("seeded")
        self.settings.change(self.store.fact("settings"))
        if api_key:
            self.change_settings({"api_key": api_key})
        if self._first_secret:
            self.change_settings({"callback_secret": self._first_secret})

    def reset(self, trunks: int | None = None, dids: int | None = None) -> None:
        """As on the first start: seeded anew, with default settings, no faults, an empty log."""
        with self.store.lock:
            counts = {"trunks": trunks, "dids": dids}
            self._seeded |= {name: n for name, n in counts.items() if n is not None}
            self.store.clear()
            self.store.put_all(seed.records(**self._seeded))
            self.store.remember("seeded", self._seeded)
            first = Settings(api_key=self._first_key, callback_secret=self._first_secret)
            self.change_settings(first.as_dict())
        self.faults.clear()
        self.journal.clear()
        self.callbacks.clear()

    def change_settings(self, values: dict[str, Any]) -> dict[str, Any]:
        with self.store.lock:
            self.settings.change(values)
            self.store.remember("settings", self.settings.as_dict())
            return self.settings.as_dict()

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/control/"):
            return self._control_api.answer(request)
        entry = self.journal.note(request)
        faults = self.faults.take(request)
        pauses = [fault for fault in faults if fault.kind == "latency"]
        ending = next((fault for fault in faults if fault.kind != "latency"), None)
        time.sleep(sum(pause.seconds for pause in pauses if not pause.commit))
        response = self._serve(request, ending)
        time.sleep(sum(pause.seconds for pause in pauses if pause.commit))
        entry["fault"] = ending.kind if ending else (pauses[0].kind if pauses else None)
        entry["status"] = response.status or None
        return response

    def _serve(self, request: Request, ending: Fault | None) -> Response:
        if ending is None:
            return self._commit(request)
        if ending.kind in ("cut", "version"):
            return ending.spoil(self._commit(request))
        if ending.commits:
            self._commit_unwatched(request)
        return ending.response()

    def _commit(self, request: Request) -> Response:
        if request.is_write:
            time.sleep(self.settings.commit_lag_seconds)
        return self.api.answer(request)

    def _commit_unwatched(self, request: Request) -> None:
        """Nobody waits for this answer, so a late commit happens behind their back."""
        lag = self.settings.commit_lag_seconds if request.is_write else 0
        if not lag:
            self.api.answer(request)
            return
        timer = threading.Timer(lag, self.api.answer, [request])
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def close(self) -> None:
        """What was already accepted is committed before the state is closed."""
        for timer in self._late:
            timer.join()
        self.callbacks.close()
        self.store.close()
