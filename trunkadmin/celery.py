"""Celery, where TASK_QUEUE says so: the queue carries wake-ups, the rows hold the truth.

Every message may be lost, late or doubled: tasks find by query what is due. So messages expire
soon, and nothing waits for a result.
"""

import os

from celery import Celery
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trunkadmin.settings")

if settings.TASK_QUEUE != "celery":
    raise ImproperlyConfigured("TASK_QUEUE is not celery: `manage.py worker` is the worker here")

TICK_SECONDS = 1.0
DUTIES_SECONDS = 10.0
EXPIRES_SECONDS = 10.0  # the next tick says it again
WAKES_EVERY = 1  # seconds; a thousand changes wake once

app = Celery("trunkadmin", broker=settings.REDIS_URL, include=["trunks.tasks"])
app.conf.update(
    task_default_queue=settings.INSTALLATION,
    # Values, never code; and nobody reads results.
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A busy worker holds no message back that an idle one could take.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    # Tasks wait for upstream nearly all the time.
    worker_pool="threads",
    worker_concurrency=16,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_timeout=2.0,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_connect_timeout": 2.0},
    beat_scheduler="trunkadmin.clock:Clock",
    beat_schedule={
        "tick": {
            "task": "trunks.tasks.tick",
            "schedule": TICK_SECONDS,
            "options": {"expires": EXPIRES_SECONDS},
        },
        "duties": {
            "task": "trunks.tasks.duties",
            "schedule": DUTIES_SECONDS,
            "options": {"expires": EXPIRES_SECONDS},
        },
    },
)


def ask_for(work: str, account_id: int) -> None:
    """Send a message for an account, unless another has just been sent."""
    if cache.add(f"woken:{work}:{account_id}", 1, timeout=WAKES_EVERY):
        send(work, account_id)


def send(work: str, account_id: int) -> None:
    """Put a message into the queue, or raise at once."""
    app.send_task(f"trunks.tasks.{work}", [account_id], expires=EXPIRES_SECONDS, retry=False)
