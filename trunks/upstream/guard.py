"""Connections under guard: cut when a request's time is over, and asked whether it ever left.

A socket's timeout bounds each single wait, never their sum: an answer that comes byte by byte
would hold its caller for hours.
"""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_here = threading.local()  # .guard: that of the request this thread is making


class Guard:
    """Watches over the one request made by this thread within its `with` block."""

    def __init__(self, seconds: float):
        self.has_left = False  # whether upstream can have seen any of the request
        self._socket: socket.socket | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Guard":
        _here.guard = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _here.guard = None
        with self._lock:
            self._socket = None  # from here on it may serve another request

    def leaves_by(self, used: socket.socket) -> None:
        with self._lock:
            self._socket, self.has_left = used, True
            if self._is_over:
                _hang_up(used)

    def _cut(self) -> None:
        with self._lock:
            self._is_over = True
            if self._socket is not None:
                _hang_up(self._socket)


def _hang_up(used: socket.socket) -> None:
    """Whoever waits for it reads its end. TLS is passed over: its state belongs to the reader."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(used, socket.SHUT_RDWR)


def _leaves(connection: HTTPConnection) -> None:
    if connection.sock is None:
        connection.connect()
    guard: Guard | None = getattr(_here, "guard", None)
    if guard is not None and connection.sock is not None:
        guard.leaves_by(connection.sock)


class _PlainConnection(HTTPConnection):
    def send(self, data: Any) -> None:
        _leaves(self)
        super().send(data)


class _TlsConnection(HTTPSConnection):
    def send(self, data: Any) -> None:
        _leaves(self)
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class GuardedAdapter(HTTPAdapter):
    """Requests through it answer to the `Guard` of their thread."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
