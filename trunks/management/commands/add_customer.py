from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import account_named, complaint
from trunks.services.customers import add_customer
from trunks.services.errors import Invalid


class Command(BaseCommand):
    help = "Adds a customer, to whom trunks can be lent"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--account", help="where its creates go, if there are several")
        parser.add_argument("--name-prefix", default="", help="what its trunks' names begin with")

    def handle(self, *args: Any, **options: Any) -> None:
        account = options["account"]
        try:
            customer = add_customer(
                options["name"],
                account=account_named(account) if account else None,
                name_prefix=options["name_prefix"],
                actor=SYSTEM,
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(f"added {customer}")
