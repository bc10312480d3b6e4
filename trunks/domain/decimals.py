"""Decimal amounts as upstream writes them: text, at least one decimal ("3000.0", "50.25")."""

import re
from decimal import Decimal, InvalidOperation

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
    digits = format(value.normalize(), "f")
    return digits if "." in digits else f"{digits}.0"


def as_decimal(text: str | None) -> Decimal | None:
    """The number, or None for what is none (upstream's text is kept beside it anyway)."""
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 10**12 else None
