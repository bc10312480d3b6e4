"""Upstream accounts: adding one, its key, its pauses, and the client that speaks for it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from trunks.domain.actor import Actor, Denied
from trunks.domain.hosts import check_base_url
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Secret, Unreadable
from trunks.domain.signatures import trouble_with_secret
from trunks.models import Account, Trunk
from trunks.models.account import AccountQuerySet
from trunks.models.clock import database_now
from trunks.models.fields import current_seal
from trunks.services import audit
from trunks.services.pace import Lane, wait_for_turn
from trunks.services.recording import recorder
from trunks.services.waits import back_off
from trunks.upstream import (
    Client,
    Deadline,
    Missing,
    NotSent,
    Unauthorized,
    Unavailable,
    UpstreamError,
)
from trunks.upstream.transport import READ_TRIES, Timeouts, Transport

FAILURES_TO_PAUSE = 3  # attempts in a row that upstream did not answer
PROBE_SECONDS = 30.0
SLOW_SECONDS = 1.0  # after a 429 that names no time
LONGEST_SLOW_SECONDS = 10.0
CROWDED_SECONDS = 1.0  # a slot further away is not waited for with a change in hand
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
    if callback_secret is not None and (trouble := trouble_with_secret(callback_secret)):
        problems.append(Problem("callback_secret", trouble))
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
            api_key=api_key,
            pause="",
            pause_reason="",
            paused_at=None,
            failures=0,
            probe_at=None,
            missing_believed=False,
        )
        audit.record("account_key_changed", actor=actor, subject=account)


def client_for(
    account: Account,
    *,
    lane: Lane = Lane.PERSON,
    before_send: Callable[[], None] = lambda: None,
    api_key: Secret | None = None,
    read_tries: int = READ_TRIES,
) -> Client:
    """A client that keeps the account's pace, in its lane. Close it when done.

    Its requests are recorded.
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
            pace=lambda: wait_for_turn(account.pk, lane),
            before_send=before_send,
            record=recorder(account),
            read_tries=read_tries,
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
    standing.filter(probe_at=None).update(probe_at=_next_probe(1))


def pause_for_question(account: Account, reason: str) -> None:
    """Until a person answers, or the key is changed; no 404 is believed meanwhile."""
    _pause(Account.objects.filter(pk=account.pk), Account.Pause.QUESTION, reason)


def _pause(accounts: AccountQuerySet, pause: Account.Pause, reason: str) -> None:
    """A pause that goes on keeps the time it began."""
    since = Case(When(pause=pause, then=F("paused_at")), default=Value(database_now()))
    accounts.update(pause=pause, pause_reason=reason, paused_at=since)


@contextmanager
def noting_trouble(account: Account) -> Iterator[None]:
    """What goes wrong inside is noted on the account, and goes on."""
    try:
        yield
    except (Unauthorized, Unavailable) as error:
        note_trouble(account, error)
        raise


def note_trouble(account: Account, error: Unauthorized | Unavailable) -> None:
    """A refused key or another version pauses the account at once, no answer after a few in a
    row; a 429 holds back everything for a moment; what never left says nothing about it."""
    if isinstance(error, Unauthorized) or error.is_trouble:
        pause_for_trouble(account, str(error))
    elif error.status == 429:
        slow_down(account, error.retry_after)
    elif not isinstance(error, NotSent) or error.is_failure:
        note_failure(account, str(error))


def note_failure(account: Account, reason: str) -> None:
    """Upstream did not answer: after a few in a row the account pauses, so that however much
    waits for it, a dead upstream costs one question at the back-off's pace."""
    Account.objects.filter(pk=account.pk).update(failures=F("failures") + 1)
    account.refresh_from_db(fields=["failures"])
    if account.failures >= FAILURES_TO_PAUSE:
        pause_for_trouble(account, reason)


def slow_down(account: Account, seconds: float | None) -> None:
    """Upstream asked for it: nothing is sent to the account for so long, ten seconds at most."""
    until = database_now().timestamp() + min(seconds or SLOW_SECONDS, LONGEST_SLOW_SECONDS)
    Account.objects.filter(pk=account.pk, next_request_at__lt=until).update(next_request_at=until)


def is_slowed_down(account: Account) -> bool:
    return account.next_request_at > database_now().timestamp() + CROWDED_SECONDS


def resume_after_trouble(account: Account) -> None:
    """A good answer that shows a known trunk ends the trouble."""
    troubled = Q(pause=Account.Pause.TROUBLE) | Q(pause="", failures__gt=0)
    Account.objects.filter(troubled, pk=account.pk).update(
        pause="", pause_reason="", paused_at=None, failures=0, probe_at=None
    )


def probe(account: Account, *, at_once: bool = False) -> bool:
    """Ask an account in trouble whether it answers again, if its time has come (or `at_once`);
    whether it goes on. Never raises for what upstream does."""
    now = database_now()
    due = Account.objects.filter(pk=account.pk, pause=Account.Pause.TROUBLE)
    if not at_once:
        due = due.filter(probe_at__lte=now)
    if not due.update(probe_at=_next_probe(account.failures + 1), failures=F("failures") + 1):
        return False
    try:
        client = client_for(account, read_tries=1)
    except (Invalid, Unreadable) as error:
        return _still_paused(due, str(error))
    try:
        if shows_what_is_known(account, client, Deadline(PROBE_SECONDS)):
            resume_after_trouble(account)
        else:
            pause_for_question(account, NONE_VISIBLE)
    except UpstreamError as error:
        return _still_paused(due, str(error))
    finally:
        client.close()
    account.refresh_from_db()
    return not account.is_paused


def _still_paused(account: AccountQuerySet, reason: str) -> bool:
    account.update(pause_reason=reason)
    return False


def shows_what_is_known(account: Account, client: Client, deadline: Deadline) -> bool:
    """As `sees_known_trunks`, with a read in any case: an account without known trunks answers
    at all."""
    if Trunk.objects.present().filter(account=account).exists():
        return sees_known_trunks(account, client, deadline)
    client.ids_named("", deadline)
    return True


def _next_probe(tries: int) -> datetime:
    return database_now() + timedelta(seconds=back_off(tries))


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
