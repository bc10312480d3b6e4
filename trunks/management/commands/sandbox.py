"""`manage.py sandbox`: the emulated upstream, a server of its own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.sandbox.command import add_arguments, run


class Command(BaseCommand):
    help = "Serves the emulated upstream under /v3 on 127.0.0.1."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        run(options, say)
