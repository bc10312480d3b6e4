"""Checks of single values: each returns what is stored, or raises `Invalid` with the message."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], Any]

BLANK = "can't be blank"
INVALID = "is invalid"
TAKEN = "has already been taken"
NOT_LISTED = "is not included in the list"
NOT_A_NUMBER = "is not a number"
NOT_UNIQUE = "must be unique"
MOST_NETWORKS = 60


class Invalid(Exception):
    """The message of a validation error, without the field's name."""


def required_text(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Invalid(BLANK)
    if not isinstance(value, str):
        raise Invalid(INVALID)
    return value


def optional_text(longest: int | None = None) -> Check:
    def check(value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            raise Invalid(INVALID)
        if value is not None and longest is not None and len(value) > longest:
            raise Invalid(f"is too long (maximum is {longest} characters)")
        return value

    return check


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(NOT_LISTED)
    return value


def one_of(choices: Iterable[str]) -> Check:
    allowed = tuple(choices)

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Invalid(NOT_LISTED)
        return value

    return check


def required_one_of(choices: Iterable[str]) -> Check:
    listed = one_of(choices)

    def check(value: Any) -> Any:
        if value is None or value == "":
            raise Invalid(BLANK)
        return listed(value)

    return check


def integer(least: int, most: int | None, *, nullable: bool = False) -> Check:
    def check(value: Any) -> int | None:
        if value is None and nullable:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Invalid(NOT_A_NUMBER)
        if not isinstance(value, int):
            raise Invalid("must be an integer")
        if value < least:
            raise Invalid(f"must be greater than or equal to {least}")
        if most is not None and value > most:
            raise Invalid(f"must be less than or equal to {most}")
        return value

    return check


def amount(value: Any) -> str:
    """A decimal from 0 to 100000, written as the upstream does: at least one decimal place."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Invalid(NOT_A_NUMBER)
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", str(value).strip()):
        raise Invalid(NOT_A_NUMBER)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise Invalid(NOT_A_NUMBER) from None
    if number < 0:
        raise Invalid("must be greater than or equal to 0")
    if number > 100_000:
        raise Invalid("must be less than or equal to 100000")
    return written_amount(number)


def written_amount(number: Decimal) -> str:
    text = f"{abs(number):f}"
    whole, _, places = text.partition(".")
    return f"{int(whole)}.{places.rstrip('0') or '0'}"


def destination_prefixes(value: Any) -> list[str]:
    """Digits only; a repeated prefix is accepted and stored once."""
    if not isinstance(value, list):
        raise Invalid(INVALID)
    for prefix in value:
        if not isinstance(prefix, str) or not re.fullmatch(r"[0-9]+", prefix):
            raise Invalid(INVALID)
    return list(dict.fromkeys(value))


def networks(value: Any) -> list[str]:
    """Addresses and CIDRs in normal form; host bits and doubles by normal form are refused."""
    if not isinstance(value, list):
        raise Invalid(INVALID)
    if len(value) > MOST_NETWORKS:
        raise Invalid(f"is too long (maximum is {MOST_NETWORKS} elements)")
    normal = [_network(item) for item in value]
    if len(set(normal)) < len(normal):
        raise Invalid(NOT_UNIQUE)
    return normal


def _network(value: Any) -> str:
    if not isinstance(value, str) or "%" in value:
        raise Invalid(INVALID)
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError:
        raise Invalid(INVALID) from None


def optional_networks(value: Any) -> list[str] | None:
    return None if value is None else networks(value)


def tech_prefix(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9#]+", value):
        raise Invalid(INVALID)
    if len(value) > 8:
        raise Invalid("is too long (maximum is 8 characters)")
    return value


def twilio_account_sid(value: Any) -> str:
    if value is None or value == "":
        raise Invalid(BLANK)
    if not isinstance(value, str) or not re.fullmatch(r"[a-zA-Z]{2}[0-9a-fA-F]{32}", value):
        raise Invalid(INVALID)
    return value


def callback_url(value: Any) -> str | None:
    """http and https only; without a scheme it is taken as http."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or re.search(r"[\s\x00-\x1f]", value):
        raise Invalid(INVALID)
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        raise Invalid(INVALID) from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise Invalid(INVALID)
    if not port_is_readable:
        raise Invalid(INVALID)
    return url
