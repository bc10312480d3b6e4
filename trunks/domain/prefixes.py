"""Tech prefixes, destination prefixes and Twilio account SIDs.

Source: the contract in tests/upstream (dst_prefixes, tech_prefix, twilio_account_sid).
"""

import re
from collections.abc import Iterable

from trunks.domain.networks import named, shown

MAX_TECH_PREFIX = 8
TECH_PREFIX = re.compile(r"[0-9#]{1,8}")
TWILIO_SID = re.compile(r"[a-zA-Z]{2}[0-9a-fA-F]{32}")
DIGITS = re.compile(r"[0-9]+")
MAX_PREFIX_DIGITS = 15  # E.164: a whole number has no more


def check_tech_prefix(text: str) -> str:
    """The prefix; `ValueError` with an end of sentence."""
    if not TECH_PREFIX.fullmatch(text):
        raise ValueError(f"must be at most {MAX_TECH_PREFIX} characters, only digits and #")
    return text


def check_twilio_sid(text: str) -> str:
    """The SID; `ValueError` that counts, since most mistakes are a lost character."""
    if TWILIO_SID.fullmatch(text):
        return text
    rule = "must be 34 characters: two letters, then 32 hexadecimal digits"
    raise ValueError(f"{rule}; this has {len(text)}" if len(text) != 34 else rule)


def parse_prefixes(values: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """Digits only, each once, in the order given (upstream stores repeats once), and complaints."""
    found: dict[str, None] = {}
    complaints = []
    for value in values:
        text = value.strip()
        if not (DIGITS.fullmatch(text) and text.isascii()):
            hint = " without + or separators" if text.lstrip("+").isdigit() else ""
            complaints.append(f"“{shown(text)}” is not a prefix: digits only{hint}")
        elif len(text) > MAX_PREFIX_DIGITS:
            complaints.append(f"“{shown(text)}” is longer than {MAX_PREFIX_DIGITS} digits")
        else:
            found[text] = None
    return tuple(found), named(complaints)


def leading_prefixes(number: str) -> list[str]:
    """Every prefix that covers the number, longest first."""
    return [number[:length] for length in range(len(number), 0, -1)]
