"""What a URL asks for, made safe to look up: text a database can hold, numbers it can compare."""

from uuid import UUID

from django.http import HttpRequest

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
