"""Requests to an account are spaced evenly, whoever sends them: web, worker, command."""

from django.conf import settings
from django.db import connection

# Seconds since 1970 by the database's clock, and the later of two numbers, in each dialect.
DIALECTS = {
    "sqlite": ("(julianday('now') - 2440587.5) * 86400.0", "MAX"),
    "postgresql": ("EXTRACT(EPOCH FROM clock_timestamp())::float8", "GREATEST"),
}


def reserve_slot(account_id: int) -> float:
    """Reserve the account's next slot, atomically, and return the seconds to wait for it."""
    now, later = DIALECTS[connection.vendor]
    gap = 1.0 / settings.UPSTREAM_REQUESTS_PER_SECOND
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE trunks_account SET next_request_at = {later}(next_request_at, {now}) + %s"  # noqa: S608  both come from the table above
            f" WHERE id = %s RETURNING next_request_at - {now}",
            [gap, account_id],
        )
        row = cursor.fetchone()
    return max(0.0, row[0] - gap) if row else 0.0
