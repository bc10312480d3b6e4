"""Lists cost a constant number of queries, whatever the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Program
from trunks.models import Change, Trunk
from trunks.models.clock import database_now

TRUNKS = "/voice_out_trunks"


def cost(program: Program, path: str) -> int:
    program.get(path)  # the first use of a token in a minute is noted
    with CaptureQueriesContext(connection) as queries:
        program.get(path)
    return len(queries)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (f"{TRUNKS}?", 4),
        (f"{TRUNKS}?include=dids&", 6),
        (f"{TRUNKS}?include=dids,emergency_dids&", 7),
        (f"{TRUNKS}?sort=name&filter[name_contains]=a&", 4),
        ("/dids?", 4),
        ("/changes?", 4),
    ],
)
def test_twenty_rows_cost_the_queries_of_ten(
    reader: Program, pulled: Any, path: str, most: int
) -> None:
    now = database_now()
    Change.objects.bulk_create(
        Change(
            account=pulled,
            trunk=trunk,
            kind="observed",
            state="observed",
            origin="upstream",
            created_at=now,
            settled_at=now,
        )
        for trunk in Trunk.objects.all()[:20]
    )
    ten, twenty = (cost(reader, f"{path}page[size]={size}") for size in (10, 20))
    assert ten == twenty
    assert ten <= most


def test_one_trunk_with_everything_costs_little(
    reader: Program, pulled: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    trunk = Trunk.objects.order_by("pk")[0]
    path = f"{TRUNKS}/{trunk.pk}?include=dids,emergency_dids"
    reader.get(path)
    with django_assert_max_num_queries(7):
        reader.get(path)
