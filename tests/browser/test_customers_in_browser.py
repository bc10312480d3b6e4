"""Staff's pages about customers: sound in both themes, wide and narrow; and used with a mouse."""

import pytest

from tests.browser.axe import NARROW, WIDE
from tests.browser.test_every_page import faults
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change, Customer, Trunk, User
from trunks.services.assigning import assign
from trunks.services.invitations import invite
from trunks.services.proposing import propose
from trunks.services.rails import save_template
from trunks.services.requesting import request


@pytest.fixture
def busy(pulled: object, acme: Customer, bolt: Customer, alice: User, ann: User) -> dict[str, str]:
    """Customers with everything; paths by what they show."""
    trunks = list(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[:6])
    limited = next(trunk for trunk in trunks if trunk.capacity_limit)
    assign(trunks, acme, actor=SYSTEM)
    invite("amy@acme.example", acme, "viewer", actor=SYSTEM)
    rails = {"most_calls": 60, "destinations": ["ES", "44"], "acts": ["create"]}
    template = save_template("Call centres", rails, actor=SYSTEM)
    Customer.objects.filter(pk=acme.pk).update(rails=template)
    change = asked_by(alice, limited)
    page = f"/staff/customers/{acme.pk}/"
    return {
        "customers": "/staff/customers/",
        "nothing found": "/staff/customers/?q=zebra",
        "customer": page,
        "customer without anything": f"/staff/customers/{bolt.pk}/",
        "edit": f"{page}edit/",
        "new": "/staff/customers/new/",
        "rails": f"{page}rails/",
        "templates": "/staff/rails/",
        "template": f"/staff/rails/{template.pk}/",
        "requests": "/staff/approvals/",
        "request": f"/staff/approvals/{change.pk}/",
        "assign": f"/staff/assignments/new/?trunk={trunks[0].pk}",
        "move": f"/staff/assignments/new/?trunk={trunks[0].pk}&to={bolt.pk}",
        "rule": "/staff/assignments/rule/new/",
        "ruled": f"/staff/assignments/rule/new/?field=name&how=contains&text=a&to={bolt.pk}",
    }


def asked_by(user: User, trunk: Trunk) -> Change:
    actor, trunk = actor_of(user), Trunk.objects.get(pk=trunk.pk)
    more = {"capacity_limit": Put((trunk.capacity_limit or 0) + 700)}
    change = propose(trunk, more, actor=actor, origin="portal", on_request=True)
    return request(change, actor=actor, reason="A campaign in May")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_about_customers_is_sound(visit, client_of, ada, busy, size, theme):
    page = visit("/staff/", client_of(ada), viewport=size, color_scheme=theme)
    found = []
    for name, path in busy.items():
        page.goto(path)
        found += [f"{name}: {fault}" for fault in faults(page)]
    assert found == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_ada_approves_what_alice_asked_for(visit, client_of, ada, busy, size):
    page = visit("/staff/approvals/", client_of(ada), viewport=size)
    change = Change.objects.requests().get()
    page.get_by_role("link", name=change.trunk_label).click()
    page.get_by_label("A word to the customer").fill("Good luck")
    page.get_by_role("button", name="Approve and send").click()
    page.locator("#messages").get_by_text("Approved and applied upstream.").wait_for()
    change.refresh_from_db()
    assert change.state == "applied"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_sam_assigns_by_a_rule_he_saw_first(visit, sams, busy, bolt, size):
    trunk = Trunk.objects.unassigned()[0]
    page = visit("/staff/assignments/rule/new/", sams, viewport=size)
    page.get_by_label("How").select_option("is")
    page.get_by_label("Text").fill(str(trunk.name))
    page.get_by_label("Customer", exact=True).select_option(label="Bolt")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Give 1 trunk to Bolt").click()
    page.locator("#messages").get_by_text("1 trunk now with Bolt.").wait_for()
    trunk.refresh_from_db()
    assert trunk.customer == bolt


def test_sam_assigns_what_he_ticked(visit, sams, busy, bolt):
    page = visit("/staff/trunks/?customer=none", sams, viewport=WIDE)
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Assign…").click()
    page.get_by_label("Customer", exact=True).select_option(label="Bolt")
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Give 1 trunk to Bolt").click()
    page.locator("#messages").get_by_text("1 trunk now with Bolt.").wait_for()
    assert Trunk.objects.filter(customer=bolt).count() == 1
