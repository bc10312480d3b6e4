"""Accounts in words: their state, their counts, the age of their mirror."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html

from trunks.models import Account, Did, SyncRun, Trunk
from trunks.templatetags import ui
from trunks.templatetags._words import amount_in_words
from trunks.web.staff.rows import Mark
from trunks.web.staff.sync_rows import pull_state
from trunks.web.staff.workers import worker_is_alive
from trunks.web.words import counted, sentence


def account_rows(accounts: Iterable[Account]) -> list[dict[str, Any]]:
    """All accounts with what belongs to them, in a constant number of queries."""
    accounts = list(accounts)
    runs = {run.account_id: run for run in SyncRun.objects.filter(state=SyncRun.State.RUNNING)}
    trunks = _counts(Trunk.objects.present())
    dids = _counts(Did.objects.present())
    asked_for = any(account.pull_requested_at for account in accounts)
    worker = worker_is_alive() if asked_for else True
    return [
        {
            "account": account,
            "name": account.name,
            "url": reverse("staff:account-detail", args=[account.pk]),
            "host": urlsplit(account.base_url).netloc,
            "trunks": counted(trunks.get(account.pk, 0), "trunk"),
            "dids": counted(dids.get(account.pk, 0), "DID"),
            "balance": balance_in_words(account),
            "mirror": read_ago(account.pulled_at),
            "dids_mirror": read_ago(account.dids_pulled_at),
            "age": ui.age(account.pulled_at),
            "pull": (pull := pull_state(account, runs.get(account.pk), worker=worker)),
            "state": account_mark(account, pull),
            "reason": sentence(account.pause_reason),
            "is_question": account.pause == Account.Pause.QUESTION,
        }
        for account in accounts
    ]


def _counts(rows: Any) -> dict[int, int]:
    return dict(rows.order_by().values_list("account").annotate(Count("pk")))


def read_ago(at: datetime | None) -> str:
    """`read 2 min ago`, with the exact instant on hover."""
    return format_html("read {}", ui.ago(at)) if at else "never read"


def balance_in_words(account: Account) -> str:
    return f"{amount_in_words(account.balance)} USD" if account.balance else "not known"


def account_mark(account: Account, pull: dict[str, Any] | None) -> Mark:
    if account.pause == Account.Pause.QUESTION:
        return Mark("Asks a question", "danger")
    if account.is_paused:
        return Mark("Paused", "attention")
    if pull and pull["in_vain"]:
        return Mark("No worker", "attention")
    if pull:
        return Mark(f"Pulling {pull['percent']}".strip(), "waiting")
    if account.pulled_at is None:
        return Mark("Never pulled", "attention")
    return Mark("Active", "ok")


def tombstones_of(account: Account) -> int:
    return account.trunks.aggregate(gone=Count("pk", filter=Q(gone_at__isnull=False)))["gone"]
