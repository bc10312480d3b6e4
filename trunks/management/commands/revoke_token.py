from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import complaint
from trunks.services.errors import Invalid
from trunks.services.tokens import revoke_token


class Command(BaseCommand):
    help = "Ends a token at once"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key_id", help="the middle part of its text: ta_KEYID_…")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token = revoke_token(options["key_id"], actor=SYSTEM)
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(f"revoked {token}")
