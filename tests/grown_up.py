"""`python -m tests.grown_up [pytest options]`: the verbs again, on PostgreSQL with Redis.

Without either the run is skipped and says so; with REQUIRE_SERVICES=1 that is a failure.
"""

import os
import socket
import sys

import pytest

SERVICES = {"PostgreSQL": 5432, "Redis": 6379}
DATABASE = "postgres://postgres@127.0.0.1:5432/trunkadmin"
CACHE = "redis://127.0.0.1:6379/9"
TESTS = (
    "tests/services",
    "tests/workers",
    "tests/deep",
    "tests/commands",
    "tests/test_doors.py",
    "tests/test_metrics.py",
    "tests/test_restarted_database.py",
)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    silent = [name for name, port in SERVICES.items() if not answers(port)]
    if silent:
        required = bool(os.environ.get("REQUIRE_SERVICES"))
        said = f"{' and '.join(silent)} do not answer on 127.0.0.1"
        sys.stdout.write(f"{'FAILED' if required else 'SKIPPED'} the run on PostgreSQL: {said}\n")
        return int(required)
    sys.stdout.write("The verbs again, on PostgreSQL with Redis:\n")
    sys.stdout.flush()
    os.environ.update(DATABASE_URL=DATABASE, REDIS_URL=CACHE)
    return int(pytest.main([*sys.argv[1:], *TESTS]))


if __name__ == "__main__":
    sys.exit(main())
