"""A server that answers with exactly the bytes, and exactly the manners, that a test asks for."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

Script = Callable[[socket.socket, int], None]


class RawServer:
    """Calls `script(connection, n)` for the n-th request (from 1) once its bytes have come.

    `requests` holds what came, whole. Every connection serves one request.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None):
        self.script, self.tls = script, tls
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://localhost:{self.port}/v3"

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            request = read_request(connection)
            self.requests.append(request)
            self.script(connection, len(self.requests))
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (chunk := connection.recv(65536)):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length and (chunk := connection.recv(65536)):
        body += chunk
    return head + b"\r\n\r\n" + body


def answer(status: int, body: Any = b"", **headers: str) -> bytes:
    """An HTTP answer; a body that is not bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content


def says(*answers: bytes) -> Script:
    """One answer after the other, the last for ever."""
    return lambda connection, n: connection.sendall(answers[min(n, len(answers)) - 1])


def drips(whole: bytes, *, first: int = 0, seconds: float = 0.02) -> Script:
    """The first bytes at once, the rest one by one: no single wait is long, all of them are."""

    def drip(connection: socket.socket, n: int) -> None:
        connection.sendall(whole[:first])
        for byte in whole[first:]:
            time.sleep(seconds)
            connection.sendall(bytes([byte]))

    return drip


def hangs(sent: bytes = b"", seconds: float = 5.0) -> Script:
    """Says this much and then nothing."""

    def hang(connection: socket.socket, n: int) -> None:
        connection.sendall(sent)
        time.sleep(seconds)

    return hang


def resets(sent: bytes = b"") -> Script:
    """Says this much and then breaks the connection."""

    def reset(connection: socket.socket, n: int) -> None:
        connection.sendall(sent)
        time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return reset
