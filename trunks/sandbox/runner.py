"""The sandbox as Python code uses it: serves in a thread, and is changed by method calls."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from .control import ABSENT
from .resources import DIDS, TRUNKS
from .server import Server
from .settings import DEFAULT_API_KEY
from .upstream import Upstream


class Sandbox:
    """A served upstream; `with Sandbox() as sandbox:` starts and stops it.

    Port 0 takes a free one. The same `trunks` and `dids` always give the same ids. `state`
    is a file that outlives the sandbox; without one everything is in memory.
    """

    def __init__(
        self,
        port: int = 0,
        api_key: str | None = DEFAULT_API_KEY,
        trunks: int = 0,
        dids: int = 0,
        state: Path | str | None = None,
        callback_secret: str | None = None,
    ) -> None:
        self.upstream = Upstream(
            api_key=api_key, trunks=trunks, dids=dids, state=state, callback_secret=callback_secret
        )
        self._server = Server(self.upstream, port)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v3"

    @property
    def api_key(self) -> str:
        return self.upstream.settings.api_key

    def start(self) -> Sandbox:
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), name="sandbox", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.hang_up()
        self.upstream.close()

    def serve_forever(self) -> None:
        """Serves in the calling thread until interrupted."""
        try:
            self._server.serve_forever(0.1)
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def fault(self, kind: str, **values: Any) -> str:
        """Asks for a fault (see `faults.Fault` for the values); its id."""
        return self.upstream.faults.add({"kind": kind, **values}).id

    def faults(self) -> list[dict[str, Any]]:
        return self.upstream.faults.as_list()

    def clear_faults(self) -> None:
        self.upstream.faults.clear()

    def create_trunk(self, **values: Any) -> dict[str, Any]:
        """A trunk made by someone else, with any attributes (see `control`)."""
        return self.upstream.control.create_trunk(values)

    def change_trunk(self, id_: str, **values: Any) -> dict[str, Any]:
        return self.upstream.control.change_trunk(id_, values)

    def delete_trunk(self, id_: str) -> None:
        self.upstream.control.delete_trunk(id_)

    def regenerate(self, id_: str) -> dict[str, Any]:
        return self.upstream.control.regenerate(id_)

    def trunk(self, id_: str) -> dict[str, Any] | None:
        """`id, type, attributes, meta, dids, emergency_dids, default_did`; None when gone."""
        return self.upstream.control.read(TRUNKS, id_)

    def trunks(self) -> list[dict[str, Any]]:
        return self.upstream.control.read_all(TRUNKS)

    def create_did(self, **values: Any) -> dict[str, Any]:
        return self.upstream.control.create_did(values)

    def change_did(self, id_: str, **values: Any) -> dict[str, Any]:
        return self.upstream.control.change_did(id_, values)

    def delete_did(self, id_: str) -> None:
        self.upstream.control.delete_did(id_)

    def did(self, id_: str) -> dict[str, Any] | None:
        return self.upstream.control.read(DIDS, id_)

    def dids(self) -> list[dict[str, Any]]:
        return self.upstream.control.read_all(DIDS)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """`method, path, query, headers, body, status, fault, time` of each, as they came."""
        return self.upstream.journal.entries()

    def clear_requests(self) -> None:
        self.upstream.journal.clear()

    def send_callback(self, trunk_id: str, **values: Any) -> list[int | None]:
        """Tells something now, right or wrong (see `callbacks.Callbacks.send`): the answers."""
        return self.upstream.control.send_callback(trunk_id, values)

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """`url, events, status` of each delivery, as they went."""
        return self.upstream.callbacks.sent()

    def wait_for_callbacks(self, seconds: float = 10.0) -> bool:
        """Whether everything was taken, or dropped, within so many seconds."""
        return self.upstream.callbacks.wait(seconds)

    def settings(self, **values: Any) -> dict[str, Any]:
        """Changes what is given (see `settings.Settings`); all of them as they are then."""
        return self.upstream.change_settings(values)

    def reset(self, **values: int) -> None:
        self.upstream.reset(**values)


__all__ = ["ABSENT", "Sandbox"]
