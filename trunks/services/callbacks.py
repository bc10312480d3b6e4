"""What upstream tells by itself: a trunk was blocked, or goes on. Signed, kept once each.

The request that brings an event only stores it: the trunk is read again by whoever drains next
(`callback_reads`).
"""

import logging
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Secret, Unreadable
from trunks.domain.signatures import is_signed, trouble_with_secret
from trunks.models import Account
from trunks.models.fields import current_seal
from trunks.services import audit
from trunks.services.callback_events import keep_events
from trunks.upstream.callbacks import read_told_events

log = logging.getLogger("trunks.callbacks")


class UnsignedCallback(Exception):
    """Not upstream's, as far as can be told; what is wrong stands in the log only."""


class MalformedCallback(Exception):
    """Not a list of JSON objects, so nothing upstream could have signed."""


def callback_url(account: Account) -> str:
    """Where upstream delivers this account's events: the `callback_url` to give its trunks."""
    return settings.PUBLIC_URL + reverse("callback", args=[account.pk])


def set_callback_secret(account: Account, secret: Secret | None, *, actor: Actor) -> None:
    """The secret upstream signs callbacks with, or None to take it away: then none is believed.

    Raises `Denied`, `Invalid`.
    """
    if not actor.may("change_account"):
        raise Denied(f"{actor.label} may not change account")
    if secret is not None and (problem := trouble_with_secret(secret)):
        raise Invalid([Problem("callback_secret", problem)])
    act = "callback_secret_removed" if secret is None else "callback_secret_set"
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(callback_secret=secret)
        audit.record(act, actor=actor, subject=account)


def receive_callback(account_id: int, *, url: str, signature: str, body: bytes) -> int:
    """Store what the body tells, each event once; how many were new. No upstream traffic.

    `url` is what upstream was told to call and has signed. Upstream delivers up to ten times,
    and several events at once. Raises `UnsignedCallback` or `MalformedCallback`; both are counted.
    """
    account = Account.objects.filter(pk=account_id).first()
    try:
        payload = _parsed(body)  # first: what is no JSON is told alike, whichever account is named
        if account is not None:
            _verify(account, url, signature, payload)
    except (UnsignedCallback, MalformedCallback) as error:
        if account is not None:
            _count_refused(account, error)
        raise
    if account is None:
        raise UnsignedCallback
    events = [payload] if isinstance(payload, dict) else payload
    told = list(read_told_events(events))
    if len(told) < len(events):
        log.warning(
            "callback of account %s: %d not understood", account.pk, len(events) - len(told)
        )
    return keep_events(account, told) if told else 0


def _count_refused(account: Account, why: Exception) -> None:
    log.warning("callback of account %s refused: %s", account.pk, why)
    Account.objects.filter(pk=account.pk).update(callbacks_refused=F("callbacks_refused") + 1)


def _verify(account: Account, url: str, signature: str, payload: Any) -> None:
    """Whether it bears the account's signature: never that of its API key."""
    if not signature:
        raise UnsignedCallback("not signed")
    if account.callback_secret is None:
        raise UnsignedCallback("the account has no callback secret")
    try:
        secret = current_seal().open(account.callback_secret)
    except Unreadable:
        raise UnsignedCallback("no key in SEALING_KEYS opens the callback secret") from None
    if trouble_with_secret(secret):  # anybody could sign with an empty one
        raise UnsignedCallback("the account's callback secret is none")
    if not is_signed(signature, url, payload, secret):
        raise UnsignedCallback("the signature is wrong")


def _parsed(body: bytes) -> Any:
    try:
        payload = orjson.loads(body)
        orjson.dumps(payload)  # it writes 254 levels: what nests deeper could not be signed here
    except orjson.JSONDecodeError:
        raise MalformedCallback("not JSON") from None
    except orjson.JSONEncodeError:
        raise MalformedCallback("nested too deep") from None
    events = payload if isinstance(payload, list) else [payload]
    if not all(isinstance(event, dict) for event in events):
        raise MalformedCallback("not a list of objects")
    return payload
