"""Decimal amounts as upstream writes them: text, at least one decimal ("3000.0", "50.25")."""

import re
from decimal import Decimal, InvalidOperation

MOST = Decimal(999_999_999_999)  # what the database's columns hold, rounding included
MAX_DECIMALS = 100  # "1e-999999999" is a number too, and would be written out in full
PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def parse_amount(text: str) -> str:
    """An amount of money as upstream writes it; `ValueError` with an end of sentence."""
    if not (PLAIN.fullmatch(text) and text.isascii()):
        raise ValueError("must be an amount such as 50 or 50.25, zero or more")
    return canonical(text)


def canonical(text: str) -> str:
    """ "50", "50.00" and "50.0" are one amount, "50.0"; what is no number stays as it is."""
    value = as_decimal(text)
    if value is None:
        return text
    whole, _, decimals = format(abs(value) if value == 0 else value, "f").partition(".")
    return f"{whole.lstrip('0') or '0'}.{decimals.rstrip('0') or '0'}"


def as_decimal(text: str | None) -> Decimal | None:
    """The number, or None for what is none (upstream's text is kept beside it anyway)."""
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= MOST or value.adjusted() < -MAX_DECIMALS:
        return None
    return value
