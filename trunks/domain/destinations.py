"""Which numbers can be dialled, as sets: by prefix, by country, by what a trunk lets through.

Upstream turns the default action around for what begins with a listed prefix: under `allow_all`
the list is refused, under `reject_all` it alone is allowed. Countries come from phonenumberslite's
metadata.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from babel import Locale
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from trunks.domain.prefixes import DIGITS, leading_prefixes
from trunks.domain.units import Units

TERRITORIES = Locale("en", "GB").territories
NORTH_AMERICA = 1
AREA_CODES = range(200, 1000)
ANY_LINE = "2222222"  # behind an area code: a number of that area
LONGEST_LEAD = 5  # digits that tell apart countries of one calling code
EVERYTHING = ""  # as a prefix


@dataclass(frozen=True, slots=True)
class Dialled:
    """The numbers that begin with one of `listed` and with none of `but`; `inverted`: all others.

    Two sets differ only where one of their prefixes begins, so what holds for each of these holds
    for every number.
    """

    listed: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()
    inverted: bool = False

    def holds(self, prefix: str) -> bool:
        """Whether the numbers of this prefix, and of no longer one that is named, belong to it."""
        leads = leading_prefixes(prefix)
        inside = not self.listed.isdisjoint(leads) and self.but.isdisjoint(leads)
        return inside != self.inverted

    @property
    def named(self) -> frozenset[str]:
        return self.listed | self.but


NO_NUMBER, ANY_NUMBER = Dialled(), Dialled(inverted=True)


def allowed_by(units: Units, *, unknown: Dialled) -> Dialled:
    """What a trunk lets through; `unknown`: what to make of a default action that was not read."""
    listed = frozenset(units.get("dst_prefixes") or ())
    if units.get("default_dst_action") == "allow_all":
        return Dialled(listed, inverted=True)
    return Dialled(listed) if units.get("default_dst_action") == "reject_all" else unknown


def beyond(wanted: Dialled, within: Sequence[Dialled]) -> tuple[str, ...]:
    """The shortest prefixes under which `wanted` holds numbers that none of `within` holds; ""
    stands for everything that is not named."""
    named = {EVERYTHING}.union(wanted.named, *(some.named for some in within))
    opened = {p for p in named if wanted.holds(p) and not any(s.holds(p) for s in within)}
    if EVERYTHING in opened:
        return (EVERYTHING,)
    return tuple(sorted(p for p in opened if opened.isdisjoint(leading_prefixes(p[:-1]))))


# --- Countries ------------------------------------------------------------------------------------


def parse_place(text: str) -> str:
    """ "es" → "ES", "+44" → "44"; `ValueError` with an end of sentence."""
    place = text.strip().upper().removeprefix("+")
    if DIGITS.fullmatch(place) and place.isascii():
        return place
    if place not in SUPPORTED_REGIONS:
        raise ValueError(f"“{text.strip()[:20]}” is neither a country (as ES) nor a prefix (as 34)")
    if not numbers_of(place).listed:
        shares = COUNTRY_CODE_TO_REGION_CODE[phonenumbers.country_code_for_region(place)][0]
        raise ValueError(
            f"{name_of(place)} shares its numbers with {name_of(shares)}: list prefixes"
        )
    return place


@lru_cache(maxsize=1024)
def numbers_of(place: str) -> Dialled:
    """A country's numbers, or those of a prefix. The first country of a shared calling code has
    what is not known to be another's."""
    if place.isdigit():
        return Dialled(frozenset({place}))
    code = phonenumbers.country_code_for_region(place)
    if code == NORTH_AMERICA:
        return Dialled(frozenset(f"1{area}" for area, its in _areas() if its == place))
    if lead := _lead(place):
        return Dialled(_leading(code, lead))
    first, *others = COUNTRY_CODE_TO_REGION_CODE[code]
    if place != first:
        return Dialled()
    theirs = (_leading(code, lead) for other in others if (lead := _lead(other)))
    return Dialled(frozenset({str(code)}), frozenset[str]().union(*theirs))


def _lead(region: str) -> str:
    metadata = PhoneMetadata.metadata_for_region(region)
    return str(metadata.leading_digits or "") if metadata else ""


@lru_cache(maxsize=256)
def _leading(code: int, pattern: str) -> frozenset[str]:
    """A pattern of leading digits, written out as prefixes."""
    lead = re.compile(pattern)
    return frozenset(f"{code}{digits}" for digits in _matching(lead, ""))


def _matching(lead: re.Pattern[str], digits: str) -> Iterator[str]:
    if lead.match(digits):
        yield digits
    elif len(digits) < LONGEST_LEAD:
        for digit in "0123456789":
            yield from _matching(lead, digits + digit)


@lru_cache(maxsize=1)
def _areas() -> tuple[tuple[int, str | None], ...]:
    """North America's area codes with their countries, as far as these are known."""
    of = phonenumbers.region_code_for_number
    number = phonenumbers.PhoneNumber
    return tuple(
        (area, of(number(country_code=NORTH_AMERICA, national_number=int(f"{area}{ANY_LINE}"))))
        for area in AREA_CODES
    )


# --- In words -------------------------------------------------------------------------------------


def name_of(place: str) -> str:
    """ "Spain", "+44"; "" is everything else."""
    if place == EVERYTHING:
        return "everything that is not listed"
    return f"+{place}" if place.isdigit() else str(TERRITORIES.get(place, place))


def names_of(places: Iterable[str], at_most: int = 6) -> str:
    """ "Spain, +44 and 3 more"."""
    names = [name_of(place) for place in places]
    if len(names) > at_most:
        return f"{', '.join(names[:at_most])} and {len(names) - at_most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
