"""What Celery runs: the embedded worker's own work, a line each."""

from typing import Any

from celery.signals import setup_logging, worker_init, worker_shutdown, worker_shutting_down
from django.db import connections

from trunkadmin.celery import app, send
from trunks.services import on_call
from trunks.services.heartbeats import fall_silent


@app.task
def drain(account_id: int) -> None:
    on_call.drain(account_id)


@app.task
def pull(account_id: int) -> None:
    on_call.pull(account_id)


@app.task
def tick() -> None:
    for work, account_id in on_call.look_around():
        send(work, account_id)


@app.task
def duties() -> None:
    on_call.do_duties()


@worker_init.connect
def say_hello(**_: Any) -> None:
    on_call.begin()
    connections.close_all()  # none may be open when it forks


@worker_shutting_down.connect
def begin_nothing_new(**_: Any) -> None:
    on_call.stop()


@worker_shutdown.connect
def say_goodbye(**_: Any) -> None:
    fall_silent()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Django's LOGGING holds here too; whoever listens keeps Celery from setting up its own."""
