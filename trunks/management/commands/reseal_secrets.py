from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trunks.services.errors import Unreadable
from trunks.services.secrets import reseal_secrets


class Command(BaseCommand):
    help = "Puts every sealed secret under the first of SEALING_KEYS, while reading goes on"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reseal_secrets()
        except Unreadable:
            raise CommandError(
                "a secret is sealed with a key that is not in SEALING_KEYS"
            ) from None
        self.stdout.write(f"{count} secrets sealed anew")
