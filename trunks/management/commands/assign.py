from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trunks.domain.actor import SYSTEM
from trunks.management.reading import complaint, customer_named
from trunks.models import Trunk
from trunks.services.assigning import Assignment, assign, preview
from trunks.services.errors import Invalid


class Command(BaseCommand):
    help = "Gives trunks, and their DIDs that no one has, to a customer; --none takes them back"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("trunks", nargs="+", type=UUID, metavar="TRUNK_ID")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--customer")
        whose.add_argument("--none", action="store_true", help="take them back")
        parser.add_argument(
            "--credentials",
            choices=["new", "kept"],
            help="of trunks that another customer had: make them new, or keep them all the same",
        )
        parser.add_argument("--reason", default="")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would do")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = customer_named(options["customer"]) if options["customer"] else None
        trunks = list(Trunk.objects.present().filter(pk__in=options["trunks"]))
        unknown = set(options["trunks"]) - {trunk.pk for trunk in trunks}
        if unknown:
            raise CommandError(f"no such trunks: {', '.join(sorted(map(str, unknown)))}")
        for line in _lines(preview(trunks, customer)):
            self.stdout.write(line)
        if options["dry_run"]:
            return
        try:
            done = assign(
                trunks,
                customer,
                actor=SYSTEM,
                credentials=options["credentials"],
                reason=options["reason"],
            )
        except Invalid as error:
            raise complaint(error) from None
        self.stdout.write(f"{len(done.trunks)} trunks moved")
        if done.regenerated:
            self.stdout.write(f"{len(done.regenerated)} wait for new credentials: see deliver")


def _lines(plan: Assignment) -> list[str]:
    told = {
        "shared with another customer": plan.shared,
        "come along": plan.taken,
        "will be nobody's": plan.freed,
        "stay another customer's": plan.foreign,
    }
    return [f"{', '.join(map(str, dids))}: {words}" for words, dids in told.items() if dids]
