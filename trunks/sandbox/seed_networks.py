"""Seeded networks: documentation ranges split among the companies, and some private ones."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from random import Random

_DOCUMENTATION = ("203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24")
# Forty-eight blocks for forty companies: neighbours share some, as behind one provider.
_BLOCKS = tuple(
    block for text in _DOCUMENTATION for block in IPv4Network(text).subnets(new_prefix=28)
)


def networks(company: int, draw: Random) -> list[str]:
    """One to four networks in normal form, sometimes a dozen, none within the list twice."""
    count = draw.choice((1, 1, 1, 2, 2, 3, 4)) if draw.random() < 0.96 else 12
    found: dict[str, None] = {}
    while len(found) < count:
        found[_one(company, draw)] = None
    return list(found)


def _one(company: int, draw: Random) -> str:
    block = _BLOCKS[(company + draw.randint(0, 1)) % len(_BLOCKS)]
    kind = draw.random()
    if kind < 0.55:
        return f"{block[draw.randrange(block.num_addresses)]}/32"
    if kind < 0.7:
        return str(draw.choice(list(block.subnets(new_prefix=draw.choice((29, 30))))))
    if kind < 0.78:
        return str(block)
    if kind < 0.92:
        return _ipv6(company, draw)
    return str(ip_network(f"10.{company + 16}.{draw.randint(0, 40)}.0/24"))


def _ipv6(company: int, draw: Random) -> str:
    home = int(IPv6Network("2001:db8::/32").network_address) + ((company + 1) << 80)
    subnet = home + (draw.randint(0, 15) << 64)
    if draw.random() < 0.5:
        return str(IPv6Network((subnet, 64)))
    return str(IPv6Network((subnet + draw.randint(1, 250), 128)))
