from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import complaint, read_api_key, read_secret_file
from trunks.services.accounts import add_account
from trunks.services.errors import Invalid


class Command(BaseCommand):
    help = "Adds an upstream account and prints its id. The key: --api-key-file or UPSTREAM_API_KEY"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--api-key-file")
        parser.add_argument("--callback-secret-file")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["callback_secret_file"]
        try:
            account = add_account(
                options["name"],
                options["base_url"],
                read_api_key(options["api_key_file"]),
                callback_secret=read_secret_file(path) if path else None,
                actor=SYSTEM,
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(str(account.pk))
