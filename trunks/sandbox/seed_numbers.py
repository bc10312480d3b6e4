"""Seeded DIDs: about nine in ten can call out; a few are blocked, cancelled or not yet theirs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from .companies import COMPANIES, Company
from .places import RANGES, Range
from .resources import DIDS, TYPES
from .store import Record

_NOTES = ("main line", "reception", "campaign", "branch", "desk", "hotline", "fax", "reserve")
_INBOUND_SHARE = 0.08
# Countries whose ranges never run out take what the small ones cannot hold.
_ROOMY = tuple(r for r in RANGES if r.count > 10_000 and "voice_out" in r.features)


class NumberSeed:
    """Numbers go to the companies in turn, each from its home country's ranges."""

    def __init__(
        self, id_of: Callable[[str], str], time_of: Callable[[float], str], count: int
    ) -> None:
        self.id_of = id_of
        self.time_of = time_of
        self.count = count
        self._used: dict[str, int] = {}

    def records(self) -> list[Record]:
        return [self._did(i, COMPANIES[i % len(COMPANIES)]) for i in range(self.count)]

    def _did(self, index: int, company: Company) -> Record:
        draw = Random(f"did {index}")
        numbers = self._range(company, draw)
        attributes = self._attributes(index, company, self._next(numbers), draw)
        can_call = "emergency" in numbers.features and not attributes["blocked"]
        attributes["emergency_enabled"] = can_call and draw.random() < 0.25
        relations: dict[str, Any] = dict.fromkeys(TYPES[DIDS].relations)
        relations["did_group"] = self.id_of(f"group {numbers.prefix}")
        relations["order"] = self.id_of(f"order {company.name}")
        if draw.random() < 0.5:
            relations["voice_in_trunk"] = self.id_of("inbound trunk")
        if draw.random() < 0.2:
            pool = draw.choice(("Standard", "Extended"))
            relations["capacity_pool"] = self.id_of(f"pool {pool}")
        if attributes["emergency_enabled"]:
            service = self.id_of(f"emergency {company.name}")
            relations["emergency_calling_service"] = service
        return Record(DIDS, self.id_of(f"did {index}"), attributes, relations)

    def _range(self, company: Company, draw: Random) -> Range:
        is_inbound = draw.random() < _INBOUND_SHARE
        ranges = [
            numbers
            for numbers in RANGES
            if numbers.iso == company.home
            and ("voice_out" in numbers.features) is not is_inbound
            and self._used.get(numbers.prefix, 0) < numbers.count
        ]
        return draw.choice(ranges or list(_ROOMY))

    def _next(self, numbers: Range) -> str:
        used = self._used.get(numbers.prefix, 0)
        self._used[numbers.prefix] = used + 1
        return f"{numbers.prefix}{numbers.first + used:0{numbers.width}d}"

    def _attributes(
        self, index: int, company: Company, number: str, draw: Random
    ) -> dict[str, Any]:
        fate = draw.random()
        is_awaiting, is_terminated = fate < 0.015, 0.015 <= fate < 0.03
        cycles = draw.choice((None, None, None, None, 1, 6, 12))
        note = f"{company.short} {draw.choice(_NOTES)}"
        created = 20 + draw.random() * 900
        return {
            "number": number,
            "blocked": is_awaiting or 0.03 <= fate < 0.045,
            "capacity_limit": draw.choice((None, None, None, 2, 4, 10)),
            "description": note if draw.random() < 0.7 else None,
            "terminated": is_terminated,
            "awaiting_registration": is_awaiting,
            "created_at": self.time_of(created),
            "billing_cycles_count": 0 if is_terminated else cycles,
            "channels_included_count": draw.choice((0, 2, 2, 2, 5)),
            "dedicated_channels_count": draw.choice((0, 0, 0, 0, 1, 2)),
            "emergency_enabled": False,
            "expires_at": self.time_of(1361 + draw.random() * 27),
        }
