import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from trunks.services.crew import work


class Command(BaseCommand):
    help = (
        "The background process: pulls, and changes not yet sent. Any number may run, on any "
        "number of machines. SIGTERM lets it finish what it has begun"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        work(stop)
