from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import MEMBER_ROLES, SYSTEM
from trunks.management.reading import complaint, customer_named, read_password
from trunks.services.errors import Invalid
from trunks.services.members import add_member


class Command(BaseCommand):
    help = "Adds a customer's member; the password is read from --password-file or asked for"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--customer", required=True)
        parser.add_argument("--role", required=True, choices=list(MEMBER_ROLES))
        parser.add_argument("--name", default="")
        parser.add_argument("--password-file")

    def handle(self, *args: Any, **options: Any) -> None:
        customer, role = customer_named(options["customer"]), options["role"]
        password = read_password(options["password_file"])
        try:
            member = add_member(
                options["email"], customer, role, password, name=options["name"], actor=SYSTEM
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(f"added {member.user.email} as {role} of {customer}")
