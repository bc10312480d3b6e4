import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.services.delivering import drain


class Command(BaseCommand):
    help = "Tries every change that is due, once, and says how many ended in which state"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = drain(at_once=True)
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            self.stdout.write(said or "nothing was due")
