"""The seeded account's customers, whose names their trunks carry."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Company:
    """`short` begins its trunks' names; `home` is where most of its numbers are."""

    name: str
    home: str
    purposes: tuple[str, ...]

    @property
    def short(self) -> str:
        return self.name.split()[0]

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


_FREIGHT = ("call centre", "dispatch", "drivers", "customs desk", "warehouse", "overflow")
_CLINIC = ("reception", "appointments", "nurse line", "on call", "recalls", "billing")
_RESEARCH = ("interviews", "panel", "fieldwork", "call-backs", "pilot study", "night shift")
_UTILITY = ("outages", "customer care", "meter readings", "collections", "field crews", "sales")
_HOTEL = ("front desk", "reservations", "rooms", "events", "night desk", "groups")
_RETAIL = ("orders", "returns", "stores", "customer care", "suppliers", "outbound sales")
_FINANCE = ("advisers", "claims", "fraud desk", "collections", "branches", "service desk")
_OFFICE = ("office", "support desk", "sales", "fax", "conference", "remote staff")

_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Northwind Freight", "LV", _FREIGHT),
    ("Halden Clinics", "NO", _CLINIC),
    ("Osprey Research", "GB", _RESEARCH),
    ("Kestrel Energy", "GB", _UTILITY),
    ("Lantern Hotels", "ES", _HOTEL),
    ("Fjordline Insurance", "NO", _FINANCE),
    ("Bluebird Couriers", "GB", _FREIGHT),
    ("Tamarind Foods", "DE", _RETAIL),
    ("Skerry Water", "NO", _UTILITY),
    ("Amberlight Telecare", "EE", _CLINIC),
    ("Cobalt Logistics", "DE", _FREIGHT),
    ("Juniper Credit", "SE", _FINANCE),
    ("Marlow Legal", "GB", _OFFICE),
    ("Baltic Timber", "LV", _OFFICE),
    ("Redwood Dental", "US", _CLINIC),
    ("Pinecrest Realty", "US", _OFFICE),
    ("Harbour Travel", "ES", _HOTEL),
    ("Solvang Solar", "NO", _UTILITY),
    ("Quarry Insights", "US", _RESEARCH),
    ("Tern Airlines", "SE", _HOTEL),
    ("Vantage Surveys", "DE", _RESEARCH),
    ("Willow Pharmacies", "GB", _RETAIL),
    ("Granite Bank", "EE", _FINANCE),
    ("Saffron Kitchens", "ES", _RETAIL),
    ("Cedar Housing", "GB", _OFFICE),
    ("Elm Street Motors", "US", _RETAIL),
    ("Beacon Alarms", "SE", _UTILITY),
    ("Orchard Schools", "DE", _OFFICE),
    ("Magnolia Care", "ES", _CLINIC),
    ("Polar Seafood", "NO", _FREIGHT),
    ("Sandpiper Ferries", "EE", _HOTEL),
    ("Thistle Brewing", "GB", _RETAIL),
    ("Ivory Tower Books", "DE", _RETAIL),
    ("Meridian Tax", "LV", _FINANCE),
    ("Copperfield Tools", "SE", _RETAIL),
    ("Larkspur Optics", "DE", _CLINIC),
    ("Riverbend Utilities", "US", _UTILITY),
    ("Foxglove Events", "ES", _HOTEL),
    ("Stonebridge Pensions", "GB", _FINANCE),
    ("Glacier Outfitters", "NO", _RETAIL),
)
COMPANIES = tuple(Company(*row) for row in _ROWS)
