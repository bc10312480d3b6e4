"""Tokens for programs: a public key id, a secret shown once, a peppered digest kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Account, Customer, Token
from trunks.models.clock import database_now
from trunks.models.token import SCOPES
from trunks.services import audit

FORMAT = re.compile(r"ta_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
LAST_USE_EVERY = timedelta(minutes=1)
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def create_token(
    name: str,
    *,
    scopes: Iterable[str],
    account: Account | None = None,
    customer: Customer | None = None,
    expires_days: int | None = None,
    actor: Actor,
) -> tuple[Token, str]:
    """The token and its text, `ta_<key id>_<secret>`, which is never shown again.

    `customer`: whose slice it sees, and as whose owner it acts; `account`: where its creates go.
    """
    if not actor.may("add_token") or not _is_theirs(actor, customer):
        raise Denied(f"{actor.label} may not make such tokens")
    if customer and account and actor.customer_id and account != customer.account:
        raise Invalid([Problem("account", "is not the customer's")])
    chosen = [scope for scope in SCOPES if scope in set(scopes)] or ["read"]
    if not name.strip() or len(name) > 100:
        raise Invalid([Problem("name", "must have 1 to 100 characters")])
    if expires_days is not None and not 1 <= expires_days <= 3650:
        raise Invalid([Problem("expires", "must be 1 to 3650 days")])
    key_id = "".join(secrets.choice(ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    number, pepper = peppers()[-1]
    expiry = None if expires_days is None else database_now() + timedelta(days=expires_days)
    with transaction.atomic():
        token = Token.objects.create(
            name=name.strip(),
            key_id=key_id,
            digest=digest_of(secret, pepper),
            pepper=number,
            scopes=chosen,
            account=account,
            customer=customer,
            expires_at=expiry,
        )
        audit.record("token_made", actor=actor, subject=token, scopes=chosen)
    return token, f"ta_{key_id}_{secret}"


def revoke_token(key_id: str, *, actor: Actor) -> Token:
    """End a token at once, by its public key id. Raises `Denied`, `Invalid` for one unknown."""
    if not actor.may("change_token"):
        raise Denied(f"{actor.label} may not revoke tokens")
    token = Token.objects.select_related("customer").filter(key_id=key_id).first()
    if token is None or not _is_theirs(actor, token.customer):
        raise Invalid([Problem("token", "is not known by this key id")])
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=database_now()):
            audit.record("token_revoked", actor=actor, subject=token)
    token.refresh_from_db()
    return token


def _is_theirs(actor: Actor, customer: Customer | None) -> bool:
    """A customer's people have to do with their customer's tokens alone."""
    if actor.customer_id is None:
        return True
    return customer is not None and customer.pk == actor.customer_id


def find_token(text: str) -> Token | None:
    """The valid token of this text, or None; notes its use at most once a minute."""
    if not (match := FORMAT.fullmatch(text)):
        return None
    token = next(iter(Token.objects.order_by().filter(key_id=match[1])), None)
    pepper = dict(peppers()).get(token.pepper) if token else None
    if token is None or pepper is None:
        return None
    if not hmac.compare_digest(digest_of(match[2], pepper), token.digest):
        return None
    now = database_now()
    if not token.is_valid_at(now):
        return None
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USE_EVERY)
    if token.last_used_at is None or token.last_used_at < now - LAST_USE_EVERY:
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def peppers() -> list[tuple[int, str]]:
    """The numbered peppers of TOKEN_PEPPERS, in order; the last signs."""
    pairs = (entry.partition(":") for entry in settings.TOKEN_PEPPERS)
    return [(int(number), secret) for number, _, secret in pairs]


def digest_of(secret: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()
