"""Invitations: a link by e-mail, good for a week and for one use, that makes somebody a member."""

import re
import secrets
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Customer, Invitation, Membership, User
from trunks.models.clock import database_now
from trunks.services import audit
from trunks.services.members import check_role, join, require_members
from trunks.services.notice_mails import in_one_line
from trunks.services.people import check_email, check_own, create_person
from trunks.services.tokens import digest_of, peppers

LASTS = timedelta(days=7)
MOST_OPEN = 50  # of a customer: each is a mail to an address that somebody typed
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
SOCKET_SECONDS = 10


class Closed(Exception):
    """The link was used, taken back, has run out, or never was."""


def invite(email: str, customer: Customer, role: str, *, actor: Actor) -> Invitation:
    """Send somebody a link; an earlier one to the same address stops working.

    Whether the address has a login elsewhere is not told to who invites: it is no business of
    theirs. Raises `Denied`, `Invalid`, also when the mail could not be sent.
    """
    require_members(actor, customer)
    email = email.strip().lower()
    problems = check_email(email) + check_role(role)
    if Membership.objects.filter(customer=customer, user__email=email).exists():
        problems.append(Problem("email", "is a member already"))
    elif customer.invitations.open(database_now()).count() >= MOST_OPEN:
        problems.append(Problem("", f"has {MOST_OPEN} open invitations: take some back first"))
    if problems:
        raise Invalid(problems)
    secret, now = secrets.token_urlsafe(32), database_now()
    with transaction.atomic():
        customer.invitations.unanswered().filter(email=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            customer=customer,
            email=email,
            role=role,
            digest=digest_of(secret, peppers()[-1][1]),
            invited_by_label=actor.label,
            created_at=now,
            expires_at=now + LASTS,
        )
        audit.record("member_invited", actor=actor, subject=invitation, role=role)
    _send(invitation, secret)
    return invitation


def revoke(invitation: Invitation, *, actor: Actor) -> None:
    """The link stops working. Raises `Denied`."""
    require_members(actor, invitation.customer)
    with transaction.atomic():
        waiting = Invitation.objects.unanswered().filter(pk=invitation.pk)
        if waiting.update(revoked_at=database_now()):
            audit.record("invitation_revoked", actor=actor, subject=invitation)


def find_invitation(secret: str) -> Invitation:
    """The open invitation of a link's secret. Raises `Closed`, for whatever reason alike."""
    if not SECRET.fullmatch(secret):
        raise Closed
    digests = [digest_of(secret, pepper) for _, pepper in peppers()]
    found = Invitation.objects.open(database_now()).filter(digest__in=digests)
    invitation = found.select_related("customer").first()
    if invitation is None:
        raise Closed
    return invitation


def accept_as_new(invitation: Invitation, password: str, *, name: str = "") -> Membership:
    """A login of their own for who has none. Raises `Invalid`, `Closed`."""
    if problems := check_own(invitation.email, password, name):
        raise Invalid(problems)
    with transaction.atomic():
        _use(invitation)
        if has_login(invitation):
            raise Closed
        user = create_person(invitation.email, password, name=name)
        return _join(user, invitation)


def accept_as(user: User, invitation: Invitation) -> Membership:
    """With a login they have. Raises `Denied` for somebody else's address, `Invalid`, `Closed`."""
    if user.email != invitation.email or not user.is_active:
        raise Denied(f"{user} was not invited")
    with transaction.atomic():
        _use(invitation)
        return _join(user, invitation)


def has_login(invitation: Invitation) -> bool:
    return User.objects.filter(email__iexact=invitation.email).exists()


def _use(invitation: Invitation) -> None:
    """Once: of two at the same moment one comes too late."""
    now = database_now()
    if not Invitation.objects.open(now).filter(pk=invitation.pk).update(accepted_at=now):
        raise Closed


def _join(user: User, invitation: Invitation) -> Membership:
    actor = Actor("member", str(user.pk), str(user), customer_id=invitation.customer_id)
    return join(user, invitation.customer, invitation.role, actor=actor)


def _send(invitation: Invitation, secret: str) -> None:
    """An invitation whose mail did not leave is taken back."""
    message = EmailMessage(
        subject=f"[trunkadmin] {in_one_line(invitation.customer.name)} invites you",
        body=_body(invitation, settings.PUBLIC_URL + reverse("invitation", args=[secret])),
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=SOCKET_SECONDS),
    )
    try:
        message.send()
    except (SMTPException, OSError):
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=database_now())
        raise Invalid([Problem("email", "could not be sent the mail: try again later")]) from None


def _body(invitation: Invitation, url: str) -> str:
    inviter = in_one_line(invitation.invited_by_label)
    return (
        f"{inviter} invites you to look after the phone lines of "
        f"{in_one_line(invitation.customer.name)} in trunkadmin, as {invitation.role}.\n\n"
        f"Open this link to accept. It works once, until {invitation.expires_at:%d %B %Y, %H:%M} "
        f"UTC:\n\n{url}\n\n"
        "If you did not expect this, do nothing: without the link nobody gets in.\n"
    )
