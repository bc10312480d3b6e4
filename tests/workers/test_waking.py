"""With Celery a worker is woken at once; waking is a hint, and never stands in anybody's way."""

import subprocess
import sys
import uuid

import pytest
import redis
from django.db import transaction

from tests.workers.conftest import REDIS_URL, ROOT, Crowd, all_settled, are_alive, eventually
from trunks.access import actor_of
from trunks.domain.patch import Put
from trunks.models import Account, Trunk
from trunks.services.pulling import request_pull
from trunks.services.waking import Work, wake


@pytest.fixture
def celery_is_set(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "trunkadmin.celery", raising=False)
    settings.TASK_QUEUE, settings.REDIS_URL = "celery", REDIS_URL


@pytest.mark.deep
def test_a_worker_without_a_clock_is_woken_by_the_request_itself(
    needs_redis, crowd: Crowd, celery_is_set, settings, pulled, ask, ada
):
    settings.INSTALLATION = crowd.installation
    crowd.celery(clock=False)
    eventually(lambda: are_alive(1), "it lives")
    ask(Trunk.objects.all()[0], {"rtp_timeout": Put(99)})
    wake(pulled.pk)
    eventually(all_settled, "the change is sent")
    read_at = pulled.pulled_at
    request_pull(pulled, actor=actor_of(ada))
    eventually(lambda: Account.objects.exclude(pulled_at=read_at).exists(), "it is pulled")


def test_nobody_is_woken_for_what_is_not_committed(celery_is_set, transactional_db, monkeypatch):
    sent = []
    monkeypatch.setattr("trunks.services.waking._send", lambda *what: sent.append(what))
    with transaction.atomic():
        wake(1)
        transaction.set_rollback(True)
    assert sent == []
    with transaction.atomic():
        wake(1, Work.PULL)
        assert sent == []
    assert sent == [(Work.PULL, 1)]


def test_a_queue_that_does_not_answer_harms_nobody(
    celery_is_set, settings, transactional_db, caplog
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wake(account_id=uuid.uuid4().int)
    assert "no worker was woken" in caplog.text


def test_the_clock_falls_silent_while_nobody_listens(
    needs_redis, celery_is_set, settings, monkeypatch, caplog
):
    settings.INSTALLATION = f"trunkadmin-{uuid.uuid4().hex}"
    from celery.schedules import schedule

    from trunkadmin.celery import app
    from trunkadmin.clock import MOST_WAITING, Clock

    queue, clock = redis.Redis.from_url(REDIS_URL), Clock(app, lazy=True)
    tick = clock.Entry(name="tick", task="trunks.tasks.tick", schedule=schedule(1.0), app=app)
    for _ in range(MOST_WAITING + 3):
        clock.apply_entry(tick)
    waiting = queue.llen(settings.INSTALLATION)
    queue.delete(settings.INSTALLATION)
    assert waiting == MOST_WAITING
    assert "no worker takes messages" in caplog.text
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    clock.apply_entry(tick)
    assert "the queue does not answer" in caplog.text


def test_nothing_of_celery_is_loaded_where_it_is_not_set():
    ask = "import trunks.services.crew, trunks.api.urls, trunks.web.staff.urls, sys; "
    ask += "print(sorted(m for m in sys.modules if m.split('.')[0] in ('celery', 'kombu')))"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", ask]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
