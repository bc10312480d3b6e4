from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import account_named, complaint, read_api_key
from trunks.services.accounts import set_account_key
from trunks.services.errors import Invalid, Refused, Unauthorized, Unavailable


class Command(BaseCommand):
    help = "Changes an account's API key after checking that the new one sees the known trunks"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--api-key-file")

    def handle(self, *args: Any, **options: Any) -> None:
        account = account_named(options["name"])
        try:
            set_account_key(account, read_api_key(options["api_key_file"]), actor=SYSTEM)
        except Invalid as error:
            raise complaint(error) from None
        except (Refused, Unauthorized, Unavailable) as error:
            raise CommandError(f"the key was not changed: {error}") from None
        self.stdout.write("changed")
