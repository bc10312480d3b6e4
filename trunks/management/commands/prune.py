from typing import Any

from django.core.management.base import BaseCommand

from trunks.services.recording import prune_requests


class Command(BaseCommand):
    help = "Forgets recorded requests older than REQUEST_LOG_DAYS, as the worker does by itself"

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while gone := prune_requests():
            total += gone
        self.stdout.write(f"{total} requests forgotten")
