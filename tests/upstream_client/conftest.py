"""A transport to wherever a test wants, as impatient as a test is."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.upstream_client.raw import RawServer, Script
from trunks.domain.secrets import Secret
from trunks.upstream import transport as module
from trunks.upstream.client import Client
from trunks.upstream.transport import Timeouts, Transport

KEY = "sk-very-secret-key"
IMPATIENT = Timeouts(connect=0.3, read=0.3)
Connect = Callable[..., Transport]


@pytest.fixture(autouse=True)
def no_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries at once, unless upstream asked for a wait."""
    monkeypatch.setattr(module, "_backoff", lambda attempt: 0.0)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(url)` → a transport, closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(
            url: str, key: str = KEY, timeouts: Timeouts = IMPATIENT, **options: Any
        ) -> Transport:
            transport = Transport(url, Secret(key), timeouts=timeouts, pace=lambda: 0.0, **options)
            stack.callback(transport.close)
            return transport

        yield make


@pytest.fixture
def raw() -> Iterator[Callable[..., RawServer]]:
    """`raw(script)` → a running server."""
    with contextlib.ExitStack() as stack:
        yield lambda script, **options: stack.enter_context(RawServer(script, **options))


@pytest.fixture
def upstream(connect: Connect, raw: Callable[[Script], RawServer]) -> Callable[[Script], Transport]:
    """`upstream(script)` → a transport to a server that behaves like that."""
    return lambda script: connect(raw(script).url)


@pytest.fixture
def client(connect: Connect, sandbox) -> Client:
    """A client of the sandbox."""
    return Client(connect(sandbox.url, sandbox.api_key, Timeouts()))
