import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from trunks.services.working import work


class Command(BaseCommand):
    help = "The background process: scheduled pulls and changes not yet sent. Stops on SIGTERM"

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        work(stop)
