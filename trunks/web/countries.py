"""Which country a dialled prefix belongs to, and numbers as people write them.

From phonenumberslite's metadata; names are those of Unicode's CLDR, as Babel carries them.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from babel import Locale
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat

LOCALE = Locale("en", "GB")
# Calling codes that are whole zones, or no country at all.
ZONES = {"1": "North America", "7": "Russia and Kazakhstan"}
GLOBAL = {
    "800": "International freephone",
    "808": "International shared cost",
    "870": "Inmarsat satellite",
    "878": "Universal personal numbers",
    "881": "Satellite networks",
    "882": "International networks",
    "883": "International networks",
    "888": "Disaster relief",
    "979": "International premium rate",
}
NANP_NUMBER_DIGITS = 10
DIGITS = re.compile(r"[0-9]+")


class Place(NamedTuple):
    """`whole`: the prefix covers all of it, not a part."""

    name: str
    whole: bool


@lru_cache(maxsize=8192)
def place_of(prefix: str) -> Place | None:
    """The country or zone a prefix of digits leads to; None when it leads to several or none."""
    code = _calling_code(prefix) if DIGITS.fullmatch(prefix) else None
    if code is None:
        return None
    rest = prefix.removeprefix(code)
    if code in GLOBAL:
        return Place(GLOBAL[code], not rest)
    if code in ZONES and not rest:
        return Place(ZONES[code], True)
    region = _region(code, rest)
    return Place(LOCALE.territories.get(region, region), not rest) if region else None


def _calling_code(digits: str) -> str | None:
    for length in (1, 2, 3):
        start = digits[:length]
        if start and int(start) in COUNTRY_CODE_TO_REGION_CODE:
            return start
    return None


def _region(code: str, rest: str) -> str | None:
    """Calling codes are shared (+1, +44, +47…): the digits that follow tell whose it is."""
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if code == "1":
        return _north_american(rest)
    for region in regions[1:]:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata and metadata.leading_digits and re.match(metadata.leading_digits, rest):
            return str(region)
    return str(regions[0])


def _north_american(rest: str) -> str | None:
    if len(rest) < 3:
        return None
    national = int((rest + "2" * NANP_NUMBER_DIGITS)[:NANP_NUMBER_DIGITS])
    number = phonenumbers.PhoneNumber(country_code=1, national_number=national)
    return phonenumbers.region_code_for_number(number) or "US"


@lru_cache(maxsize=8192)
def number_in_words(digits: str | None) -> str:
    """`+47 21 55 01 20`; what is no number is shown as it came."""
    if not digits:
        return "no number"
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
