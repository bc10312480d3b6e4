from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import account_named, complaint, customer_named
from trunks.models.token import SCOPES
from trunks.services.errors import Invalid
from trunks.services.tokens import create_token


class Command(BaseCommand):
    help = "Makes a token for a program and prints it, once"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--staff", action="store_true", help="it sees all")
        whose.add_argument("--customer", help="it sees this customer's slice alone")
        parser.add_argument("--account", help="where its creates go")
        parser.add_argument("--scope", action="append", choices=SCOPES, default=[])
        parser.add_argument("--expires", type=int, metavar="DAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        name, customer = options["account"], options["customer"]
        try:
            _, text = create_token(
                options["name"],
                scopes=options["scope"],
                account=account_named(name) if name else None,
                customer=customer_named(customer) if customer else None,
                expires_days=options["expires"],
                actor=SYSTEM,
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(text)
