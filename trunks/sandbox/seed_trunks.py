"""Seeded trunks: all three methods, realistic networks, some near or over their limit."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from random import Random
from typing import Any

from .companies import COMPANIES, Company
from .places import COUNTRIES, RANGES
from .resources import TRUNK_DEFAULTS, TRUNKS
from .seed_networks import networks
from .store import Record
from .values import written_amount

_LIMITS = (20, 50, 50, 100, 100, 150, 250, 300, 500, 750, 1000, 1500, 2000, 3000)
_CAPACITIES = (None, None, None, 2, 5, 10, 15, 20, 30, 50, 60, 100, 200)
_PREMIUM = ("1900", "4490", "870", "881", "882", "88213", "3906")
_DIALLED = {country.iso: country.dialled for country in COUNTRIES}
_CITIES = {c.iso: [r.city for r in RANGES if r.iso == c.iso] for c in COUNTRIES}
_ALPHABET = string.ascii_letters + string.digits
# Rare, because each such trunk is linked with every emergency-enabled number of the account.
_EVERY_EMERGENCY_NUMBER = 250


class TrunkSeed:
    """Trunks go to the companies in turn; their numbers are the company's own."""

    def __init__(
        self, id_of: Callable[[str], str], time_of: Callable[[float], str], dids: list[Record]
    ) -> None:
        self.id_of = id_of
        self.time_of = time_of
        self._outbound = _by_company(
            dids, lambda did: not did["awaiting_registration"] and not did["terminated"]
        )
        self._emergency = _by_company(dids, lambda did: did["emergency_enabled"])
        inbound = {id_of(f"group {r.prefix}") for r in RANGES if "voice_out" not in r.features}
        for own in self._outbound:
            own[:] = [did for did in own if did.relations["did_group"] not in inbound]
        self._names: Counter[str] = Counter()

    def records(self, count: int) -> list[Record]:
        return [self._trunk(i, count) for i in range(count)]

    def _trunk(self, index: int, count: int) -> Record:
        draw = Random(f"trunk {index}")
        own = index % len(COMPANIES)
        company = COMPANIES[own]
        sources = networks(own, draw)
        attributes = {
            **TRUNK_DEFAULTS,
            "name": self._name(company, draw),
            "created_at": self.time_of(30 + 1320 * (index + draw.random()) / max(count, 1)),
            "authentication_method": self._method(index, sources, draw),
            "capacity_limit": draw.choice(_CAPACITIES),
            "rtp_timeout": draw.choice((30, 30, 30, 60, 120)),
            "force_symmetric_rtp": draw.random() < 0.3,
            "rtp_ping": draw.random() < 0.1,
            "allowed_rtp_ips": sources[:2] if draw.random() < 0.12 else None,
            "media_encryption_mode": _weighted(
                draw, {"disabled": 60, "srtp_sdes": 25, "srtp_dtls": 10, "zrtp": 5}
            ),
        }
        attributes |= self._references(index, company, draw)
        attributes |= _destinations(company, draw)
        spending, meta = _spending(draw)
        attributes |= spending
        flags, relations = self._numbers(index, own, draw)
        attributes |= flags
        return Record(TRUNKS, self.id_of(f"trunk {index}"), attributes, relations, meta)

    def _name(self, company: Company, draw: Random) -> str:
        city = draw.choice(_CITIES[company.home])
        name = f"{company.short} {draw.choice(company.purposes)} {city}"
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name} {self._names[name]}"

    def _method(self, index: int, sources: list[str], draw: Random) -> dict[str, Any]:
        type_ = _weighted(draw, {"credentials_and_ip": 70, "ip_only": 12, "twilio": 18})
        if type_ == "twilio":
            sid = f"AC{draw.getrandbits(128):032x}"
            return {"type": type_, "attributes": {"twilio_account_sid": sid}}
        prefix = f"{draw.randint(10, 9999)}{draw.choice(('', '#'))}"
        attributes: dict[str, Any] = {
            "allowed_sip_ips": sources,
            "tech_prefix": prefix if draw.random() < 0.25 else None,
        }
        if type_ == "credentials_and_ip":
            attributes["username"] = "".join(draw.choices(_ALPHABET, k=16))
            attributes["password"] = "".join(draw.choices(_ALPHABET, k=16))
        return {"type": type_, "attributes": attributes}

    def _references(self, index: int, company: Company, draw: Random) -> dict[str, Any]:
        hook = f"https://hooks.{company.slug}.example/didww/{index + 1}"
        return {
            "external_reference_id": f"crm-{4000 + index}" if draw.random() < 0.75 else None,
            "callback_url": hook if draw.random() < 0.25 else None,
        }

    def _numbers(self, index: int, own: int, draw: Random) -> tuple[dict[str, Any], dict[str, Any]]:
        """The flags and relationships around caller IDs, consistent with each other."""
        outbound, emergency = self._outbound[own], self._emergency[own]
        takes_any = draw.random() < 0.08
        every_emergency = index % _EVERY_EMERGENCY_NUMBER == _EVERY_EMERGENCY_NUMBER - 30
        action = _weighted(
            draw, {"send_original_cli": 55, "reject_call": 37, "replace_cli": 6, "randomize_cli": 2}
        )
        if action == "replace_cli" and not outbound:
            action = "reject_call"
        flags = {
            "allow_any_did_as_cli": takes_any,
            "emergency_enable_all": every_emergency,
            "on_cli_mismatch_action": action,
        }
        linked = [] if takes_any else _some(outbound, draw, most=5)
        emergency_linked = draw.random() < 0.25 and not every_emergency
        relations = {
            "dids": linked,
            "emergency_dids": _some(emergency, draw, most=2) if emergency_linked else [],
            "default_did": draw.choice(outbound).id if action == "replace_cli" else None,
        }
        return flags, relations


def _by_company(
    dids: list[Record], is_wanted: Callable[[dict[str, Any]], bool]
) -> list[list[Record]]:
    sorted_out: list[list[Record]] = [[] for _ in COMPANIES]
    for index, did in enumerate(dids):
        if is_wanted(did.attributes):
            sorted_out[index % len(COMPANIES)].append(did)
    return sorted_out


def _some(dids: list[Record], draw: Random, most: int) -> list[str]:
    return [did.id for did in draw.sample(dids, min(len(dids), draw.randint(1, most)))]


def _weighted(draw: Random, weights: dict[str, int]) -> str:
    return draw.choices(tuple(weights), tuple(weights.values()))[0]


def _destinations(company: Company, draw: Random) -> dict[str, Any]:
    """An allow-list of where they call, a deny-list of premium numbers, or nothing."""
    kind = _weighted(draw, {"open": 50, "allow": 35, "deny": 15})
    if kind == "allow":
        return {"default_dst_action": "reject_all", "dst_prefixes": list(_DIALLED[company.home])}
    prefixes: Iterable[str] = draw.sample(_PREMIUM, 3) if kind == "deny" else ()
    return {"default_dst_action": "allow_all", "dst_prefixes": sorted(prefixes)}


def _spending(draw: Random) -> tuple[dict[str, Any], dict[str, str]]:
    limit = Decimal(draw.choice(_LIMITS))
    fate = draw.random()
    if fate < 0.03:
        share = draw.uniform(1.0, 1.2)
    elif fate < 0.11:
        share = draw.uniform(0.8, 0.99)
    else:
        share = draw.uniform(0.0, 0.6) if fate < 0.8 else 0.0
    spent = (limit * Decimal(share)).quantize(Decimal("0.01"))
    is_over = spent >= limit
    is_blocked = is_over or draw.random() < 0.03
    attributes = {
        "threshold_amount": written_amount(limit),
        "threshold_reached": is_over,
        "status": "blocked" if is_blocked else "active",
    }
    return attributes, {"spent_amount": written_amount(spent)}
