"""Many people deciding one thing in one instant: only a real database can tell who was first."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.services.deciding_at_once import ONCE, decide_at_once


def came_of_it_in_a_file(path: str) -> dict[str, int]:
    made = subprocess.run(
        [sys.executable, "-m", "tests.services.deciding_at_once"],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
        timeout=120,
    )
    came_of_it: dict[str, int] = json.loads(made.stdout)
    return came_of_it


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_one_has_decided(tmp_path):
    if connection.vendor == "sqlite":
        assert came_of_it_in_a_file(f"{tmp_path}/at-once.sqlite3") == ONCE
    else:
        assert decide_at_once() == ONCE
