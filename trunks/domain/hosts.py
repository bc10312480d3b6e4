"""Which host the upstream key may be sent to."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

UPSTREAM_HOSTS = ("api.didww.com", "sandbox-api.didww.com")
# A name, an IPv4 or a bracketed IPv6 address, and perhaps a port: no userinfo, nothing clever.
PLACE = re.compile(r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_base_url(url: str, allowed: Iterable[str], *, development: bool = False) -> str:
    """The URL without a trailing slash; `ValueError` with an end of sentence.

    `allowed`: `host` (any port) or `host:port` entries. DIDWW's own hosts go by https and their
    usual port; anything else, plain http included, only through `allowed`. In development any
    port of this machine is allowed too.
    """
    url = url.strip().rstrip("/")
    if not all("!" <= c <= "~" and c != "\\" for c in url):
        raise ValueError("must be a URL of plain characters, without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with https:// (or http:// for an allowed host)")
    if not PLACE.fullmatch(parts.netloc) or "?" in url or "#" in url:
        raise ValueError("must hold only scheme, host, port and path")
    if not _is_allowed(parts, port, tuple(allowed), development):
        shown = parts.hostname if port is None else f"{parts.hostname}:{port}"
        raise ValueError(f"names a host that is not allowed: add {shown} to UPSTREAM_ALLOWED_HOSTS")
    return url


def _is_allowed(
    parts: SplitResult, port: int | None, allowed: tuple[str, ...], development: bool
) -> bool:
    host = parts.hostname or ""
    if host in UPSTREAM_HOSTS and parts.scheme == "https" and port in (None, 443):
        return True
    if development and host in LOOPBACK:
        return True
    effective = port if port is not None else 443 if parts.scheme == "https" else 80
    bracketed = f"[{host}]" if ":" in host else host
    named = {host, bracketed, f"{bracketed}:{effective}"}
    return any(entry.strip().lower() in named for entry in allowed)
