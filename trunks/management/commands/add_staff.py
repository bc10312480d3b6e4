from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trunks.domain.actor import STAFF_ROLES, SYSTEM
from trunks.management.reading import complaint, read_password
from trunks.services.errors import Invalid
from trunks.services.staff import add_staff


class Command(BaseCommand):
    help = "Adds a member of staff; the password is read from --password-file or asked for"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=list(STAFF_ROLES))
        parser.add_argument("--name", default="")
        parser.add_argument("--password-file")

    def handle(self, *args: Any, **options: Any) -> None:
        password = read_password(options["password_file"])
        try:
            user = add_staff(
                options["email"], options["role"], password, name=options["name"], actor=SYSTEM
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(f"added {user.email} as {options['role']}")
