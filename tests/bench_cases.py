"""What the bench measures, and the floor under each."""

import time
from typing import Any

import orjson
from django.db import connection
from django.test import Client

from trunks.domain.actor import SYSTEM
from trunks.domain.secrets import Secret
from trunks.models import Trunk, TrunkNetwork
from trunks.sandbox import Sandbox
from trunks.services.accounts import add_account, client_for
from trunks.services.pulling import pull
from trunks.services.staff import add_staff
from trunks.services.tokens import create_token

COLUMNS = (
    "id, name, status, external_reference_id, capacity_limit, allow_any_did_as_cli, "
    "on_cli_mismatch_action, default_dst_action, dst_prefixes, media_encryption_mode, "
    "allowed_rtp_ips, force_symmetric_rtp, rtp_ping, rtp_timeout, threshold_amount, callback_url, "
    "emergency_enable_all, created_at, threshold_reached, spent_amount, auth_type, "
    "auth_attributes, auth_username"
)
PAGE = f"SELECT {COLUMNS} FROM trunks_trunk WHERE gone_at IS NULL ORDER BY name LIMIT %s"  # noqa: S608
COUNT = "SELECT COUNT(*) FROM trunks_trunk WHERE gone_at IS NULL"
LINKED = (
    "SELECT l.trunk_id, d.* FROM trunks_trunk_dids l JOIN trunks_did d ON d.id = l.did_id"
    " WHERE l.trunk_id IN (SELECT id FROM trunks_trunk WHERE gone_at IS NULL"
    " ORDER BY name LIMIT %s)"
)


class Stage:
    """A pulled account, a signed-in agent and a token."""

    def __init__(self, sandbox: Sandbox):
        self.account = add_account("Bench", sandbox.url, Secret(sandbox.api_key), actor=SYSTEM)
        _, self.token = create_token("bench", scopes=["read"], actor=SYSTEM)
        sam = add_staff("sam@example.com", "agent", "bench-only-password-1", actor=SYSTEM)
        self.browser = Client()
        self.browser.force_login(sam, backend="django.contrib.auth.backends.ModelBackend")

    def first_pull(self) -> float:
        started = time.monotonic()
        run = pull(self.account, with_dids=False)
        if run.state != "done":
            raise SystemExit(f"the pull failed: {run.error}")
        row = TrunkNetwork.objects.order_by("pk").first()
        self.address = row.cidr.partition("/")[0] if row else "203.0.113.1"
        return round(time.monotonic() - started, 2)

    # --- API ---

    def api_floor(self) -> bytes:
        return orjson.dumps([rows(COUNT), rows(PAGE, 100)], default=str)

    def api_page(self) -> None:
        self._get("/api/v3/voice_out_trunks?sort=name&page%5Bsize%5D=100")

    def api_include_floor(self) -> bytes:
        return orjson.dumps([rows(COUNT), rows(PAGE, 100), rows(LINKED, 100)], default=str)

    def api_include_page(self) -> None:
        self._get("/api/v3/voice_out_trunks?sort=name&page%5Bsize%5D=100&include=dids")

    def _get(self, url: str) -> None:
        answer = self.browser.get(url, headers={"api-key": self.token})
        if answer.status_code != 200:
            raise SystemExit(f"{url} answered {answer.status_code}")

    # --- pages ---

    def html_floor(self) -> bytes:
        return orjson.dumps([rows(COUNT), rows(PAGE, 50), rows(LINKED, 50)], default=str)

    def html_list(self) -> None:
        answer = self.browser.get("/staff/trunks/")
        if answer.status_code != 200:
            raise SystemExit(f"the list answered {answer.status_code}")

    def find_floor(self) -> Any:
        return rows(
            "SELECT trunk_id FROM trunks_trunknetwork WHERE cidr = %s", self.address + "/32"
        )

    def find(self) -> Any:
        return list(Trunk.objects.admitting(self.address).values_list("pk", flat=True))

    # --- pull ---

    def pull_floor(self) -> int:
        """Fetch and parse every page on a kept session."""
        client = client_for(self.account)
        try:
            return sum(len(page.resources) for page in client.trunk_pages())
        finally:
            client.close()

    def pull_unchanged(self) -> None:
        run = pull(self.account, with_dids=False)
        if run.state != "done" or run.updated:
            raise SystemExit(f"the pull was not a quiet one: {run.error}")


def rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
