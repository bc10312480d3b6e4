"""`Idempotency-Key`: a POST that is repeated is answered again, not done again.

A key is any text of up to 255 characters, unique per token, and points at the change it made. A
change that ended unsent frees its key.
"""

import hashlib

from rest_framework.request import Request

from trunks.api import errors
from trunks.models import Change, Token

HEADER = "Idempotency-Key"
LONGEST = 255


def key_of(request: Request) -> str:
    """ "" where none was sent, or the request is no POST. Raises a 400 for one too long."""
    if request.method != "POST":
        return ""
    key = request.headers.get(HEADER, "").strip()
    if len(key) > LONGEST or not key.isprintable():
        raise errors.header_not_allowed(HEADER, f"may hold {LONGEST} printable characters")
    return key


def digest_of(request: Request) -> str:
    """Of what was asked for, where: the same bytes to the same path."""
    asked = request._request.path.encode() + b"\0" + request._request.body
    return hashlib.sha256(asked).hexdigest()


def earlier_change(request: Request, token: Token) -> Change | None:
    """The change this key has made already. Raises a 422 when it was made of another body."""
    if not (key := key_of(request)):
        return None
    made = Change.objects.holding_key("token", str(token.pk), key)
    if made is not None and made.idempotency_digest != digest_of(request):
        raise errors.key_reused()
    return made


def marks(request: Request) -> dict[str, str]:
    """What the change carries so that it is found again."""
    if not (key := key_of(request)):
        return {}
    return {"idempotency_key": key, "idempotency_digest": digest_of(request)}
