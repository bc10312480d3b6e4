"""Settings of a PBX, ready to paste: a trunk's own hosts, username and prefix filled in, its
password never: the text has a placeholder for it.

What upstream or a member wrote (a name, a username) goes into the text only in characters that
mean nothing to any of the formats.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from trunks.domain.pbx_hosts import HOSTS, MEDIA_PORTS, PORT, REALM, TLS_PORT, Host, host_of
from trunks.domain.prefixes import TECH_PREFIX
from trunks.domain.units import METHOD, SIP_IPS, TYPE, Units

PASSWORD = "YOUR-PASSWORD"  # noqa: S105 - the placeholder
USERNAME = "YOUR-USERNAME"
CALLER_ID = "YOUR-NUMBER"
PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
NUMBER = re.compile(r"[0-9]{3,15}")
NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]+")
LABEL_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A trunk as a PBX has to know it; every text in it is safe to write into a file."""

    label: str  # a name for files and sections: "acme-berlin"
    host: Host
    has_password: bool
    username: str
    tech_prefix: str
    encryption: str
    caller_id: str
    networks: tuple[str, ...]

    @property
    def is_tls(self) -> bool:
        """Keys of SDES are sent in the signalling: it has to be encrypted too."""
        return self.encryption == "srtp_sdes"

    @property
    def port(self) -> int:
        return TLS_PORT if self.is_tls else PORT

    @property
    def transport(self) -> str:
        return "tls" if self.is_tls else "udp"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece to paste: where it goes, and its text."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one kind of PBX is set up; `notes` are sentences."""

    key: str
    label: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def line_of(
    units: Units, *, username: str | None, numbers: Sequence[str] = (), host: str | None = None
) -> Line | None:
    """What to write for a trunk; `numbers`: its caller IDs, `host`: the key of the host to use.

    None for a method that no PBX of one's own speaks.
    """
    type_ = units.get(TYPE)
    if type_ not in ("credentials_and_ip", "ip_only"):
        return None
    prefix = str(units.get(METHOD + "tech_prefix") or "")
    return Line(
        label=label_of(str(units.get("name") or "")),
        host=host_of(host),
        has_password=type_ == "credentials_and_ip",
        username=username if username and PLAIN_NAME.fullmatch(username) else USERNAME,
        tech_prefix=prefix if TECH_PREFIX.fullmatch(prefix) else "",
        encryption=str(units.get("media_encryption_mode") or "disabled"),
        caller_id=next((n for n in numbers if NUMBER.fullmatch(n)), CALLER_ID),
        networks=tuple(units.get(SIP_IPS) or ()),
    )


def label_of(name: str) -> str:
    """ "Acme: Berlin (2)" → "acme-berlin-2"."""
    return NOT_IN_A_LABEL.sub("-", name.lower()).strip("-")[:LABEL_LENGTH].strip("-") or "didww"


def recipes(line: Line) -> tuple[Recipe, ...]:
    return tuple(write(line) for write in WRITERS)


# --- Asterisk -------------------------------------------------------------------------------------

ASTERISK_MEDIA = {"srtp_sdes": "media_encryption=sdes", "srtp_dtls": "media_encryption=dtls"}


def _asterisk(line: Line) -> Recipe:
    auth = f"outbound_auth={line.label}" if line.has_password else ""
    media = ASTERISK_MEDIA.get(line.encryption, "")
    endpoint = f"""
        [transport-{line.transport}]
        type=transport
        protocol={line.transport}
        bind=0.0.0.0:{line.port}

        [{line.label}]
        type=endpoint
        transport=transport-{line.transport}
        context=from-{line.label}
        disallow=all
        allow=alaw,ulaw
        dtmf_mode=rfc4733
        direct_media=no
        aors={line.label}
        {auth}
        {media}

        [{line.label}]
        type=aor
        contact=sip:{line.host.name}:{line.port}{_by_tls(line)}
        """
    credentials = f"""
        [{line.label}]
        type=auth
        auth_type=userpass
        username={line.username}
        password={PASSWORD}
        realm={REALM}
        """
    dialled = f"PJSIP/{line.tech_prefix}${{EXTEN:1}}@{line.label}"
    plan = f"""
        [to-{line.label}]
        exten => _+X.,1,Set(CALLERID(num)={line.caller_id})
         same => n,Dial({dialled},60)
         same => n,Hangup()
        """
    pjsip = _text(endpoint, credentials if line.has_password else "")
    blocks = (Block("pjsip.conf", pjsip), Block("extensions.conf", _text(plan)))
    notes = ["Leave the transport out if yours has one already."]
    if line.encryption == "zrtp":
        notes.append("Asterisk does not speak ZRTP: ask for another media encryption.")
    return Recipe("asterisk", "Asterisk (PJSIP)", blocks, (*notes, *_notes(line)))


def _by_tls(line: Line) -> str:
    return r"\;transport=tls" if line.is_tls else ""


# --- FreeSWITCH -----------------------------------------------------------------------------------

FREESWITCH_MEDIA = {
    "srtp_sdes": "rtp_secure_media=mandatory",
    "srtp_dtls": "rtp_secure_media=mandatory:dtls",
    "zrtp": "zrtp_secure_media=true",
}


def _freeswitch(line: Line) -> Recipe:
    tls = ";transport=tls" if line.is_tls else ""
    password = PASSWORD if line.has_password else "not-used"
    username = line.username if line.has_password else "not-used"
    gateway = f"""
        <include>
          <gateway name="{line.label}">
            <param name="proxy" value="{line.host.name}:{line.port}{tls}"/>
            <param name="realm" value="{REALM}"/>
            <param name="username" value="{username}"/>
            <param name="password" value="{password}"/>
            <param name="register" value="false"/>
            <param name="caller-id-in-from" value="true"/>
          </gateway>
        </include>
        """
    media = FREESWITCH_MEDIA.get(line.encryption, "")
    exported = f'<action application="export" data="nolocal:{media}"/>' if media else ""
    plan = f"""
        <extension name="{line.label}">
          <condition field="destination_number" expression="^\\+?([1-9][0-9]{{6,14}})$">
            <action application="set" data="effective_caller_id_number={line.caller_id}"/>
            {exported}
            <action application="bridge" data="sofia/gateway/{line.label}/{line.tech_prefix}$1"/>
          </condition>
        </extension>
        """
    blocks = (
        Block(f"sip_profiles/external/{line.label}.xml", _text(gateway)),
        Block(f"dialplan/default/{line.label}.xml", _text(plan)),
    )
    return Recipe("freeswitch", "FreeSWITCH", blocks, _notes(line))


# --- Kamailio -------------------------------------------------------------------------------------


def _kamailio(line: Line) -> Recipe:
    auth = f"""
        loadmodule "uac.so"
        modparam("uac", "credential", "{line.username}:{REALM}:{PASSWORD}")
        """
    failure = 't_on_failure("TRUNK_AUTH");' if line.has_password else ""
    tls = ";transport=tls" if line.is_tls else ""
    prefix = f'prefix("{line.tech_prefix}");' if line.tech_prefix else ""
    route = f"""
        route[TO_TRUNK] {{
            strip(1);  # the + of +441234567890
            {prefix}
            $rd = "{line.host.name}";
            $du = "sip:{line.host.name}:{line.port}{tls}";
            {failure}
            t_relay();
            exit;
        }}
        """
    again = """
        failure_route[TRUNK_AUTH] {
            if (t_is_canceled()) exit;
            if (t_check_status("401|407") && uac_auth()) {
                t_relay();
            }
        }
        """
    text = _text(auth, route, again) if line.has_password else _text(route)
    media = "Kamailio passes media on: its encryption is up to what stands behind it."
    blocks = (Block("kamailio.cfg", text),)
    return Recipe("kamailio", "Kamailio", blocks, (media, *_notes(line)))


# --- 3CX and everything else ----------------------------------------------------------------------


def _three_cx(line: Line) -> Recipe:
    rows = {
        "Country / provider": "Generic, generic VoIP provider",
        "Registrar / server": f"{line.host.name}, port {line.port}",
        "Outbound proxy": f"{line.host.name}, port {line.port}",
        "Type of authentication": (
            "outbound, without registration"
            if line.has_password
            else "do not require, by IP address"
        ),
        **_credentials(line, "Authentication ID", "Authentication password"),
        "Main trunk number": line.caller_id,
        "Transport": line.transport.upper(),
        "SRTP": _srtp(line),
        "Outbound rule, prepend": line.tech_prefix or "nothing",
        "Number format": "E.164 with or without +",
    }
    return Recipe("3cx", "3CX", (Block("SIP trunk", _table(rows)),), _notes(line))


def _plain_sip(line: Line) -> Recipe:
    rows = {
        "SIP server": line.host.name,
        "Port, transport": f"{line.port}, {line.transport.upper()}",
        "Registration": "none: calls are sent without registering",
        **_credentials(line, "Username", "Password"),
        **({"Realm": REALM} if line.has_password else {}),
        "Caller ID": line.caller_id,
        "Number to dial": f"{line.tech_prefix}441234567890 (with country code)",
        "Codecs": "G.711 A-law, G.711 µ-law, G.729",
        "DTMF": "RFC 4733 (telephone-event)",
        "Media encryption": _srtp(line),
    }
    hosts = "\n".join(f"{host.name:<22}{host.ipv4:<17}{host.ipv6}" for host in HOSTS)
    blocks = (Block("Settings", _table(rows)), Block("Hosts: let media and calls through", hosts))
    media = f"Media comes from and goes to UDP ports {MEDIA_PORTS} there."
    return Recipe("sip", "Any other PBX or phone", blocks, (media, *_notes(line)))


def _credentials(line: Line, username: str, password: str) -> dict[str, str]:
    return {username: line.username, password: PASSWORD} if line.has_password else {}


MEDIA = {"srtp_sdes": "SRTP, keys by SDES", "srtp_dtls": "SRTP, keys by DTLS", "zrtp": "ZRTP"}


def _srtp(line: Line) -> str:
    return MEDIA.get(line.encryption, "off")


# --- Common ---------------------------------------------------------------------------------------


def _notes(line: Line) -> tuple[str, ...]:
    notes = [f"Calls are taken only from {_listed(line.networks)}."] if line.networks else []
    if line.tech_prefix:
        notes.append(f"Emergency calls need the prefix too: {line.tech_prefix}112.")
    return tuple(notes)


def _listed(networks: Sequence[str]) -> str:
    shown = [n.removesuffix("/32").removesuffix("/128") for n in networks[:3]]
    more = f" and {len(networks) - 3} more" if len(networks) > 3 else ""
    return ", ".join(shown) + more


def _table(rows: Mapping[str, str]) -> str:
    width = max(len(name) for name in rows) + 3
    return "\n".join(f"{name + ':':<{width}}{value}" for name, value in rows.items())


def _text(*templates: str) -> str:
    """The templates without their margins and without the lines in which nothing was filled in,
    an empty line between two."""
    return "\n\n".join(_unmargined(template) for template in templates if template.strip())


def _unmargined(template: str) -> str:
    filled = [line for line in template.splitlines() if not line or line.strip()]
    return dedent("\n".join(filled)).strip("\n")


WRITERS: tuple[Callable[[Line], Recipe], ...] = (
    _asterisk,
    _freeswitch,
    _kamailio,
    _three_cx,
    _plain_sip,
)
