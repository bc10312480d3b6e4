"""The doors that belong to nobody's face: `/`, and what monitors ask."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trunks.models import Heartbeat
from trunks.models.clock import database_now

WORKER_SILENT_AFTER = timedelta(seconds=60)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Sends each to their own home."""
    return redirect("staff:overview")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: answers without touching anything."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready to serve: the database answers, is migrated, and a worker has been heard lately.

    200 or 503 with `{"database", "migrations", "worker"}`, each "ok" or what is wrong.
    """
    checks = {"database": _database(), "migrations": "unknown", "worker": "unknown"}
    if checks["database"] == "ok":
        checks["migrations"] = _migrations()
    if checks["migrations"] == "ok":
        checks["worker"] = _worker()
    ready = all(said == "ok" for said in checks.values())
    return JsonResponse(checks, status=200 if ready else 503)


def _database() -> str:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(pending)} to apply" if pending else "ok"


def _worker() -> str:
    last = Heartbeat.objects.order_by("-at").first()
    if last is None:
        return "none running"
    silent = database_now() - last.at
    slow = max(WORKER_SILENT_AFTER, timedelta(seconds=2 * settings.LEASE_SECONDS))
    return "ok" if silent < slow else f"silent for {int(silent.total_seconds())} s"
