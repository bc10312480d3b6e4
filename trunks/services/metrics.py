"""What /metrics says, in Prometheus' own format.

All of it is read from the database when it is asked for, in a constant number of queries: whichever
process is asked says the same, and none of them counts for itself. Labels are ids and words of
ours, never the name of a customer or a trunk.
"""

import platform
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from trunks.models import (
    Account,
    Batch,
    Change,
    Heartbeat,
    Notice,
    SyncRun,
    Tally,
    Trunk,
)
from trunks.models.change import SENDABLE
from trunks.models.clock import database_now
from trunks.services.callback_events import RECEIVED
from trunks.services.metric_families import Moment, Rows, counter, gauge, plain
from trunks.services.recording import MILLISECONDS, REQUESTS
from trunks.services.tallying import labels_of

Families = Iterator[Metric]


def scrape() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Database())
    return generate_latest(registry)


class _Database(Collector):
    def collect(self) -> Iterable[Metric]:
        accounts = Account.objects.order_by("pk").values_list("pk", flat=True)
        moment = Moment(database_now(), tuple(accounts))
        for part in PARTS:
            yield from part(moment)


def _build(at: Moment) -> Families:
    info = {
        "version": version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": connection.vendor,
    }
    yield InfoMetricFamily("trunkadmin_build", "What runs here", info)


@lru_cache(maxsize=1)
def version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _requests(at: Moment) -> Families:
    names = ("account", "method", "outcome")
    requests = CounterMetricFamily(
        "trunkadmin_upstream_requests", "Requests that left for the upstream", labels=names
    )
    seconds = SummaryMetricFamily(
        "trunkadmin_upstream_request_seconds", "How long upstream took", labels=names[:2]
    )
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    sums: dict[tuple[str, str], int] = {}
    for tally in Tally.objects.filter(name__in=(REQUESTS, MILLISECONDS)).order_by("labels"):
        labels = labels_of(tally.labels)
        which = labels["account"], labels["method"]
        if tally.name == MILLISECONDS:
            sums[which] = tally.count
        else:
            requests.add_metric([*which, labels["outcome"]], tally.count)
            counts[which] += tally.count
    for which, count in counts.items():
        seconds.add_metric(which, count, sums.get(which, 0) / 1000)
    yield from (requests, seconds)


def _changes(at: Moment) -> Families:
    changes = GaugeMetricFamily(
        "trunkadmin_changes", "Changes there are", labels=["state", "origin"]
    )
    counted = Change.objects.order_by().values_list("state", "origin").annotate(n=Count("*"))
    for state, origin, count in counted.order_by("state", "origin"):
        changes.add_metric([state, origin], count)
    yield changes


def _outbox(at: Moment) -> Families:
    """What is on its way, by account; an account without any says 0."""
    waits = Q(state=Change.State.PENDING) & SENDABLE
    unknown = Q(state=Change.State.DELIVERING, sent_at__isnull=False)
    rows = at.by_account(
        Change.objects.unsettled(),
        waiting=Count("pk", filter=waits),
        oldest=Min("submitted_at", filter=waits),
        unknown=Count("pk", filter=unknown),
        quarantined=Count("pk", filter=Q(quarantined_at__isnull=False)),
        held=Count("pk", filter=Q(held_at__isnull=False)),
    )
    yield gauge("changes_waiting", "Changes that wait for upstream", rows, "waiting")
    oldest = {pk: {"age": at.since(row.get("oldest")) or 0} for pk, row in rows.items()}
    yield gauge("oldest_waiting_seconds", "How long the oldest of them waits", oldest, "age")
    yield gauge("changes_outcome_unknown", "Sent, and not known what became", rows, "unknown")
    yield gauge("changes_quarantined", "In doubt: a person decides", rows, "quarantined")
    yield gauge("changes_held", "Held back: a person lets them go on", rows, "held")


def _undecided(at: Moment) -> Families:
    conflicts = Count("pk", filter=Q(state=Change.State.CONFLICTED))
    drift = Count("pk", filter=Q(state=Change.State.OBSERVED))
    rows = at.by_account(Change.objects.undecided(), conflicts=conflicts, drift=drift)
    yield gauge("conflicts_undecided", "Conflicts nobody has decided", rows, "conflicts")
    yield gauge("drift_undecided", "Drift nobody has decided", rows, "drift")


def _accounts(at: Moment) -> Families:
    done = SyncRun.objects.filter(account=OuterRef("pk"), state=SyncRun.State.DONE)
    latest = done.order_by("-started_at")
    accounts = Account.objects.order_by("pk").annotate(
        took=Subquery(latest.annotate(took=F("finished_at") - F("started_at")).values("took")[:1])
    )
    info = GaugeMetricFamily(
        "trunkadmin_account_info", "The name behind the id", labels=["account", "name"]
    )
    paused = GaugeMetricFamily(
        "trunkadmin_account_paused", "1 while it is paused", labels=["account", "pause"]
    )
    rows: Rows = {}
    for account in accounts:
        info.add_metric([str(account.pk), account.name], 1)
        for pause in (Account.Pause.TROUBLE, Account.Pause.QUESTION):
            paused.add_metric([str(account.pk), pause], float(account.pause == pause))
        took = account.took.total_seconds() if account.took is not None else None
        refused = account.callbacks_refused
        rows[account.pk] = {"age": at.since(account.pulled_at), "took": took, "refused": refused}
    yield from (info, paused)
    yield gauge("pull_age_seconds", "Since the last complete pull began", rows, "age")
    yield gauge("pull_seconds", "How long the last good pull took", rows, "took")
    yield counter("callbacks_refused", "Callbacks without a good signature", rows, "refused")


def _mirror(at: Moment) -> Families:
    gone = Q(gone_at__isnull=False)
    trunks = Trunk.objects.all()
    rows = at.by_account(trunks, here=Count("pk", filter=~gone), gone=Count("pk", filter=gone))
    yield gauge("trunks", "Trunks upstream has", rows, "here")
    yield gauge("tombstones", "Trunks upstream no longer has", rows, "gone")
    tallies = Tally.objects.filter(name=RECEIVED).values_list("labels", "count")
    received = {labels_of(labels)["account"]: count for labels, count in tallies}
    callbacks: Rows = {pk: {"received": received.get(str(pk), 0)} for pk in at.accounts}
    yield counter("callbacks_received", "Callbacks stored, each once", callbacks, "received")


def _machinery(at: Moment) -> Families:
    heard = Heartbeat.objects.aggregate(
        alive=Count("pk", filter=Q(pk__in=Heartbeat.objects.heard(at.now))),
        silent=Count("pk", filter=Q(pk__in=Heartbeat.objects.silent(at.now))),
        last=Max("at"),
    )
    yield plain("workers", "Workers heard lately", heard["alive"])
    yield plain("workers_silent", "Workers that ended without a word", heard["silent"])
    if heard["last"]:
        age = at.since(heard["last"])
        yield plain("heartbeat_age_seconds", "Since any worker was heard", age)
    under_way = Batch.objects.under_way().aggregate(
        running=Count("pk", filter=Q(state=Batch.State.RUNNING)),
        paused=Count("pk", filter=Q(state=Batch.State.PAUSED)),
    )
    batches = GaugeMetricFamily("trunkadmin_batches", "Batches under way", labels=["state"])
    for state, count in under_way.items():
        batches.add_metric([state], count)
    yield batches
    unmailed = Notice.objects.filter(next_mail_at__isnull=False).count()
    yield plain("notices_unmailed", "Notices whose e-mail is still to be sent", unmailed)


PARTS: tuple[Callable[[Moment], Families], ...] = (
    _build,
    _requests,
    _changes,
    _outbox,
    _undecided,
    _accounts,
    _mirror,
    _machinery,
)
