"""People: what is checked of anybody who gets a login, and how one is made."""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from trunks.domain.problems import Problem
from trunks.models import User

NAME_LENGTH = 150


def check_person(email: str, password: str, name: str = "") -> list[Problem]:
    return [*check_email(email), *check_free(email), *check_own(email, password, name)]


def check_email(email: str) -> list[Problem]:
    try:
        validate_email(email)
    except ValidationError:
        return [Problem("email", "is not an e-mail address")]
    return []


def check_free(email: str) -> list[Problem]:
    if User.objects.filter(email__iexact=email).exists():
        return [Problem("email", "has already been taken")]
    return []


def check_own(email: str, password: str, name: str) -> list[Problem]:
    """What people choose themselves."""
    problems = []
    if len(name) > NAME_LENGTH:
        problems.append(Problem("name", f"must have at most {NAME_LENGTH} characters"))
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        problems += [Problem("password", message) for message in error.messages]
    return problems


def create_person(email: str, password: str, *, name: str = "", is_staff: bool = False) -> User:
    """A login. Whoever makes one vouches for the address: it counts as confirmed."""
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name.strip(), is_staff=is_staff)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
