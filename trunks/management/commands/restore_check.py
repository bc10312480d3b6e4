import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from trunks.domain.actor import SYSTEM
from trunks.services.restoring import Held, hold_unsettled, sealed_otherwise


class Command(BaseCommand):
    help = (
        "After the database was restored, before anything is started: puts every unsettled change"
        " on hold for a person, so that yesterday's outbox does not act today. Exit status 1 when"
        " SEALING_KEYS does not open an account's key"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        held, sealed = hold_unsettled(actor=SYSTEM), sealed_otherwise()
        say = _as_json if options["json"] else _in_words
        self.stdout.write(say(held, sealed))
        if sealed:
            sys.exit(1)


def _as_json(held: Held, sealed: list[str]) -> str:
    at = held.last_sign_of_life
    return json.dumps(
        {
            "last_sign_of_life": at and at.isoformat(),
            "held": sum(held.now.values()),
            "held_before": sum(held.before.values()),
            "batches_paused": held.batches,
            "mails_dropped": held.mails,
            "accounts": {
                name: {"held": held.now.get(name, 0), "held_before": held.before.get(name, 0)}
                for name in _names(held)
            },
            "sealed_with_other_keys": sealed,
        }
    )


def _in_words(held: Held, sealed: list[str]) -> str:
    at = held.last_sign_of_life
    lines = [f"last sign of life in this database: {at:%Y-%m-%d %H:%M:%S} UTC" if at else "empty"]
    for name in _names(held):
        before = held.before.get(name, 0)
        lines.append(f"{name}: {held.now.get(name, 0)} held" + f", {before} before" * bool(before))
    if held.batches:
        lines.append(f"batches paused: {held.batches}")
    if held.mails:
        lines.append(f"notices that are not mailed any more: {held.mails}")
    if _names(held):
        inbox = f"{settings.PUBLIC_URL}{reverse('staff:inbox')}?kind=held"
        lines.append(f"each waits for a person: {inbox}")
    else:
        lines.append("nothing was on its way: nothing to hold")
    lines += [f"{name}: no key in SEALING_KEYS opens its API key" for name in sealed]
    return "\n".join(lines)


def _names(held: Held) -> list[str]:
    return sorted({*held.now, *held.before})
