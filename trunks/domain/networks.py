"""Networks: IPv4 and IPv6 addresses and CIDR ranges, in the form upstream gives them back.

Upstream normalises what it is sent (`192.168.1.1` comes back as `192.168.1.1/32`, recorded), so
networks are compared by normal form, never as text. Source: tests/upstream/recorded.
"""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_NETWORKS = 60
READ_AT_MOST = 1000  # a pasted file must not cost seconds
NAMED_AT_MOST = 50  # mistakes in one list


def parse_network(text: str) -> str:
    """The normal form of what a person or program wrote; `ValueError` with an end of sentence."""
    text = text.strip()
    if "%" in text:
        raise ValueError(f"“{shown(text)}” has a zone (%), which only one machine understands")
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"“{shown(text)}” is not an IP address or a CIDR network") from None
    raise ValueError(f"“{shown(text)}” has host bits set: did you mean {meant}")


def _without_zone(text: str) -> str:
    if "%" in text:
        raise ValueError
    return text


def normal_form(text: str) -> str:
    """As `parse_network`, but what cannot be read is left as it is: upstream may know better."""
    try:
        return str(ipaddress.ip_network(_without_zone(text.strip())))
    except ValueError:
        return text


def is_list_of_text(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)


def parse_networks(values: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """Normal forms in the order given, and every complaint: unreadable, host bits, twice.

    Of a list far beyond the limit only the beginning is read: its length is complaint enough.
    """
    values = tuple(values)
    found: dict[str, str] = {}
    complaints = []
    for value in values[:READ_AT_MOST]:
        try:
            normal = parse_network(value)
        except ValueError as error:
            complaints.append(str(error))
            continue
        if normal in found:
            complaints.append(twice(found[normal], value, normal))
        found.setdefault(normal, value)
    count = len(values) if len(values) > READ_AT_MOST else len(found)
    if count > MAX_NETWORKS:
        complaints.insert(0, f"must hold at most {MAX_NETWORKS} networks, this has {count}")
    return tuple(found), complaints


def named(complaints: list[str]) -> list[str]:
    """As many complaints as anybody reads, and how many there are besides."""
    left = len(complaints) - NAMED_AT_MOST
    return complaints if left <= 0 else [*complaints[:NAMED_AT_MOST], f"has {left:,} more mistakes"]


def twice(first: str, second: str, normal: str) -> str:
    if first.strip() == second.strip():
        return f"lists {shown(first)} twice"
    return f"lists one network twice: {shown(first)} and {shown(second)} are both {normal}"


def shown(text: str, limit: int = 60) -> str:
    """What was typed, short enough and printable enough for a message."""
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def count_addresses(networks: Iterable[str]) -> int:
    """How many addresses the networks admit; overlaps are counted once, unreadable ones as 0."""
    return sum(reach(networks))


def count_places(networks: Iterable[str]) -> int:
    """How many IPv4 addresses and IPv6 sites (/64) the networks reach.

    Counted by address, one ordinary IPv6 network outweighs all of IPv4.
    """
    v4, v6 = reach(networks)
    return v4 + -(-v6 // 2**64)


def reach(networks: Iterable[str]) -> tuple[int, int]:
    """How many IPv4 and how many IPv6 addresses the networks admit, overlaps counted once."""
    parsed: list[Network] = []
    for text in networks:
        try:
            parsed.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    v4 = ipaddress.collapse_addresses([n for n in parsed if isinstance(n, ipaddress.IPv4Network)])
    v6 = ipaddress.collapse_addresses([n for n in parsed if isinstance(n, ipaddress.IPv6Network)])
    return sum(n.num_addresses for n in v4), sum(n.num_addresses for n in v6)


def networks_holding(text: str) -> list[str]:
    """Every network, in normal form, that contains this address or network (33 or 129 at most).

    A trunk admits an address when it lists one of them: an equality an index answers at once.
    Raises `ValueError` when the text is neither an address nor a network.
    """
    network = ipaddress.ip_network(_without_zone(text.strip()), strict=False)
    return [str(network.supernet(new_prefix=p)) for p in range(network.prefixlen, -1, -1)]
