"""The embedded worker: one process, a few threads, no queue.

Each account is drained and pulled in threads of its own, so that one that is slow or dead holds
back no other, and a long pull no delivery.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from types import TracebackType

from django.db import close_old_connections, connections

from trunks.services.duties import DUTIES
from trunks.services.heartbeats import BEAT_SECONDS, beat, fall_silent
from trunks.services.leases import OWNER
from trunks.services.starting import begin_work
from trunks.services.waking import Work
from trunks.services.working import TICK_SECONDS, find_work, take_turn

log = logging.getLogger("trunks.worker")

DUTY = "duty"
THREADS = {Work.DRAIN: 16, Work.PULL: 8, DUTY: 4}  # made when needed

Job = tuple[str, object]  # what, and for which account


def work(stop: threading.Event) -> None:
    """Run until `stop` is set; then what is under way is finished and nothing new begun."""
    log.info("worker %s started", OWNER)
    with Crew(stop) as crew:
        while not stop.is_set():
            _try(crew.tick)
            stop.wait(TICK_SECONDS)
        log.info("worker %s finishes what is under way: %s", OWNER, crew.doing() or "nothing")
    _try(fall_silent)
    log.info("worker %s stopped", OWNER)


class Crew:
    """The threads of one process: of one account at most one drain and one pull at a time."""

    def __init__(self, stop: threading.Event):
        self._stop = stop
        self._pools = {what: ThreadPoolExecutor(most, what) for what, most in THREADS.items()}
        self._busy: dict[Job, Future[None]] = {}
        self._beaten = time.monotonic()
        self._next_duty: dict[str, float] = {}
        self._has_begun = False

    def __enter__(self) -> "Crew":
        _try(self._begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what is under way; what has no thread yet is left to others."""
        self._stop.set()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        while wait(list(self._busy.values()), timeout=TICK_SECONDS).not_done:
            _try(self._beat)

    def tick(self) -> None:
        """Set the crew to what is due and nobody of it is doing."""
        self._begin()
        self._beat()
        for what, account_id in find_work():
            self._set_to((what, account_id), partial(take_turn, what, account_id, self._goes_on))
        for duty in DUTIES:
            if time.monotonic() >= self._next_duty.get(duty.name, 0.0):
                self._next_duty[duty.name] = time.monotonic() + duty.seconds
                self._set_to((DUTY, duty.name), duty.do)

    def _begin(self) -> None:
        if not self._has_begun:
            begin_work()
            self._has_begun = True

    def doing(self) -> str:
        return ", ".join(sorted(f"{what} {which}" for what, which in list(self._busy)))

    def _set_to(self, job: Job, do: Callable[[], object]) -> None:
        if job in self._busy or self._stop.is_set():
            return
        future = self._pools[job[0]].submit(_in_thread, do)
        self._busy[job] = future
        future.add_done_callback(lambda _: self._busy.pop(job, None))

    def _goes_on(self) -> bool:
        return not self._stop.is_set()

    def _beat(self) -> None:
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            beat(self.doing())
            self._beaten = time.monotonic()


def _in_thread(do: Callable[[], object]) -> None:
    """A thread's connections end with its job: threads come and go, the database counts them."""
    try:
        _try(do)
    finally:
        connections.close_all()


def _try(do: Callable[[], object]) -> None:
    """Nothing that goes wrong with one account, change or duty ends the worker."""
    try:
        do()
    except Exception:
        log.exception("something failed; it is tried again")
        close_old_connections()
