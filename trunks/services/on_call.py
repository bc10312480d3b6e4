"""A worker on call: what the messages of a queue set off.

The messages are wake-ups and no more. What keeps two from doing a thing twice are rows and
leases, as for the embedded worker; the places counted here only share the hands out fairly.
"""

import logging
import math
import mmap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

from trunks.services.duties import DUTIES
from trunks.services.heartbeats import BEAT_SECONDS, beat
from trunks.services.starting import begin_work
from trunks.services.waking import Work
from trunks.services.working import find_work, take_turn

log = logging.getLogger("trunks.worker")

DRAINS_AT_ONCE = 4  # of one account, in all processes: the others have their hands free
PLACE_SECONDS = 60  # after so long without a word the place is free again

# Shared with the processes forked later; locks would be inherited in whatever state they are.
_told_to_stop = mmap.mmap(-1, 1)
_beaten = 0.0
_has_begun = False


def begin() -> None:
    """Once a process, before anything else; a message that comes while it fails fails with it."""
    global _has_begun
    if not _has_begun:
        begin_work()
        _has_begun = True


def look_around() -> list[tuple[Work, int]]:
    """What is due, and whose turn it may be."""
    begin()
    _beat("looking around")
    return find_work() if _goes_on() else []


def drain(account_id: int) -> None:
    """A turn at an account's changes, unless enough others are at them."""
    begin()
    with _place(f"drain:{account_id}", DRAINS_AT_ONCE) as place:
        if place:
            _beat(f"drain {account_id}")
            take_turn(Work.DRAIN, account_id, lambda: _goes_on() and _keep(place))


def pull(account_id: int) -> None:
    """Its lease sees to it that there is one at a time."""
    begin()
    _beat(f"pull {account_id}")
    if _goes_on():
        take_turn(Work.PULL, account_id, _goes_on)


def do_duties() -> None:
    """Each at its own interval, whichever worker comes first; one that fails harms no other."""
    begin()
    for duty in DUTIES:
        if cache.add(f"duty:{duty.name}", 1, timeout=math.ceil(duty.seconds)):
            _try(duty.name, duty.do)


def stop() -> None:
    """Begin nothing new, in this process and those it forked."""
    _told_to_stop[0] = 1


def _goes_on() -> bool:
    _beat()
    return not _told_to_stop[0]


def _beat(doing: str = "") -> None:
    """Only those who get messages and carry them out say that they are alive: a queue or a
    clock that stands still shows as well."""
    global _beaten
    if time.monotonic() - _beaten >= BEAT_SECONDS and not _told_to_stop[0]:
        _beaten = time.monotonic()
        beat(doing)


@contextmanager
def _place(name: str, most: int) -> Iterator[str]:
    """The first free place of so many, kept until the end; "" when all are taken."""
    places = [f"{name}:{number}" for number in range(most)]
    place = next((p for p in places if cache.add(p, 1, timeout=PLACE_SECONDS)), "")
    try:
        yield place
    finally:
        if place:
            cache.delete(place)


def _keep(place: str) -> bool:
    cache.touch(place, PLACE_SECONDS)
    return True


def _try(name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except Exception:
        log.exception("%s failed; it is tried again", name)
