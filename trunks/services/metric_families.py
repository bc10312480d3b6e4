"""Families of metrics with one value an account, or one in all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Rows = dict[int, dict[str, Any]]  # by account


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is asked, and which accounts there are then."""

    now: datetime
    accounts: tuple[int, ...]

    def since(self, at: datetime | None) -> float | None:
        """Seconds."""
        return None if at is None else max(0.0, (self.now - at).total_seconds())

    def by_account(self, rows: "QuerySet[Any]", **counts: Any) -> Rows:
        """One query; an account without rows has 0 of them."""
        counted = rows.order_by().values("account_id").annotate(**counts)
        found = {row["account_id"]: row for row in counted}
        none = {name: None if isinstance(count, Min) else 0 for name, count in counts.items()}
        return {pk: found.get(pk, none) for pk in self.accounts}


def gauge(name: str, text: str, rows: Rows, key: str) -> Metric:
    return _filled(GaugeMetricFamily(f"trunkadmin_{name}", text, labels=["account"]), rows, key)


def counter(name: str, text: str, rows: Rows, key: str) -> Metric:
    return _filled(CounterMetricFamily(f"trunkadmin_{name}", text, labels=["account"]), rows, key)


def _filled(family: Any, rows: Rows, key: str) -> Metric:
    """What is not known is left out, never 0."""
    for pk, row in rows.items():
        if (value := row[key]) is not None:
            family.add_metric([str(pk)], value)
    filled: Metric = family
    return filled


def plain(name: str, text: str, value: float | None) -> Metric:
    return GaugeMetricFamily(f"trunkadmin_{name}", text, value=value)
