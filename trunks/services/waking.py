"""Waking a worker at once. Only ever a hint: what is due is found by query, woken or not."""

import logging
from enum import StrEnum
from functools import partial

from django.conf import settings
from django.db import transaction

log = logging.getLogger("trunks.worker")


class Work(StrEnum):
    """What a worker does for an account."""

    DRAIN = "drain"
    PULL = "pull"


def wake(account_id: int, work: Work = Work.DRAIN) -> None:
    """Once what is being written is committed, let a worker look at the account.

    The embedded worker looks by itself every second; Celery gets a message.
    """
    if settings.TASK_QUEUE == "celery":
        transaction.on_commit(partial(_send, work, account_id), robust=True)


def _send(work: Work, account_id: int) -> None:
    """A queue that does not answer takes nothing from what was asked for: the next tick sees it."""
    from trunkadmin.celery import ask_for  # only where it is in use

    try:
        ask_for(work, account_id)
    except Exception as error:
        log.warning("no worker was woken: %s", type(error).__name__)
