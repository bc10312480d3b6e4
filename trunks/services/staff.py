"""Staff: people of the house."""

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from trunks.domain.actor import STAFF_ROLES, Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import User
from trunks.services import audit


def add_staff(email: str, role: str, password: str, *, name: str = "", actor: Actor) -> User:
    """A member of staff with the rights of their role. Raises `Invalid`, `Denied`."""
    if actor.kind != "system" and not actor.may("add_user"):
        raise Denied(f"{actor.label} may not add staff")
    if problems := _check(email, role, password):
        raise Invalid(problems)
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, is_staff=True)
        user.groups.add(Group.objects.get(name=group_name(role)))
        audit.record("staff_added", actor=actor, subject=user, role=role)
    return user


def group_name(role: str) -> str:
    return f"Staff {role}"


def _check(email: str, role: str, password: str) -> list[Problem]:
    problems = []
    if role not in STAFF_ROLES:
        problems.append(Problem("role", f"must be one of {', '.join(STAFF_ROLES)}"))
    try:
        validate_email(email)
    except ValidationError:
        problems.append(Problem("email", "is not an e-mail address"))
    if User.objects.filter(email__iexact=email).exists():
        problems.append(Problem("email", "has already been taken"))
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        problems += [Problem("password", message) for message in error.messages]
    return problems
