"""Celery's clock (`celery beat`)."""

import logging
from typing import Any

from celery.beat import Scheduler
from django.conf import settings
from redis import Redis, RedisError

log = logging.getLogger("trunks.worker")

MOST_WAITING = 100  # messages; workers that live leave a few


class Clock(Scheduler):
    """Keeps no diary: what was due while it was away is found by query. And it says nothing more
    while nobody listens: a day without workers must not fill Redis with what has expired."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        if not _is_heard():
            log.warning("no worker takes messages from the queue: %s is left out", entry.name)
            return
        super().apply_entry(entry, producer=producer)


def _is_heard() -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2.0) as redis:
            return int(redis.llen(settings.INSTALLATION)) < MOST_WAITING
    except RedisError as error:
        log.warning("the queue does not answer: %s", type(error).__name__)
        return False
