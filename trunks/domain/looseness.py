"""What is tighter and what is looser, setting by setting.

A trunk is tighter than another when it lets through less: fewer callers, numbers, calls, costs.
Where no order is known (a callback URL, a timeout) any move counts as looser.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from trunks.domain.decimals import as_decimal
from trunks.domain.networks import Network
from trunks.domain.units import Units

UNLIMITED = Decimal("Infinity")
NOTHING = Decimal(0)

# --- Numbers: calls at once, money ----------------------------------------------------------------


def size_of(unit: str, units: Units) -> Decimal:
    """The limit as a number: null is no limit, what upstream did not show is none at all."""
    if unit not in units:
        return NOTHING
    value = units[unit]
    number = as_decimal(value) if isinstance(value, str) else value
    return UNLIMITED if number is None else Decimal(number)


# --- Networks -------------------------------------------------------------------------------------

EVERYWHERE = ("0.0.0.0/0", "::/0")


def blocks_of(networks: Iterable[str]) -> tuple[list[Network], frozenset[str]]:
    """The networks as the fewest blocks that hold the same addresses, neighbours joined; and what
    cannot be read as one."""
    v4: list[ipaddress.IPv4Network] = []
    v6: list[ipaddress.IPv6Network] = []
    odd = set()
    for text in networks:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            odd.add(text)
        else:
            if isinstance(network, ipaddress.IPv4Network):
                v4.append(network)
            else:
                v6.append(network)
    joined: list[Network] = [*ipaddress.collapse_addresses(v4)]
    joined += ipaddress.collapse_addresses(v6)
    return joined, frozenset(odd)


def added_blocks(had: Iterable[str], has: Iterable[str]) -> list[str]:
    """Blocks of `has` with an address that `had` does not hold. Two neighbours are one block, so
    that no wide network is let in by halves."""
    held, known = blocks_of(had)
    blocks, odd = blocks_of(has)
    new = [str(block) for block in blocks if not any(is_within(block, other) for other in held)]
    return [*new, *sorted(odd - known)]


def is_within(block: Network, other: Network) -> bool:
    if isinstance(block, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and block.subnet_of(other)
    return isinstance(other, ipaddress.IPv6Network) and block.subnet_of(other)


def is_wider_than(block: str, widest: Mapping[int, int]) -> bool:
    """`widest`: prefix length by IP version; what cannot be read is wider than anything."""
    try:
        network = ipaddress.ip_network(block)
    except ValueError:
        return True
    return network.prefixlen < widest[network.version]


def media_from(units: Units) -> tuple[str, ...]:
    """The networks that media is taken from; an empty list stands for everywhere."""
    if "allowed_rtp_ips" not in units:
        return ()
    return tuple(units["allowed_rtp_ips"] or EVERYWHERE)


# --- Steps of strength ----------------------------------------------------------------------------

ENCRYPTION: Mapping[str | None, int] = {
    None: 0,
    "disabled": 0,
    "srtp_sdes": 1,
    "srtp_dtls": 2,
    "zrtp": 2,
}
# The loosest last; choosing among one's own DIDs is looser than rejecting, and no order is known
# between the two ways.
CALLER_ID: Mapping[str | None, int] = {
    "reject_call": 0,
    "replace_cli": 1,
    "randomize_cli": 1,
    "send_original_cli": 2,
}
FLAGS = ("allow_any_did_as_cli", "force_symmetric_rtp")  # looser when on


def is_looser(unit: str, was: Any, will: Any) -> bool:
    """Of settings that are compared by their values alone, which differ."""
    if unit in FLAGS:
        return will is not False
    if unit == "media_encryption_mode":
        return was not in ENCRYPTION or ENCRYPTION.get(will, -1) < ENCRYPTION[was]
    if unit == "on_cli_mismatch_action":
        return was not in CALLER_ID or CALLER_ID.get(will, 9) >= CALLER_ID[was]
    return True
