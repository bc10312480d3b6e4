"""Counts that only grow, whoever counts: one statement, atomic on both databases."""

from collections.abc import Mapping, Sequence

from django.db import connection

from trunks.models import Tally

Count = tuple[str, Mapping[str, str], int]  # name, labels, how many more


def add_to_tallies(counts: Sequence[Count]) -> None:
    """Add to each; rows are locked in one order, so that two who count never wait in a circle."""
    rows = sorted((name, labels_text(labels), more) for name, labels, more in counts)
    places = ", ".join(["(%s, %s, %s)"] * len(rows))
    table = connection.ops.quote_name(Tally._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (name, labels, count) VALUES {places}"  # noqa: S608  no input in it
            f" ON CONFLICT (name, labels) DO UPDATE SET count = {table}.count + excluded.count",
            [value for row in rows for value in row],
        )


def labels_text(labels: Mapping[str, str]) -> str:
    """`name="value",…`, sorted by name. Values are ours: words and numbers, never upstream's."""
    return ",".join(f'{name}="{labels[name]}"' for name in sorted(labels))


def labels_of(text: str) -> dict[str, str]:
    """What `labels_text` wrote."""
    parts = (part.split("=", 1) for part in text.split(",") if part)
    return {name: value.strip('"') for name, value in parts}
