"""The doors that belong to nobody's face: `/`, and what monitors ask."""

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Heartbeat
from trunks.models.clock import database_now
from trunks.web.insiders import is_insider


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Sends each to their own home."""
    if access.is_staff(request.user):
        return redirect("staff:overview")
    if access.membership_of(request.user):
        return redirect("portal:home")
    return render(request, "account/nobody.html", status=403)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: answers without touching anything."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready to serve: the database answers, is migrated, and every worker is heard.

    200 or 503 with `{"database", "migrations", "worker"}`, each "ok" or what is wrong. A dead
    worker's name, which holds its host's, is told on this machine and to who knows the token.
    """
    checks = {"database": _database(), "migrations": "unknown", "worker": "unknown"}
    if checks["database"] == "ok":
        checks["migrations"] = _migrations()
    if checks["migrations"] == "ok":
        checks["worker"] = _worker(named=is_insider(request))
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


def _worker(*, named: bool) -> str:
    now = database_now()
    silent = list(Heartbeat.objects.silent(now).order_by("-at"))
    if not silent:
        return "ok" if Heartbeat.objects.exists() else "none running"
    said = [f"silent for {int((now - beat.at).total_seconds())} s" for beat in silent]
    names = [f"{beat.name} {words}" for beat, words in zip(silent, said, strict=True)]
    return "; ".join(names) if named else said[0]
