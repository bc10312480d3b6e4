"""The HTTP server around the upstream: kept connections, one write an answer."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .messages import Request, Response
from .upstream import Upstream

_MOST_BODY_BYTES = 10_000_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection(BaseHTTPRequestHandler):
    """One kept connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def _serve(self) -> None:
        started = time.perf_counter()
        if "Transfer-Encoding" in self.headers:
            self.send_error(411)
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MOST_BODY_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        response = self.server.upstream.handle(request)
        self._send(response, time.perf_counter() - started)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _serve

    def _send(self, response: Response, seconds: float) -> None:
        if response.ending == "rst":
            linger = (socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.connection.setsockopt(*linger)
        if response.ending != "answer":
            self.close_connection = True
        if response.ending == "rst":
            # Closed here and now: an orderly shutdown would say goodbye first.
            self.rfile.close()
            self.connection.close()
        if response.ending in ("rst", "fin"):
            return
        body = b"" if self.command == "HEAD" else response.body
        if response.ending == "cut":
            body = body[: len(body) // 2]
        self.wfile.write(response.head(seconds) + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the journal; the terminal stays quiet."""


class Server(ThreadingHTTPServer):
    """Serves one upstream on 127.0.0.1."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, upstream: Upstream, port: int) -> None:
        self.upstream = upstream
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Connection)

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Closes every kept connection, as a server that goes down does."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
