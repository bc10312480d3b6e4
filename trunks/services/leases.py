"""Leases on rows: owner, expiry and epoch. Every write under a lease checks the epoch."""

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q

from trunks.models import Account
from trunks.models.account import AccountQuerySet
from trunks.models.clock import database_now
from trunks.services.errors import LeaseLost

# Which process holds a lease; the suffix tells two processes with one number apart.
OWNER = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


def new_owner() -> str:
    """Who takes one lease: the process, and a mark of its own, for a process has many threads and
    those it forks keep its name."""
    return f"{OWNER}:{uuid.uuid4().hex[:8]}"


def lease_length() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


@dataclass(frozen=True, slots=True)
class PullLease:
    """The right to pull one account."""

    account_id: int
    epoch: int

    def renew(self) -> None:
        """Raises `LeaseLost` when someone took over."""
        if not self._mine().update(lease_until=database_now() + lease_length()):
            raise LeaseLost("the pull's lease ran out and was taken")

    def release(self) -> None:
        self._mine().update(lease_owner="", lease_until=None)

    def _mine(self) -> AccountQuerySet:
        return Account.objects.filter(pk=self.account_id, lease_epoch=self.epoch).exclude(
            lease_owner=""
        )


def take_pull_lease(account_id: int) -> PullLease | None:
    """The lease, or None while another holds it."""
    now = database_now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = Account.objects.filter(free, pk=account_id).update(
        lease_owner=(owner := new_owner()),
        lease_until=now + lease_length(),
        lease_epoch=F("lease_epoch") + 1,
    )
    if not taken:
        return None
    account = Account.objects.filter(pk=account_id, lease_owner=owner).first()
    return PullLease(account_id, account.lease_epoch) if account else None
