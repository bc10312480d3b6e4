"""Who may be told about the machinery: this machine itself, or who knows the token."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# What a proxy adds. Behind one every request comes from this machine.
FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")


def is_insider(request: HttpRequest) -> bool:
    """Straight from this machine, without a proxy between; or with `METRICS_TOKEN`."""
    return _knows_the_token(request) or _is_local(request)


def _knows_the_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted: str = settings.METRICS_TOKEN
    if not wanted or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), wanted.encode())


def _is_local(request: HttpRequest) -> bool:
    if any(name in FORWARDED or name.startswith("HTTP_X_FORWARDED_") for name in request.META):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:  # a socket of the file system
        return False
