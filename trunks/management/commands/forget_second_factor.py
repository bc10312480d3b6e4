from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.models import User
from trunks.services.second_factors import forget_second_factor


class Command(BaseCommand):
    help = "Takes a lost second factor away, and signs the person out everywhere"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError("nobody is known by this e-mail address")
        had_one = forget_second_factor(user, actor=SYSTEM)
        self.stdout.write("forgotten: the password alone signs in" if had_one else "there was none")
