"""What a person may have typed into a search box."""

import re
import uuid

SEPARATORS = re.compile(r"[\s().\-/+]")


def digits_of(text: str) -> str:
    """The digits of something that looks like a phone number, else ""."""
    bare = SEPARATORS.sub("", text)
    return bare if bare.isascii() and bare.isdigit() else ""


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
