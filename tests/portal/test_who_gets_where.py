"""Every page of the portal × everybody: the table of `pages.py`, no trace of what is foreign."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.portal.pages import NOT_OF_ONE, PORTAL_PAGES, WRITES_ONLY
from trunks.access import actor_of
from trunks.domain.actor import MEMBER_ROLES, SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change, Customer, Did, Invitation, Membership, Trunk, User
from trunks.models.clock import database_now
from trunks.services.invitations import LASTS
from trunks.services.members import add_member, remove_member
from trunks.services.proposing import propose

World = dict[str, Any]


def world_of(user: User, trunk: Trunk) -> World:
    """One of each, of the user's customer."""
    customer = user.membership.customer
    spare = add_member(
        f"spare@{customer.name.lower()}.example", customer, "viewer", "long enough 42", actor=SYSTEM
    )
    invited = Invitation.objects.create(
        customer=customer,
        email=f"next@{customer.name.lower()}.example",
        role="viewer",
        digest=uuid.uuid4().hex,
        invited_by_label="Somebody",
        created_at=database_now(),
        expires_at=database_now() + LASTS,
    )
    patch = {"external_reference_id": Put(f"of {customer}")}
    change = propose(trunk, patch, actor=actor_of(user), origin="portal", reason="A secret plan")
    return {"trunk": trunk.pk, "change": change.pk, "member": spare.pk, "invitation": invited.pk}


def url_of(name: str, world: World) -> str:
    args = [] if name in NOT_OF_ONE else [world[name.partition("-")[0]]]
    return reverse(f"portal:{name}", args=args)


def ask(client: Client, name: str, url: str) -> int:
    data = {"for": "dids"} if name == "did-picker" else {}
    return (client.post(url) if name in WRITES_ONLY else client.get(url, data)).status_code


@pytest.fixture
def acmes(trunk, alice) -> World:
    return world_of(alice, trunk)


@pytest.fixture
def foreign(bolts, bob, trunk) -> World:
    return world_of(bob, bolts)


def test_strangers_are_sent_to_sign_in(acmes, client):
    for name in PORTAL_PAGES:
        if name != "did-picker":
            answer = client.post(url_of(name, acmes))
            assert answer.headers["Location"].startswith("/accounts/login/"), name
        assert ask(client, name, url_of(name, acmes)) == 302, name


@pytest.mark.parametrize("who", ["vera", "sam", "ada", "nobody"])
def test_who_is_no_member_finds_no_page(acmes, client_of, request, who):
    client = client_of(request.getfixturevalue(who))
    for name in PORTAL_PAGES:
        assert ask(client, name, url_of(name, acmes)) == 404, name
        assert client.post(url_of(name, acmes)).status_code == 404, name


@pytest.mark.parametrize("who", ["abe", "ann", "alice"])
def test_each_member_gets_what_their_role_says(acmes, client_of, request, who):
    user = request.getfixturevalue(who)
    client = client_of(user)
    for name, least in PORTAL_PAGES.items():
        allowed = MEMBER_ROLES[least] <= MEMBER_ROLES[user.membership.role]
        status = ask(client, name, url_of(name, acmes))
        assert (status in (200, 302)) == allowed, (name, status)
        assert allowed or status == 403, (name, status)


@pytest.mark.parametrize("who", ["abe", "ann", "alice"])
def test_what_is_another_customers_is_not_there(acmes, foreign, client_of, request, who):
    user = request.getfixturevalue(who)
    client = client_of(user)
    for name, least in PORTAL_PAGES.items():
        if name in NOT_OF_ONE or not MEMBER_ROLES[least] <= MEMBER_ROLES[user.membership.role]:
            continue
        missing = {**foreign, "trunk": uuid.uuid4(), "change": uuid.uuid4()}
        missing |= {"member": 999_999, "invitation": 999_999}
        for url in (url_of(name, foreign), url_of(name, missing)):
            assert ask(client, name, url) == 404, name
            assert client.post(url).status_code in (404, 405), name


def test_no_page_names_what_is_foreign(acmes, foreign, client_of, alice, bolts):
    hers = Customer.objects.get(name="Bolt")
    did = Did.objects.get(customer=hers)
    words = [str(bolts.pk), str(bolts.name), str(bolts.auth_username), str(did.pk), "Bolt"]
    words += [str(did.number), "bob@bolt.example", str(foreign["change"])]
    client = client_of(alice)
    for name in [name for name in PORTAL_PAGES if name not in WRITES_ONLY]:
        search = {"for": "dids", "dids-page": "1"} if name == "did-picker" else {}
        page = client.get(url_of(name, acmes), search)
        said = page.content.decode()
        assert [word for word in words if word in said] == [], name


def test_a_removed_member_is_out_at_once(acmes, client_of, alice, ann):
    client = client_of(ann)
    assert client.get("/portal/").status_code == 200
    remove_member(Membership.objects.get(user=ann), actor=actor_of(alice))
    assert client.get("/portal/").status_code == 404


def test_forms_without_their_token_are_refused(acmes, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    for name in sorted(PORTAL_PAGES):
        assert client.post(url_of(name, acmes)).status_code in (403, 405), name
    assert Change.objects.get(pk=acmes["change"]).state == "planned"


@pytest.mark.parametrize(
    "name", ["home", "trunk-list", "change-list", "did-list", "member-list", "trunk-detail"]
)
def test_queries_do_not_grow_with_what_there_is(acmes, client_of, alice, acme, trunk, name):
    def count() -> int:
        client = client_of(alice)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url_of(name, acmes)).status_code == 200
        return len(queries)

    fill(acme, trunk, alice, 2)
    few = count()
    fill(acme, trunk, alice, 12)
    assert count() <= few


def fill(acme: Customer, trunk: Trunk, alice: User, count: int) -> None:
    """More trunks, numbers, changes and people."""
    more = Trunk.objects.exclude(customer__name="Bolt").order_by("pk")[:count]
    Trunk.objects.filter(pk__in=[t.pk for t in more]).update(customer=acme)
    dids = Did.objects.exclude(customer__name="Bolt").order_by("pk")[:count]
    Did.objects.filter(pk__in=[d.pk for d in dids]).update(customer=acme)
    for n in range(count):
        Change.objects.create(
            account=trunk.account,
            trunk=trunk,
            kind="update",
            state="awaiting_approval" if n % 2 else "applied",
            origin="portal",
            actor_kind="member",
            actor_id=str(alice.pk),
            customer_id=str(acme.pk),
            is_railed=True,
            diff=[{"field": "capacity_limit", "old": 1, "new": n + 2}],
            created_at=database_now(),
            settled_at=None if n % 2 else database_now(),
            expires_at=database_now() + LASTS,
        )
        email = f"more-{count}-{n}@acme.example"
        add_member(email, acme, "viewer", "long enough 42", actor=SYSTEM)
