"""What a URL asks for, made safe to look up: text a database can hold, numbers it can compare."""

from datetime import UTC, datetime, time
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

MAX_TEXT = 200
MAX_DIGITS = 15


def text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:MAX_TEXT]


def number(request: HttpRequest, name: str) -> int | None:
    value = text(request, name)
    fits = value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS
    return int(value) if fits else None


def uuid(request: HttpRequest, name: str) -> UUID | None:
    return as_uuid(text(request, name))


def as_uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def instant(request: HttpRequest, name: str, *, end: bool = False) -> datetime | None:
    return as_instant(text(request, name), end=end)


def as_instant(value: str, *, end: bool = False) -> datetime | None:
    """A time (`2026-05-12T14:03`), or a day: its first instant or, with `end`, its last."""
    value = value[:MAX_TEXT].strip()
    if "T" in value:
        value = value.replace(" ", "+")  # of its zone, where it was not encoded
    try:
        if day := parse_date(value):
            at = datetime.combine(day, time.max if end else time.min)
        else:
            at = parse_datetime(value)  # type: ignore[assignment]
        at = timezone.make_aware(at) if at and timezone.is_naive(at) else at
        return at.astimezone(UTC) if at else None  # the year 0 there is none in any database
    except (ValueError, OverflowError):
        return None
