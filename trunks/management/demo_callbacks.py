"""The demo's callbacks: some trunks tell of their blocks, and one has just been blocked."""

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.domain.secrets import Secret
from trunks.management.demo_data import CALLBACK_SECRET, STAFF
from trunks.management.demo_upstream import someone_else
from trunks.models import Account, Trunk, User
from trunks.services.callbacks import callback_url, set_callback_secret
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.submitting import submit

LIMIT_REACHED = {"status": "blocked", "threshold_reached": True}
GOES_ON = {"status": "active", "threshold_reached": False}


def begin_callbacks(account: Account, url: str, key: str) -> None:
    """Upstream tries to tell until the web server is up; then the bell rings."""
    set_callback_secret(account, Secret(CALLBACK_SECRET), actor=SYSTEM)
    calm = Trunk.objects.filter(auth_type="credentials_and_ip", status="active", spent_value__lt=9)
    trunks = list(calm.filter(capacity_limit__gte=100, media_encryption_mode="disabled")[:3])
    for trunk in trunks:
        _point_here(account, trunk)
    for trunk, moves in zip(trunks, ([LIMIT_REACHED], [LIMIT_REACHED, GOES_ON]), strict=False):
        for move in moves:
            someone_else(url, key, trunk, move)


def _point_here(account: Account, trunk: Trunk) -> None:
    ada = actor_of(User.objects.get(email=STAFF[1].email))
    patch = {"callback_url": Put(callback_url(account))}
    change = propose(trunk, patch, actor=ada, origin="staff", reason="Tell us when it is blocked")
    deliver(submit(change, actor=ada))
