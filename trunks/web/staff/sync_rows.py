"""Pulls in words: a finished one as a row, a running one as a bar."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from trunks.models import Account, SyncRun
from trunks.templatetags import ui
from trunks.templatetags._words import span_in_words
from trunks.web.staff.rows import Mark
from trunks.web.words import counted, sentence

STATES = {
    SyncRun.State.RUNNING: Mark("Running", "waiting"),
    SyncRun.State.DONE: Mark("Done", "ok"),
    SyncRun.State.FAILED: Mark("Failed", "danger"),
    SyncRun.State.STOPPED: Mark("Stopped", "attention"),
}


def sync_rows(runs: Iterable[SyncRun]) -> list[dict[str, Any]]:
    return [
        {
            "account": run.account.name,
            "url": reverse("staff:account-detail", args=[run.account_id]),
            "at": ui.when(run.started_at),
            "state": STATES[SyncRun.State(run.state)],
            "took": _took(run),
            "seen": counted(run.seen, "trunk"),
            "dids": counted(run.dids_seen, "DID") if run.with_dids else "trunks only",
            "changes": _changes(run),
            "error": sentence(run.error),
            "set_aside": run.set_aside,
        }
        for run in runs
    ]


def _took(run: SyncRun) -> str:
    if run.seconds is None:
        return "still running"
    return f"{run.seconds:.1f} s" if run.seconds < 10 else span_in_words(run.seconds)


def _changes(run: SyncRun) -> str:
    """`2 new, 5 updated, 1 drifted`; a pull that met no difference says so."""
    parts = (
        (run.created, "new"),
        (run.updated, "updated"),
        (run.drifted, "drifted"),
        (run.missing, "gone"),
    )
    return ", ".join(f"{count:,} {word}" for count, word in parts if count) or "no difference"


def progress_of(run: SyncRun) -> dict[str, Any]:
    """How far a running pull is. Trunks come first, then DIDs; each has a bar of its own, since
    how many DIDs there are is known only when their turn comes."""
    total = run.total or 0
    if run.dids_seen:
        return _bar("DIDs", run.dids_seen, total - run.seen)
    return _bar("trunks", run.seen, total)


def _bar(noun: str, done: int, total: int) -> dict[str, Any]:
    if total <= 0:
        return {"value": 0, "max": None, "text": "Asking upstream…", "percent": ""}
    share = min(done * 100 // total, 100)
    text = f"{done:,} of {total:,} {noun}"
    return {"value": min(done, total), "max": total, "text": text, "percent": f"{share} %"}


def pull_state(account: Account, run: SyncRun | None, *, worker: bool) -> dict[str, Any] | None:
    """What an account's pull is at: running, asked for, asked for in vain; None when at rest."""
    if run is not None:
        return {"label": f"Pulling {account.name}", **progress_of(run), "in_vain": False}
    if account.pull_requested_at is None:
        return None
    return {
        "label": f"Waiting for the worker to pull {account.name}",
        "value": 0,
        "max": None,
        "text": "Asked for; the worker begins in a moment.",
        "percent": "",
        "in_vain": not worker,
    }
