"""Staff look after customers: who belongs to them, what they have, ask for and spend."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.domain.actor import SYSTEM
from trunks.models import AuditEntry, Customer, Invitation, Membership, Trunk
from trunks.services.assigning import assign
from trunks.services.customers import add_customer
from trunks.services.rails import rails_of

from .test_reading_trunks import text_of

pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def browser(client_of, ada):
    return client_of(ada)


@pytest.fixture
def lent(pulled, acme):
    trunks = list(Trunk.objects.order_by("-spent_value", "pk")[:3])
    assign(trunks, acme, actor=SYSTEM)
    return trunks


def page_of(browser, customer):
    return browser.get(f"/staff/customers/{customer.pk}/")


def test_the_list_says_how_much_each_customer_has_and_spends(browser, lent, alice, bob):
    text = text_of(browser.get("/staff/customers/"))
    assert "Acme 1 3 none" in text
    assert "Bolt 1 0 none 0.00 USD" in text
    spent = sum(trunk.spent_value or 0 for trunk in lent)
    assert f"{spent:,.2f} USD" in text


def test_a_customer_is_found_by_name_and_sorted_by_what_it_spends(browser, lent, bolt):
    found = text_of(browser.get("/staff/customers/?q=bol"))
    assert "Bolt" in found
    assert "Acme" not in found
    dearest = text_of(browser.get("/staff/customers/?sort=-spent"))
    assert dearest.index("Acme") < dearest.index("Bolt")


def test_the_queries_do_not_grow_with_customers(browser, lent):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            browser.get("/staff/customers/")
        return len(seen)

    queries()
    few = queries()
    for number in range(20):
        add_customer(f"Customer {number}", actor=SYSTEM)
    assert queries() == few


def test_the_sidebar_counts_customers(browser, acme, bolt):
    assert "Customers 2" in text_of(browser.get("/staff/"))


def test_a_customers_page_shows_members_trunks_guard_rails_and_spend(browser, lent, acme, alice):
    text = text_of(page_of(browser, acme))
    assert "alice@acme.example" in text
    for trunk in lent:
        assert str(trunk) in text
    assert "Guard rails: Standard" in text
    assert "Spent, 24 h" in text


def test_a_trunk_leads_to_its_customer_from_list_and_page(browser, lent, acme):
    url = f'href="/staff/customers/{acme.pk}/"'
    assert url in browser.get("/staff/trunks/").content.decode()
    assert url in browser.get(f"/staff/trunks/{lent[0].pk}/").content.decode()


def test_ada_adds_a_customer_and_renames_it(browser):
    answer = browser.post("/staff/customers/new/", {"name": "Corvo", "name_prefix": "corvo-"})
    corvo = Customer.objects.get(name="Corvo")
    assert answer["Location"] == f"/staff/customers/{corvo.pk}/"
    browser.post(f"/staff/customers/{corvo.pk}/edit/", {"name": "Corvo Ltd", "name_prefix": ""})
    corvo.refresh_from_db()
    assert (corvo.name, corvo.name_prefix) == ("Corvo Ltd", "")


def test_a_name_that_is_taken_is_said_beside_its_field(browser, acme):
    answer = browser.post("/staff/customers/new/", {"name": "acme"})
    assert "Has already been taken." in text_of(answer)
    assert not Customer.objects.exclude(pk=acme.pk).exists()


def test_ada_invites_somebody_and_takes_the_invitation_back(browser, acme):
    url = f"/staff/customers/{acme.pk}/invite/"
    browser.post(url, {"email": "amy@acme.example", "role": "viewer"})
    assert mail.outbox[0].to == ["amy@acme.example"]
    invited = Invitation.objects.get()
    assert "Invited as viewer" in text_of(page_of(browser, acme))
    browser.post(f"/staff/invitations/{invited.pk}/revoke/")
    assert "Invited as viewer" not in text_of(page_of(browser, acme))


def test_an_address_that_is_none_is_said_on_the_page(browser, acme):
    url = f"/staff/customers/{acme.pk}/invite/"
    answer = browser.post(url, {"email": "amy", "role": "viewer"})
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not mail.outbox


def test_ada_gives_a_member_another_role_and_removes_them(browser, acme, alice, client_of):
    member = alice.membership
    browser.post(f"/staff/members/{member.pk}/role/", {"role": "viewer"})
    member.refresh_from_db()
    assert member.role == "viewer"
    hers = client_of(alice)
    browser.post(f"/staff/members/{member.pk}/remove/")
    assert not Membership.objects.filter(pk=member.pk).exists()
    assert hers.get("/portal/").status_code != 200
    assert AuditEntry.objects.filter(act="member_removed", actor_label="Ada Lind").exists()


def test_a_role_that_is_none_changes_nothing(browser, alice):
    browser.post(f"/staff/members/{alice.membership.pk}/role/", {"role": "emperor"})
    alice.membership.refresh_from_db()
    assert alice.membership.role == "owner"


@pytest.mark.parametrize("who", ["vera", "sam"])
def test_who_is_no_admin_reads_without_buttons(client_of, request, acme, alice, who):
    text = text_of(page_of(client_of(request.getfixturevalue(who)), acme))
    assert "alice@acme.example" in text
    for word in ("Remove…", "Invite", "Change…"):
        assert word not in text


# --- Guard rails ----------------------------------------------------------------------------------


def filled(browser, url):
    """The form as a browser sends it when nobody typed."""
    form = browser.get(url).context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    return {name: "" if value is None else value for name, value in sent.items()}


def test_a_template_is_made_given_to_a_customer_and_kept_while_one_has_it(browser, acme):
    sent = filled(browser, "/staff/rails/new/")
    sent |= {
        "name": "Call centres",
        "most_calls": "60",
        "destinations": "es, 44",
        "widest_ipv4": "/29",
    }
    assert browser.post("/staff/rails/new/", sent)["Location"] == "/staff/rails/"
    url = f"/staff/customers/{acme.pk}/rails/"
    template = browser.get(url).context["form"].templates
    (chosen,) = template
    browser.post(url, filled(browser, url) | {"which": chosen})
    acme.refresh_from_db()
    rails = rails_of(acme)
    assert (rails.most_calls, rails.destinations, rails.widest) == (
        60,
        ("ES", "44"),
        {4: 29, 6: 64},
    )
    assert "Guard rails: Call centres" in text_of(page_of(browser, acme))
    pk = acme.rails.pk
    said = browser.post(f"/staff/rails/{pk}/delete/", follow=True)
    assert "is still the template of a customer" in text_of(said)
    browser.post(url, filled(browser, url) | {"which": ""})
    browser.post(f"/staff/rails/{pk}/delete/")
    browser.get("/staff/")  # which says that it was deleted
    assert "Call centres" not in text_of(browser.get("/staff/rails/"))


def test_rails_of_its_own_are_saved_as_they_stand(browser, acme):
    url = f"/staff/customers/{acme.pk}/rails/"
    wanted = {
        "which": "own",
        "acts": ["create", "regenerate"],
        "most_spent": "100",
        "destinations": "none",
        "field-callback_url": "free",
        "field-authentication_method-allowed_sip_ips": "closed",
    }
    browser.post(url, filled(browser, url) | wanted)
    acme.refresh_from_db()
    rails = rails_of(acme)
    assert rails.acts == {"create", "regenerate"}
    assert rails.destinations == ()
    assert rails.freedom_of("callback_url") == "free"
    assert rails.freedom_of("authentication_method.allowed_sip_ips") == "closed"
    was = acme.own_rails
    browser.post(url, filled(browser, url))
    acme.refresh_from_db()
    assert acme.own_rails == was


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("most_calls", "many"),
        ("most_spent", "-1"),
        ("widest_ipv4", "33"),
        ("destinations", "Atlantis"),
        ("least_encryption", "rot13"),
    ],
)
def test_rails_that_make_no_sense_are_said_beside_their_field(browser, acme, field, typed):
    url = f"/staff/customers/{acme.pk}/rails/"
    answer = browser.post(url, filled(browser, url) | {"which": "own", field: typed})
    assert answer.context["form"].errors[field]
    acme.refresh_from_db()
    assert acme.own_rails is None
