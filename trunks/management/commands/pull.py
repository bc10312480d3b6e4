import json
import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from trunks.management.reading import account_named
from trunks.models import Account, SyncRun
from trunks.services.pulling import pull

COUNTS = ("seen", "created", "updated", "drifted", "missing")


class Command(BaseCommand):
    help = "Mirrors every account, or one: trunks and DIDs. Exit status 1 when one failed"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="NAME")
        parser.add_argument("--json", action="store_true", help="one JSON object per account")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["account"]
        accounts = [account_named(name)] if name else list(Account.objects.order_by("name"))
        runs = [self._pull(account, options["json"]) for account in accounts]
        if any(run.state != SyncRun.State.DONE for run in runs):
            sys.exit(1)

    def _pull(self, account: Account, as_json: bool) -> SyncRun:
        bar = None if as_json or not self.stdout.isatty() else tqdm(desc=account.name, unit="")
        run = pull(account, progress=_on(bar))
        if bar is not None:
            bar.close()
        self.stdout.write(json.dumps(_summary(run)) if as_json else _sentence(run))
        for odd in [] if as_json else run.set_aside:
            self.stdout.write(f"  set aside {odd['id']}: {odd['reason']}")
        return run


def _on(bar: "tqdm[Any] | None") -> Callable[[SyncRun], None]:
    def progress(run: SyncRun) -> None:
        if bar is not None:
            bar.total = run.total
            bar.update(run.done - bar.n)

    return progress


def _summary(run: SyncRun) -> dict[str, Any]:
    counts = {name: getattr(run, name) for name in COUNTS}
    return {
        "account": run.account.name,
        "state": run.state,
        **counts,
        "seconds": run.seconds,
        "error": run.error or None,
        "set_aside": len(run.set_aside),
    }


def _sentence(run: SyncRun) -> str:
    if run.state != SyncRun.State.DONE:
        return f"{run.account}: {run.state}: {run.error}"
    counts = ", ".join(f"{getattr(run, name)} {name}" for name in COUNTS)
    return f"{run.account}: {counts}, {run.dids_seen} DIDs in {run.seconds} s"
