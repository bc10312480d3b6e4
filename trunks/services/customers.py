"""Customers: the companies that trunks are lent to."""

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Account, Customer
from trunks.services import audit

NAME_LENGTH, PREFIX_LENGTH = 150, 100


def add_customer(
    name: str, *, account: Account | None = None, name_prefix: str = "", actor: Actor
) -> Customer:
    """`account`: where its creates go; `name_prefix`: what names its members give begin with.
    Raises `Denied`, `Invalid`."""
    if not actor.may("add_customer"):
        raise Denied(f"{actor.label} may not add customers")
    customer = Customer(name=name.strip(), account=account, name_prefix=name_prefix)
    _check(customer)
    with transaction.atomic():
        customer.save(force_insert=True)
        audit.record("customer_added", actor=actor, subject=customer)
    return customer


def change_customer(
    customer: Customer, *, name: str, account: Account | None, name_prefix: str, actor: Actor
) -> Customer:
    """Raises `Denied`, `Invalid`."""
    if not actor.may("change_customer"):
        raise Denied(f"{actor.label} may not change customers")
    fresh = Customer(pk=customer.pk, name=name.strip(), account=account, name_prefix=name_prefix)
    _check(fresh)
    names = ["name", "account", "name_prefix"]
    with transaction.atomic():
        fresh.save(update_fields=names)
        audit.record("customer_changed", actor=actor, subject=fresh, changed=names)
    customer.refresh_from_db()
    return customer


def account_for_creates(customer: Customer | None) -> Account | None:
    """The customer's own, else the only one there is; None where somebody has to choose."""
    if customer is not None and customer.account is not None:
        return customer.account
    accounts = list(Account.objects.order_by("pk")[:2])
    return accounts[0] if len(accounts) == 1 else None


def _check(customer: Customer) -> None:
    problems = []
    if not 1 <= len(customer.name) <= NAME_LENGTH:
        problems.append(Problem("name", f"must have 1 to {NAME_LENGTH} characters"))
    if len(customer.name_prefix) > PREFIX_LENGTH:
        problems.append(Problem("name_prefix", f"must have at most {PREFIX_LENGTH} characters"))
    others = Customer.objects.exclude(pk=customer.pk)
    if others.filter(name__iexact=customer.name).exists():
        problems.append(Problem("name", "has already been taken"))
    if problems:
        raise Invalid(problems)
