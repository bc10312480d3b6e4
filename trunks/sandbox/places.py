"""Where the seeded numbers are: countries, cities and number ranges kept for fiction.

The British, German, Swedish and American ranges are those set aside for drama; the others
look right and stay in one block of a thousand until more numbers are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

VOICE = ("voice_in", "voice_out", "t38")
RICH = ("voice_in", "voice_out", "t38", "sms_in", "emergency")
EMERGENCY = ("voice_in", "voice_out", "emergency")
INBOUND = ("voice_in", "sms_in")


@dataclass(frozen=True)
class Country:
    iso: str
    name: str
    prefix: str
    regions: tuple[tuple[str, str], ...] = ()
    dialled: tuple[str, ...] = ()
    """Prefixes that a company from here calls most."""


@dataclass(frozen=True)
class Range:
    """Numbers `prefix` + `width` digits from `first` on, at most `count` of them."""

    iso: str
    city: str
    prefix: str
    width: int
    first: int
    count: int
    features: tuple[str, ...] = VOICE
    region: str | None = None
    kind: str = "Local"


COUNTRIES = (
    Country("NO", "Norway", "47", dialled=("47", "46", "45")),
    Country("GB", "United Kingdom", "44", dialled=("44", "353", "33")),
    Country("LV", "Latvia", "371", dialled=("371", "372", "370", "358")),
    Country("EE", "Estonia", "372", dialled=("372", "371", "358")),
    Country("SE", "Sweden", "46", dialled=("46", "47", "45", "358")),
    Country("DE", "Germany", "49", dialled=("49", "43", "41")),
    Country("ES", "Spain", "34", dialled=("34", "351", "33")),
    Country(
        "US",
        "United States",
        "1",
        (("US-NY", "New York"), ("US-CA", "California"), ("US-IL", "Illinois")),
        dialled=("1212", "1415", "1312", "1"),
    ),
)
RANGES = (
    Range("NO", "Oslo", "4721", 6, 550100, 400_000, RICH),
    Range("NO", "Bergen", "4755", 6, 550100, 400_000),
    Range("NO", "Trondheim", "4773", 6, 550100, 400_000, INBOUND),
    Range("GB", "London", "44207946", 4, 0, 1000, RICH),
    Range("GB", "Manchester", "44161496", 4, 0, 1000),
    Range("GB", "Leeds", "44113496", 4, 0, 1000, EMERGENCY),
    Range("GB", "Edinburgh", "44131496", 4, 0, 1000, INBOUND),
    Range("LV", "Riga", "37167", 6, 550100, 400_000, EMERGENCY),
    Range("LV", "Liepaja", "37163", 6, 455100, 400_000, INBOUND),
    Range("EE", "Tallinn", "3726", 6, 550100, 400_000),
    Range("EE", "Tartu", "3727", 6, 350100, 400_000, INBOUND),
    Range("SE", "Stockholm", "46846500", 3, 400, 100, RICH),
    Range("SE", "Gothenburg", "46313900", 3, 600, 50),
    Range("SE", "Malmo", "46406280", 3, 400, 100, INBOUND),
    Range("DE", "Berlin", "493023125", 3, 0, 1000, RICH),
    Range("DE", "Hamburg", "494066969", 3, 0, 1000),
    Range("DE", "Munich", "498999998", 3, 0, 1000, EMERGENCY),
    Range("DE", "Frankfurt", "496990009", 3, 0, 1000, INBOUND),
    Range("ES", "Madrid", "3491", 7, 5550100, 400_000),
    Range("ES", "Barcelona", "3493", 7, 5550100, 400_000, RICH),
    Range("ES", "Valencia", "3496", 7, 5550100, 400_000, INBOUND),
    Range("US", "New York", "1212555", 4, 100, 100, RICH, "US-NY"),
    Range("US", "San Francisco", "1415555", 4, 100, 100, VOICE, "US-CA"),
    Range("US", "Chicago", "1312555", 4, 100, 100, INBOUND, "US-IL"),
)
