"""Somebody else at work on the demo's upstream, by the sandbox's control path."""

import json
import urllib.request
from typing import Any

from trunks.models import Trunk


def someone_else(url: str, key: str, trunk: Trunk, moved: dict[str, Any] | None) -> None:
    """Change a trunk upstream behind our back; None deletes it."""
    request = urllib.request.Request(  # noqa: S310  a URL of this machine's sandbox
        url.removesuffix("/v3") + f"/control/trunks/{trunk.pk}",
        data=json.dumps(moved).encode() if moved else None,
        headers={"Api-Key": key, "Content-Type": "application/json"},
        method="PATCH" if moved else "DELETE",
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass
