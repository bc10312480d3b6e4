"""Members: a customer's own people and what each of them may."""

from django.db import transaction

from trunks.domain.actor import MEMBER_ROLES, Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Customer, Membership, User
from trunks.services import audit
from trunks.services.people import check_person, create_person
from trunks.services.sessions import end_sessions


def add_member(
    email: str, customer: Customer, role: str, password: str, *, name: str = "", actor: Actor
) -> Membership:
    """A new login for a customer's member, its password known to whoever adds it. Owners invite
    instead (`services.invitations`). Raises `Denied`, `Invalid`."""
    require_members(actor, customer)
    problems = check_role(role) + check_person(email, password, name)
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        user = create_person(email, password, name=name)
        return join(user, customer, role, actor=actor)


def join(user: User, customer: Customer, role: str, *, actor: Actor) -> Membership:
    """Make a person a member; whoever calls this has seen to the right and the role. Raises
    `Invalid` for staff, and for who is a member already."""
    if user.is_staff or Membership.objects.filter(user=user).exists():
        raise Invalid([Problem("email", "already has a login for something else")])
    member = Membership.objects.create(user=user, customer=customer, role=role)
    audit.record("member_added", actor=actor, subject=member, role=role)
    return member


def change_role(member: Membership, role: str, *, actor: Actor) -> Membership:
    """Raises `Denied`, and `Invalid` where nobody would be left to own."""
    require_members(actor, member.customer)
    if problems := check_role(role):
        raise Invalid(problems)
    with transaction.atomic():
        was = _locked(member).role
        if role != Membership.Role.OWNER:
            _keep_an_owner(member, actor)
        if was != role and Membership.objects.filter(pk=member.pk).update(role=role):
            audit.record("role_changed", actor=actor, subject=member, was=was, role=role)
    member.refresh_from_db()
    return member


def remove_member(member: Membership, *, actor: Actor) -> None:
    """They are out at once, in every session; what they asked for and was not sent never will be.
    The login stays, for whoever invites them next. Raises `Denied`, `Invalid`."""
    require_members(actor, member.customer)
    with transaction.atomic():
        _locked(member)
        _keep_an_owner(member, actor)
        audit.record("member_removed", actor=actor, subject=member, role=member.role)
        member.delete()
    end_sessions(member.user)


def require_members(actor: Actor, customer: Customer) -> None:
    """Who may say who belongs to a customer: staff who may, and its own owners."""
    is_theirs = actor.customer_id in (None, customer.pk)
    if not (is_theirs and actor.may("change_membership")):
        raise Denied(f"{actor.label} may not decide who belongs to {customer}")


def check_role(role: str) -> list[Problem]:
    return (
        []
        if role in MEMBER_ROLES
        else [Problem("role", f"must be one of {', '.join(MEMBER_ROLES)}")]
    )


def _locked(member: Membership) -> Membership:
    """Of two who demote each other one waits for the other: the customer is what they lock."""
    Customer.objects.select_for_update().get(pk=member.customer_id)
    try:
        return Membership.objects.get(pk=member.pk)
    except Membership.DoesNotExist:
        raise Invalid([Problem("", "is no member any more")]) from None


def _keep_an_owner(member: Membership, actor: Actor) -> None:
    """A customer does not lock itself out; staff may leave it without an owner."""
    if actor.customer_id is None:
        return
    others = Membership.objects.owners().filter(customer=member.customer_id, user__is_active=True)
    if not others.exclude(pk=member.pk).exists():
        raise Invalid([Problem("role", "must stay owner: there is no other")])
