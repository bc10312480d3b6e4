"""What a form was rendered with, carried by the form itself: signed, and good for one person.

On save only what differs from it was touched, and it is the base the change stands on: a form
opened before a pull and saved after it still knows what its reader saw.
"""

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone

from trunks.domain.units import Units

SALT = "trunks.web.forms.seen"
GOOD_FOR_SECONDS = 24 * 3600


class Unsigned(Exception):
    """Altered, too old, or made for another person or another trunk."""


def sign_seen(
    seen: Units, *, trunk_id: object, user_id: object, since: datetime | None = None
) -> str:
    """`since`: when it was shown first, where that was not now."""
    at = (since or timezone.now()).isoformat()
    document = {"trunk": str(trunk_id), "user": str(user_id), "at": at, "seen": dict(seen)}
    return signing.dumps(document, salt=SALT, compress=True)


def open_seen(text: str, *, trunk_id: object, user_id: object) -> dict[str, Any]:
    """The units as they were shown; raises `Unsigned`."""
    try:
        document = signing.loads(text, salt=SALT, max_age=GOOD_FOR_SECONDS)
        if (document["trunk"], document["user"]) != (str(trunk_id), str(user_id)):
            raise Unsigned
        return dict(document["seen"])
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        raise Unsigned from None


def seen_since(text: str) -> datetime | None:
    """When what is signed was shown first; None where nothing credible says it."""
    try:
        document = signing.loads(text, salt=SALT, max_age=GOOD_FOR_SECONDS)
        return datetime.fromisoformat(document["at"])
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None
