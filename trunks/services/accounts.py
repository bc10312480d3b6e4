"""Upstream accounts: adding one, its key, its pauses, and the client that speaks for it."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When

from trunks.domain.actor import Actor, Denied
from trunks.domain.hosts import check_base_url
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Secret
from trunks.models import Account, Trunk
from trunks.models.account import AccountQuerySet
from trunks.models.clock import database_now
from trunks.models.fields import current_seal
from trunks.services import audit
from trunks.services.pace import reserve_slot
from trunks.upstream import Client, Deadline, Missing
from trunks.upstream.transport import Timeouts, Transport

KNOWN_SAMPLE = 3  # known trunks to ask for, to tell whether a key sees them
NO_DEADLINE = Deadline(None)
NONE_VISIBLE = "No trunk known here is visible upstream. Is the key the right one?"


def add_account(
    name: str,
    base_url: str,
    api_key: Secret,
    *,
    actor: Actor,
    callback_secret: Secret | None = None,
) -> Account:
    """Add an upstream account. Raises `Invalid` for a name in use or a host that is not allowed."""
    _require(actor, "add_account")
    problems = _check_name(name) + _check_key(api_key)
    try:
        base_url = allowed_base_url(base_url)
    except ValueError as error:
        problems.append(Problem("base_url", str(error)))
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        account = Account.objects.create(
            name=name.strip(),
            base_url=base_url,
            api_key=api_key,
            callback_secret=callback_secret,
            fingerprint_key=Secret(secrets.token_hex(32)),
        )
        audit.record("account_added", actor=actor, subject=account, base_url=base_url)
    return Account.objects.get(pk=account.pk)


def _check_name(name: str) -> list[Problem]:
    if not name.strip() or len(name) > 100:
        return [Problem("name", "must have 1 to 100 characters")]
    if Account.objects.filter(name=name.strip()).exists():
        return [Problem("name", "has already been taken")]
    return []


def _check_key(api_key: Secret) -> list[Problem]:
    if not api_key.clear or not api_key.clear.isascii() or not api_key.clear.isprintable():
        return [Problem("api_key", "must be printable text in one line")]
    return []


def allowed_base_url(url: str) -> str:
    """The URL, when the upstream key may go there; `ValueError` with an end of sentence."""
    return check_base_url(url, settings.UPSTREAM_ALLOWED_HOSTS, development=settings.DEBUG)


def set_account_key(account: Account, api_key: Secret, *, actor: Actor) -> None:
    """Change the key after seeing that the new one shows the known trunks; resumes the account.

    Raises `Invalid` when it shows none of them, or the upstream's own errors.
    """
    _require(actor, "change_account")
    if problems := _check_key(api_key):
        raise Invalid(problems)
    client = client_for(account, api_key=api_key)
    try:
        if not sees_known_trunks(account, client):
            raise Invalid([Problem("api_key", "shows none of the trunks known here")])
        next(client.trunk_pages())
    finally:
        client.close()
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(
            api_key=api_key, pause="", pause_reason="", paused_at=None, missing_believed=False
        )
        audit.record("account_key_changed", actor=actor, subject=account)


def client_for(
    account: Account,
    *,
    before_send: Callable[[], None] = lambda: None,
    api_key: Secret | None = None,
) -> Client:
    """A client that keeps the account's pace. Close it when done.

    The host is checked again here: the key goes nowhere that is not allowed now.
    """
    try:
        base_url = allowed_base_url(account.base_url)
    except ValueError as error:
        raise Invalid([Problem("base_url", str(error))]) from None
    return Client(
        Transport(
            base_url,
            api_key or current_seal().open(account.api_key),
            timeouts=Timeouts(settings.UPSTREAM_CONNECT_TIMEOUT, settings.UPSTREAM_READ_TIMEOUT),
            pace=lambda: reserve_slot(account.pk),
            before_send=before_send,
        )
    )


def sees_known_trunks(
    account: Account, client: Client, deadline: Deadline = NO_DEADLINE, *, besides: str = ""
) -> bool:
    """Whether upstream shows at least one trunk that is known here (true when none is known)."""
    known = Trunk.objects.present().filter(account=account)
    if besides:
        known = known.exclude(pk=besides)
    ids = [str(pk) for pk in known.order_by("pk").values_list("pk", flat=True)[:KNOWN_SAMPLE]]
    return not ids or any(_is_seen(client, trunk_id, deadline) for trunk_id in ids)


def _is_seen(client: Client, trunk_id: str, deadline: Deadline) -> bool:
    try:
        client.trunk(trunk_id, deadline)
    except Missing:
        return False
    return True


def pause_for_trouble(account: Account, reason: str) -> None:
    """Until an answer that shows a known trunk; a standing question is left as it is."""
    standing = Account.objects.filter(pk=account.pk).exclude(pause=Account.Pause.QUESTION)
    _pause(standing, Account.Pause.TROUBLE, reason)


def pause_for_question(account: Account, reason: str) -> None:
    """Until a person answers, or the key is changed; no 404 is believed meanwhile."""
    _pause(Account.objects.filter(pk=account.pk), Account.Pause.QUESTION, reason)


def _pause(accounts: AccountQuerySet, pause: Account.Pause, reason: str) -> None:
    """A pause that goes on keeps the time it began."""
    since = Case(When(pause=pause, then=F("paused_at")), default=Value(database_now()))
    accounts.update(pause=pause, pause_reason=reason, paused_at=since)


def resume_after_trouble(account: Account) -> None:
    Account.objects.filter(pk=account.pk, pause=Account.Pause.TROUBLE).update(
        pause="", pause_reason="", paused_at=None
    )


def answer_missing(account: Account, believe: bool, *, actor: Actor) -> None:
    """Staff's answer to "many trunks are gone": the next complete pull may believe it, or not.

    Without a standing question there is nothing to answer.
    """
    _require(actor, "change_account")
    with transaction.atomic():
        answered = Account.objects.filter(pk=account.pk, pause=Account.Pause.QUESTION).update(
            pause="",
            pause_reason="",
            paused_at=None,
            missing_believed=believe,
            pull_requested_at=database_now(),
        )
        if answered:
            audit.record("account_missing_answered", actor=actor, subject=account, believe=believe)


def _require(actor: Actor, right: str) -> None:
    if not actor.may(right):
        raise Denied(f"{actor.label} may not {right.replace('_', ' ')}")
