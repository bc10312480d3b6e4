"""Where calls are sent: DIDWW's SIP hosts. Source: DIDWW's panel documentation of outbound SIP."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """`key` names it in a URL or a form; calls fail over by DNS SRV where the PBX follows it."""

    key: str
    place: str
    name: str
    ipv4: str
    ipv6: str


HOSTS: tuple[Host, ...] = (
    Host("ams", "Amsterdam", "ams.eu.out.didww.com", "185.238.173.44", "2a01:ad00:8:1::44"),
    Host("fra", "Frankfurt", "fra.eu.out.didww.com", "46.19.210.19", "2a01:ad00:2:1::19"),
    Host("nyc", "New York", "nyc.us.out.didww.com", "46.19.209.44", "2a01:ad00:1:1::44"),
    Host("mia", "Miami", "mia.us.out.didww.com", "46.19.213.54", "2a01:ad00:5:2::54"),
    Host("lac", "Los Angeles", "lac.us.out.didww.com", "46.19.212.54", "2a01:ad00:4:2::54"),
    Host("sg", "Singapore", "sg.out.didww.com", "46.19.214.54", "2a01:ad00:6:2::54"),
    Host("hk", "Hong Kong", "hk.out.didww.com", "46.19.215.44", "2a01:ad00:7:1::44"),
)
REALM = "out.didww.com"
PORT, TLS_PORT = 5060, 5061
MEDIA_PORTS = "16383–32767"


def host_of(key: str | None) -> Host:
    """The host of that key; the first one for any other."""
    return next((host for host in HOSTS if host.key == key), HOSTS[0])
