"""Upstream's callbacks as tests send them: events, their signature, their delivery."""

import json
from typing import Any

from django.test import Client
from django.urls import reverse

from trunks.domain.actor import SYSTEM
from trunks.domain.secrets import Secret
from trunks.domain.signatures import signatures
from trunks.models import Account
from trunks.services.callbacks import callback_url, set_callback_secret

SECRET = Secret("callback-secret-of-production")


def given_secret(account: Account, secret: Secret = SECRET) -> Account:
    set_callback_secret(account, secret, actor=SYSTEM)
    account.refresh_from_db()
    return account


def event_of(trunk_id: object, **members: Any) -> dict[str, Any]:
    usual = {
        "id": str(trunk_id),
        "type": "voice_out_trunks",
        "status": "blocked",
        "threshold_reached": True,
        "created_at": "2026-11-23T09:00:00.123Z",
    }
    return {**usual, **members}


def signature_of(account: Account, payload: Any, secret: Secret = SECRET) -> str:
    return signatures(callback_url(account), payload, secret)[0]


def tell(account: Account, *events: dict[str, Any], **how: Any) -> int:
    """The status that a delivery of these events is answered with."""
    payload: Any = how.pop("payload", list(events))
    secret = how.pop("secret", SECRET)
    return knock(
        account, json.dumps(payload).encode(), signature_of(account, payload, secret), **how
    )


def knock(
    account: Account | int,
    body: bytes,
    signature: str | None,
    *,
    content_type: str = "application/json",
    method: str = "post",
    **headers: str,
) -> int:
    """The status that any request to the door is answered with."""
    pk = account if isinstance(account, int) else account.pk
    if signature is not None:
        headers["X-DIDWW-Signature"] = signature
    door = getattr(Client(), method)
    url = reverse("callback", args=[pk])
    return int(door(url, body, content_type=content_type, headers=headers).status_code)
