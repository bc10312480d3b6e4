"""The same events, and the same notices, in many hands at once: only a real database can tell."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.services.at_once import ONCE, deliver_and_mail_at_once


def came_of_it_in_a_file(path: str) -> dict[str, object]:
    made = subprocess.run(
        [sys.executable, "-m", "tests.services.at_once"],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
        timeout=120,
    )
    came_of_it: dict[str, object] = json.loads(made.stdout)
    return came_of_it


@pytest.mark.django_db(transaction=True)
def test_what_arrives_at_once_is_kept_once_and_mailed_once(tmp_path, roles):
    if connection.vendor == "sqlite":
        assert came_of_it_in_a_file(f"{tmp_path}/at-once.sqlite3") == ONCE
    else:
        assert deliver_and_mail_at_once() == ONCE
