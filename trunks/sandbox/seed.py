"""The first state of an account: places, numbers and trunks of plausible companies.

Everything is drawn from generators seeded by the thing's own name, so the same counts give
the same account, byte for byte, on any machine.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from .companies import COMPANIES
from .places import COUNTRIES, RANGES, Range
from .seed_numbers import NumberSeed
from .seed_trunks import TrunkSeed
from .store import Record

_NAMESPACE = uuid.UUID("6f0c2a52-6d1c-4d7a-9a52-2c8f4e1b7d10")
_OPENED = datetime(2023, 3, 1, 8, 0, tzinfo=UTC)


def seeded_id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def seeded_time(days: float) -> str:
    """A moment so many days after the account was opened, as the upstream writes it."""
    moment = _OPENED + timedelta(days=days)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def records(trunks: int = 0, dids: int = 0) -> list[Record]:
    """Every record of a fresh account, in the order of creation."""
    numbers = NumberSeed(seeded_id, seeded_time, dids).records()
    lines = TrunkSeed(seeded_id, seeded_time, numbers).records(trunks)
    return [_balance(), *_places(), *_companies(), *_inbound(), *numbers, *lines]


def _balance() -> Record:
    amounts = {"balance": "4210.35", "credit": "1000.00", "total_balance": "5210.35"}
    return Record("balances", seeded_id("balance"), amounts)


def _places() -> list[Record]:
    made = []
    for country in COUNTRIES:
        own = seeded_id(f"country {country.iso}")
        regions = [seeded_id(f"region {code}") for code, _ in country.regions]
        names = {"name": country.name, "prefix": country.prefix, "iso": country.iso}
        made.append(Record("countries", own, names, {"regions": regions}))
        for code, name in country.regions:
            attributes = {"name": name, "iso": code}
            region = seeded_id(f"region {code}")
            made.append(Record("regions", region, attributes, {"country": own}))
    made.append(Record("did_group_types", seeded_id("type Local"), {"name": "Local"}))
    for numbers in RANGES:
        made += [_city(numbers), _group(numbers)]
    return made


def _city(numbers: Range) -> Record:
    region = seeded_id(f"region {numbers.region}") if numbers.region else None
    country = seeded_id(f"country {numbers.iso}")
    relations = {"country": country, "region": region, "area": None}
    return Record("cities", seeded_id(f"city {numbers.city}"), {"name": numbers.city}, relations)


def _group(numbers: Range) -> Record:
    country = next(c for c in COUNTRIES if c.iso == numbers.iso)
    attributes = {
        "prefix": numbers.prefix.removeprefix(country.prefix),
        "features": list(numbers.features),
        "is_metered": False,
        "area_name": numbers.city,
        "allow_additional_channels": True,
        "service_restrictions": None,
    }
    relations: dict[str, Any] = {
        "country": seeded_id(f"country {numbers.iso}"),
        "region": seeded_id(f"region {numbers.region}") if numbers.region else None,
        "city": seeded_id(f"city {numbers.city}"),
        "did_group_type": seeded_id(f"type {numbers.kind}"),
        "stock_keeping_units": [],
        "address_requirement": None,
    }
    return Record("did_groups", seeded_id(f"group {numbers.prefix}"), attributes, relations)


def _inbound() -> list[Record]:
    """Where the account's incoming calls are led: one trunk, in a group of one."""
    trunk, group = seeded_id("inbound trunk"), seeded_id("inbound group")
    sip = {"host": "sip.exchange.example", "port": 5060, "username": "{DID}"}
    line = {
        "name": "Exchange",
        "priority": 1,
        "weight": 100,
        "capacity_limit": None,
        "cli_format": "e164",
        "cli_prefix": None,
        "description": None,
        "ringing_timeout": 30,
        "created_at": seeded_time(3),
        "external_reference_id": None,
        "configuration": {"type": "sip_configurations", "attributes": sip},
    }
    shared = {
        "name": "All exchanges",
        "capacity_limit": None,
        "created_at": seeded_time(3),
        "external_reference_id": None,
    }
    return [
        Record("voice_in_trunks", trunk, line, {"voice_in_trunk_group": group, "pop": None}),
        Record("voice_in_trunk_groups", group, shared, {"voice_in_trunks": [trunk]}),
    ]


def _companies() -> list[Record]:
    """Each company's order and emergency service, and the account's capacity pools."""
    made = []
    for index, company in enumerate(COMPANIES):
        draw = Random(f"order {company.name}")
        order = {
            "reference": f"{''.join(draw.choices('ABCDEFGH', k=3))}-{draw.randint(100000, 999999)}",
            "amount": f"{draw.randint(20, 400)}.0",
            "status": "completed",
            "description": "DID",
            "created_at": seeded_time(index),
            "callback_url": None,
        }
        made.append(Record("orders", seeded_id(f"order {company.name}"), order))
        service = {
            "name": f"{company.short} emergency",
            "reference": f"ECS-{draw.randint(100000, 999999)}",
            "status": "active",
            "activated_at": seeded_time(index + 9),
            "canceled_at": None,
            "created_at": seeded_time(index + 2),
        }
        emergency = seeded_id(f"emergency {company.name}")
        made.append(Record("emergency_calling_services", emergency, service))
    for name, channels in (("Standard", 120), ("Extended", 60)):
        pool = {
            "name": name,
            "renew_date": "2026-12-01",
            "total_channels_count": channels,
            "assigned_channels_count": channels // 2,
        }
        made.append(Record("capacity_pools", seeded_id(f"pool {name}"), pool))
    return made
