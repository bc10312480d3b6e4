"""A customer's guard rails: which they are, and who changes them."""

from typing import Any

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.guardrails import DEFAULT, Rails, dump, load
from trunks.domain.problems import Invalid, Problem
from trunks.models import Customer, RailTemplate
from trunks.services import audit

NAME_LENGTH = 100


def rails_of(customer: Customer) -> Rails:
    """Its own, else its template's, else those for who has none."""
    if customer.own_rails is not None:
        return load(customer.own_rails)
    return load(customer.rails.rails) if customer.rails else DEFAULT


def set_rails(
    customer: Customer,
    *,
    template: RailTemplate | None = None,
    own: Any = None,
    actor: Actor,
) -> Customer:
    """A template, rails of its own (as JSON), or neither: then as without a template.

    What waits to be sent is judged by the new ones. Raises `Denied`, `Invalid`.
    """
    if not actor.may("change_customer"):
        raise Denied(f"{actor.label} may not change guard rails")
    if template is not None and own is not None:
        raise Invalid([Problem("rails", "are a template's or the customer's own, not both")])
    document = None if own is None else dump(load(own))
    with transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(rails=template, own_rails=document)
        named = template.name if template else None
        audit.record("rails_set", actor=actor, subject=customer, template=named, own=document)
    customer.refresh_from_db()
    return customer


def save_template(
    name: str, rails: Any, *, template: RailTemplate | None = None, actor: Actor
) -> RailTemplate:
    """A new template, or another name and other rails for one: for every customer that has it.
    Raises `Denied`, `Invalid`."""
    _require(actor)
    name, document = name.strip(), dump(load(rails))
    others = RailTemplate.objects.all()
    if template is not None:
        others = others.exclude(pk=template.pk)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Invalid([Problem("name", f"must have 1 to {NAME_LENGTH} characters")])
    if others.filter(name__iexact=name).exists():
        raise Invalid([Problem("name", "has already been taken")])
    template = template or RailTemplate()
    template.name, template.rails = name, document
    with transaction.atomic():
        template.save()
        audit.record("rails_saved", actor=actor, subject=template, rails=document)
    return template


def delete_template(template: RailTemplate, *, actor: Actor) -> None:
    """Raises `Denied`, and `Invalid` while a customer has it."""
    _require(actor)
    if template.customers.exists():
        raise Invalid([Problem("", "is still the template of a customer")])
    with transaction.atomic():
        audit.record("rails_deleted", actor=actor, subject=template)
        template.delete()


def _require(actor: Actor) -> None:
    if not actor.may("change_railtemplate"):
        raise Denied(f"{actor.label} may not change guard rails")
