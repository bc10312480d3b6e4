"""What a person may have typed into a search box."""

import re

SEPARATORS = re.compile(r"[\s().\-/+]")


def digits_of(text: str) -> str:
    """The digits of something that looks like a phone number, else ""."""
    bare = SEPARATORS.sub("", text)
    return bare if bare.isascii() and bare.isdigit() else ""
