from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from trunks.services.pruning import prune


class Command(BaseCommand):
    help = (
        "Forgets recorded requests, callbacks, notices and pulls that have had their time, as the"
        " worker does by itself; never a change or a decision"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        total = Counter(gone := prune())
        while any(gone.values()):
            total.update(gone := prune())
        said = ", ".join(f"{count} {name}" for name, count in total.items())
        self.stdout.write(f"forgotten: {said}")
