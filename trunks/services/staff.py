"""Staff: people of the house."""

from django.contrib.auth.models import Group
from django.db import transaction

from trunks.domain.actor import STAFF_ROLES, Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import User
from trunks.services import audit
from trunks.services.people import check_person, create_person


def add_staff(email: str, role: str, password: str, *, name: str = "", actor: Actor) -> User:
    """A member of staff with the rights of their role. Raises `Invalid`, `Denied`."""
    if actor.kind != "system" and not actor.may("add_user"):
        raise Denied(f"{actor.label} may not add staff")
    if problems := _check(email, role, password, name):
        raise Invalid(problems)
    with transaction.atomic():
        user = create_person(email, password, name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=group_name(role)))
        audit.record("staff_added", actor=actor, subject=user, role=role)
    return user


def group_name(role: str) -> str:
    return f"Staff {role}"


def _check(email: str, role: str, password: str, name: str) -> list[Problem]:
    known = [] if role in STAFF_ROLES else [f"must be one of {', '.join(STAFF_ROLES)}"]
    return [*(Problem("role", why) for why in known), *check_person(email, password, name)]
