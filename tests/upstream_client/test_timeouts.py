"""No request outlives its time, whatever the manners of the other side."""

import contextlib
import socket
import time

import pytest

from tests.upstream_client.conftest import IMPATIENT, KEY
from tests.upstream_client.raw import answer, drips, hangs
from trunks.domain.secrets import Secret
from trunks.upstream.errors import NotSent, OutcomeUnknown, Unavailable
from trunks.upstream.transport import Deadline, Transport

NEVER = Deadline(None)
FINE = answer(200, {"data": []})
HEAD = FINE.index(b"\r\n\r\n") + 4
CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = IMPATIENT.whole + 0.3  # and the thread's own time


@contextlib.contextmanager
def within(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


SLOW = {
    "silent after the request": hangs(),
    "silent after its headers": hangs(FINE[:HEAD]),
    "silent within its body": hangs(FINE[:-3]),
    "dripping its status line": drips(FINE),
    "dripping its headers": drips(FINE + b" " * 200, first=20),
    "dripping a header without end": drips(b"HTTP/1.1 200 X\r\nX: " + b"x" * 900, first=20),
    "dripping its body": drips(answer(200, b" " * 500 + b"{}"), first=HEAD),
    "dripping a body without length": drips(b"HTTP/1.1 200 X\r\n\r\n" + b" " * 500, first=18),
    "dripping chunks": drips(CHUNKED + b"1\r\n \r\n" * 200, first=len(CHUNKED)),
    "dripping the size of a chunk": drips(CHUNKED + b"1;" + b"x" * 500, first=len(CHUNKED)),
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_a_write_to_a_slow_upstream_ends_in_time_with_its_outcome_unknown(upstream, script):
    with within(WHOLE), pytest.raises(OutcomeUnknown):
        upstream(script).write("POST", "/x", {}, NEVER)


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_a_read_from_a_slow_upstream_ends_by_the_deadline(upstream, script):
    with within(0.8), pytest.raises(Unavailable):
        upstream(script).read("/x", {}, Deadline(0.4))


def test_a_slow_answer_within_the_time_is_an_answer(upstream):
    assert upstream(drips(FINE, first=len(FINE) - 4)).read("/x", {}, NEVER).document == {"data": []}


def test_a_connection_that_is_not_taken_was_never_sent(connect):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with contextlib.ExitStack() as stack:
            for _ in range(4):  # the queue of the server is full from here on
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            transport = connect(f"http://127.0.0.1:{port}/v3")
            with within(1.0), pytest.raises(NotSent):
                transport.write("POST", "/x", {}, NEVER)


def test_nothing_leaves_when_the_time_is_over(raw, connect):
    server = raw(hangs())
    with pytest.raises(NotSent):
        connect(server.url).write("POST", "/x", {}, Deadline(0.0))
    with pytest.raises(NotSent):
        connect(server.url).read("/x", {}, Deadline(0.0))
    assert server.requests == []


def test_nothing_leaves_when_its_turn_comes_after_the_deadline(raw):
    server = raw(hangs())
    transport = Transport(server.url, Secret(KEY), timeouts=IMPATIENT, pace=lambda: 0.5)
    with within(0.3), pytest.raises(NotSent):
        transport.write("POST", "/x", {}, Deadline(0.4))
    assert server.requests == []


def test_nothing_leaves_when_renewing_the_lease_took_all_the_time(raw, connect):
    server = raw(hangs())
    transport = connect(server.url)
    transport.before_send = lambda: time.sleep(0.1)
    with pytest.raises(NotSent):
        transport.write("POST", "/x", {}, Deadline(0.08))
    assert server.requests == []


def test_a_slot_that_a_busy_machine_missed_is_given_up_for_another(raw):
    server = raw(lambda connection, n: connection.sendall(answer(200, {"data": []})))
    booked, renewals = [], iter([0.2, 0.2, 0.0])

    def book() -> float:
        booked.append(time.monotonic())
        return 0.0

    transport = Transport(
        server.url,
        Secret(KEY),
        timeouts=IMPATIENT,
        pace=book,
        before_send=lambda: time.sleep(next(renewals)),
    )
    transport.read("/x", {}, NEVER)
    assert len(booked) == 3
    assert len(server.requests) == 1
    transport.before_send = lambda: time.sleep(0.2)
    transport.read("/x", {}, NEVER)
    assert len(booked) == 6, "a machine that is always late still sends"
    assert len(server.requests) == 2
    transport.close()


def test_a_read_does_not_wait_longer_between_tries_than_it_has_time(raw, connect):
    server = raw(lambda connection, n: connection.sendall(answer(429, {}, Retry_After="1")))
    with within(0.5), pytest.raises(NotSent) as caught:
        connect(server.url).read("/x", {}, Deadline(0.9))
    assert caught.value.retry_after == 1.0
    assert len(server.requests) == 1


def test_a_read_asked_to_wait_for_minutes_leaves_that_to_its_caller(raw, connect):
    server = raw(lambda connection, n: connection.sendall(answer(429, {}, Retry_After="600")))
    with within(0.5), pytest.raises(Unavailable):
        connect(server.url).read("/x", {}, NEVER)


def test_a_deadline_counts_down_to_zero_and_no_further():
    assert Deadline(None).remaining(5.0) == 5.0
    assert not Deadline(None).is_over
    assert 0.0 < Deadline(1.0).remaining(5.0) <= 1.0
    assert Deadline(-1.0).remaining(5.0) == 0.0
    assert Deadline(0.0).is_over
