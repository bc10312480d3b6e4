"""The one clock that decides: the database's."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Func
from django.db.models.functions import Now
from django.utils import timezone


class ClockNow(Now):
    """Now, also inside a long transaction (PostgreSQL's NOW() stands still there)."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return Func.as_sql(self, compiler, connection, template="CLOCK_TIMESTAMP()", **extra)


def database_now() -> datetime:
    """The instant by the database's clock, aware, in UTC."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
            text = cursor.fetchone()[0]
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
        return instant.astimezone(timezone.get_default_timezone())
