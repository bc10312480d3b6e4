"""Staff: people of the house."""

from django.contrib.auth.models import Group
from django.db import transaction

from trunks.domain.actor import STAFF_ROLES, Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import User
from trunks.services import audit
from trunks.services.people import check_person, create_person
from trunks.services.sessions import end_sessions


def add_staff(email: str, role: str, password: str, *, name: str = "", actor: Actor) -> User:
    """A member of staff with the rights of their role. Raises `Invalid`, `Denied`."""
    if not actor.may("add_user"):
        raise Denied(f"{actor.label} may not add staff")
    if problems := _check(email, role, password, name):
        raise Invalid(problems)
    with transaction.atomic():
        user = create_person(email, password, name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=group_name(role)))
        audit.record("staff_added", actor=actor, subject=user, role=role)
    return user


def change_staff_role(user: User, role: str, *, actor: Actor) -> User:
    """Raises `Denied`, and `Invalid` where no administrator would be left."""
    _require(actor)
    if role not in STAFF_ROLES:
        raise Invalid([_unknown_role()])
    with transaction.atomic():
        was = _locked_role(user)
        if was == "admin" and role != "admin":
            _keep_an_admin(user)
        user.groups.set([Group.objects.get(name=group_name(role))])
        audit.record("staff_role_changed", actor=actor, subject=user, was=was, role=role)
    return User.objects.get(pk=user.pk)


def dismiss_staff(user: User, *, actor: Actor) -> None:
    """They are out at once, in every session; what they asked for and was not sent never will be.
    Raises `Denied`, `Invalid`."""
    _require(actor)
    with transaction.atomic():
        was = _locked_role(user)
        if was == "admin":
            _keep_an_admin(user)
        user.groups.clear()
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False, is_active=False)
        audit.record("staff_dismissed", actor=actor, subject=user, role=was)
    end_sessions(user)


def role_of_staff(user: User) -> str:
    """ "" for who is none, or has a mixture of rights that is no role."""
    names = {group_name(role): role for role in STAFF_ROLES}
    found = [names[g.name] for g in user.groups.all() if g.name in names]
    return found[0] if user.is_staff and len(found) == 1 else ""


def _require(actor: Actor) -> None:
    if not actor.may("change_user"):
        raise Denied(f"{actor.label} may not decide who is staff")


def _locked_role(user: User) -> str:
    """Of two who dismiss each other one waits for the other: the group is what they lock."""
    Group.objects.select_for_update().get(name=group_name("admin"))
    fresh = User.objects.get(pk=user.pk)
    if not fresh.is_staff:
        raise Invalid([Problem("", "is no staff")])
    return role_of_staff(fresh)


def _keep_an_admin(user: User) -> None:
    admins = User.objects.filter(is_active=True, is_staff=True, groups__name=group_name("admin"))
    if not admins.exclude(pk=user.pk).exists():
        raise Invalid([Problem("role", "must stay admin: there is no other")])


def group_name(role: str) -> str:
    return f"Staff {role}"


def _check(email: str, role: str, password: str, name: str) -> list[Problem]:
    known = [] if role in STAFF_ROLES else [_unknown_role()]
    return [*known, *check_person(email, password, name)]


def _unknown_role() -> Problem:
    return Problem("role", f"must be one of {', '.join(STAFF_ROLES)}")
