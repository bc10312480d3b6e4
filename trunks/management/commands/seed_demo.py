from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM, Actor
from trunks.domain.patch import Edit, Patch, Put
from trunks.domain.secrets import Secret
from trunks.domain.units import SIP_IPS
from trunks.management.demo_callbacks import begin_callbacks
from trunks.management.demo_data import (
    ACCOUNT,
    CUSTOMERS,
    MEMBERS,
    MEMBERS_OF,
    STAFF,
    Person,
)
from trunks.management.demo_upstream import someone_else
from trunks.models import Account, Change, Customer, SyncRun, Trunk, User
from trunks.services.accounts import add_account
from trunks.services.assigning import Rule, assign, trunks_by_rule
from trunks.services.batches import apply_batch
from trunks.services.bulk_edits import plan_edit
from trunks.services.customers import add_customer
from trunks.services.deciding import acknowledge
from trunks.services.delivering import deliver
from trunks.services.members import add_member
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.staff import add_staff
from trunks.services.submitting import submit


class Command(BaseCommand):
    help = "Fills an empty database with a demo: the sandbox's trunks, customers, staff, history"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="http://127.0.0.1:8001/v3")
        parser.add_argument("--api-key", default="sandbox-key")

    def handle(self, *args: Any, **options: Any) -> None:
        url, key = options["base_url"], options["api_key"]
        others = Account.objects.exclude(name=ACCOUNT, base_url__startswith="http://127.0.0.1:")
        if others.exists():
            raise CommandError("this database holds accounts that are not the demo's: left alone")
        first_time = not Account.objects.exists()
        if first_time:
            add_account(ACCOUNT, url, Secret(key), actor=SYSTEM)
        Account.objects.update(base_url=url)
        account = Account.objects.get()
        for person in STAFF:
            _welcome(person)
        self._pull(account)
        if first_time:
            _lend_trunks()
            _make_history(account, url, key)
            _change_many()
            begin_callbacks(account, url, key)
            self._pull(account)
            _decide_some()

    def _pull(self, account: Account) -> None:
        run = pull(account)
        if run.state != SyncRun.State.DONE:
            raise CommandError(f"the pull failed: {run.error}")


def _welcome(person: Person) -> None:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        add_staff(person.email, person.role, person.password, name=person.name, actor=SYSTEM)


def _lend_trunks() -> None:
    """Each customer gets the trunks that begin with its first name, and their DIDs."""
    for name in CUSTOMERS:
        customer = add_customer(name, actor=SYSTEM)
        rule = Rule("name", "begins", f"{name.split()[0]} ")
        assign(trunks_by_rule(rule), customer, actor=SYSTEM)
    customer = Customer.objects.get(name=MEMBERS_OF)
    for one in MEMBERS:
        add_member(one.email, customer, one.role, one.password, name=one.name, actor=SYSTEM)


def _make_history(account: Account, url: str, key: str) -> None:
    """A morning's work: changes applied, one refused, one in conflict, some drift, one gone."""
    sam, ada = (actor_of(User.objects.get(email=p.email)) for p in STAFF[:2])
    calm = Trunk.objects.filter(auth_type="credentials_and_ip", status="active", spent_value__lt=9)
    trunks = list(calm.filter(capacity_limit__lt=100, media_encryption_mode="disabled")[:9])

    def change(who: Actor, trunk: Trunk, patch: Patch, reason: str = "") -> None:
        seen = Trunk.objects.get(pk=trunk.pk)
        deliver(submit(propose(seen, patch, actor=who, origin="staff", reason=reason), actor=who))

    seats = (trunks[0].capacity_limit or 0) + 10
    change(sam, trunks[0], {"capacity_limit": Put(seats)}, "Ticket 8841: evening shift")
    change(ada, trunks[0], {SIP_IPS: Edit(add=("203.0.113.250/32",))}, "Second PBX")
    change(sam, trunks[1], {"threshold_amount": Put("75.0")})
    change(sam, trunks[2], {"status": Put("blocked")}, "Odd traffic at 03:10, asked the customer")
    change(sam, trunks[2], {"status": Put("active")}, "Customer found the loop")
    change(ada, trunks[3], {"media_encryption_mode": Put("srtp_sdes")}, "Agreed in the audit")
    change(sam, trunks[4], {"name": Put(trunks[5].name)})
    for trunk, moved in (
        (trunks[5], {"capacity_limit": 125}),
        (trunks[6], {"threshold_amount": "410.0", "dst_prefixes": ["47", "46", "358"]}),
        (trunks[7], {"rtp_timeout": 95}),
    ):
        someone_else(url, key, trunk, moved)
    someone_else(url, key, trunks[8], None)
    change(sam, trunks[5], {"capacity_limit": Put(140)}, "Ticket 8852: more seats")


def _change_many() -> None:
    """One batch that is done, and one plan that waits for somebody to look at it."""
    sam, ada = (actor_of(User.objects.get(email=p.email)) for p in STAFF[:2])
    dialled = Trunk.objects.with_linkage().present().filter(status="active").order_by("name")
    late: Patch = {"rtp_timeout": Put(90)}
    done = plan_edit(dialled[20:28], late, actor=sam, title="RTP timeout → 90 s")
    apply_batch(done, actor=sam, reason="Ticket 8860: calls cut in long pauses")
    for one in done.changes.all():
        deliver(one)
    office: Patch = {SIP_IPS: Edit(add=("198.51.100.0/24",)), "capacity_limit": Put(60)}
    plan_edit(dialled[:90], office, actor=ada, title="Networks +1, Calls at once → 60")


def _decide_some() -> None:
    """One of the reports has been read and left as it is."""
    sam = actor_of(User.objects.get(email=STAFF[0].email))
    for drift in Change.objects.drift().filter(trunk__rtp_timeout=95):
        acknowledge([drift.pk], actor=sam, reason="Agreed with DIDWW's support")
