"""What production refuses to start with."""

import re
from collections.abc import Iterable, Set
from urllib.parse import urlsplit

import dj_email_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_LENGTH = 50
PEPPER = re.compile(r"[1-9][0-9]{0,5}:.{16,}")
QUEUES = ("embedded", "celery")
THIS_MACHINE = re.compile(r"(.+\.)?localhost|127\.[0-9.]+|0\.0\.0\.0|\[?::1\]?")


def refuse_unsafe(*, development: Set[str], **values: str | list[str]) -> None:
    """Raise `ImproperlyConfigured` that names every missing or development-only setting."""
    complaints = [*_missing(values), *_development_only(values, development)]
    complaints += _not_fernet_keys(values.get("SEALING_KEYS", []))
    complaints += _not_peppers(values.get("TOKEN_PEPPERS", []))
    complaints += _not_over_tls(str(values.get("PUBLIC_URL", "")))
    if complaints:
        raise ImproperlyConfigured(
            "DEBUG is false and these settings are not safe: " + "; ".join(complaints)
        )


def refuse_public_development(
    *, development: Set[str], secrets: Iterable[str], hosts: Iterable[str], public_url: str
) -> None:
    """Development's secrets are public: whoever else reaches it could sign in as anyone."""
    if not development & set(secrets):
        return
    places = {"ALLOWED_HOSTS": list(hosts), "PUBLIC_URL": [urlsplit(public_url).hostname or ""]}
    for name, found in places.items():
        if strange := [host for host in found if host and not THIS_MACHINE.fullmatch(host)]:
            raise ImproperlyConfigured(
                f"{name} names {strange[0]}, which is not this machine, while development's public "
                "secrets are in use: set DEBUG=false and secrets of your own"
            )


def refuse_queue(queue: str, redis_url: str) -> None:
    if queue not in QUEUES:
        raise ImproperlyConfigured(f"TASK_QUEUE must be {' or '.join(QUEUES)}")
    if queue == "celery" and not redis_url:
        raise ImproperlyConfigured("TASK_QUEUE=celery needs REDIS_URL, where its messages wait")


def refuse_mail(url: str) -> None:
    """An unknown scheme would be sent to this machine's port 25, whatever else the URL says."""
    if url.partition(":")[0].lower() not in dj_email_url.SCHEMES or ":" not in url:
        known = ", ".join(f"{scheme}:" for scheme in sorted(dj_email_url.SCHEMES))
        raise ImproperlyConfigured(f"EMAIL_URL must begin with one of {known}")


def _missing(values: dict[str, str | list[str]]) -> Iterable[str]:
    return [f"{name} is missing" for name, value in values.items() if not value]


def _development_only(values: dict[str, str | list[str]], development: Set[str]) -> Iterable[str]:
    for name, value in values.items():
        if development & set([value] if isinstance(value, str) else value):
            yield f"{name} holds the development value, which is public"
    if "*" in values.get("ALLOWED_HOSTS", []):
        yield "ALLOWED_HOSTS must name the hosts, not all of them"
    if 0 < len(values.get("SECRET_KEY", "")) < SECRET_KEY_LENGTH:
        yield f"SECRET_KEY must have at least {SECRET_KEY_LENGTH} characters"


def _not_over_tls(url: str) -> Iterable[str]:
    """Plain HTTP only where nothing leaves the machine: passwords and sessions pass there."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and THIS_MACHINE.fullmatch(parts.hostname or "")
    if url and not (parts.scheme == "https" and parts.hostname) and not local:
        yield "PUBLIC_URL must begin with https:// (http:// only for this machine itself)"


def _not_fernet_keys(keys: str | list[str]) -> Iterable[str]:
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield f"SEALING_KEYS: number {position} is not a Fernet key (32 bytes, url-safe base64)"


def _not_peppers(peppers: str | list[str]) -> Iterable[str]:
    for position, pepper in enumerate(peppers, start=1):
        if not PEPPER.fullmatch(pepper):
            yield f"TOKEN_PEPPERS: entry {position} is not number:secret (16 characters or more)"
