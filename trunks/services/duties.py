"""What a worker does besides delivering and pulling: small things, each at its own interval."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.sessions.backends.db import SessionStore

from trunks.services.batches import discard_old_plans
from trunks.services.notice_mails import mail_notices
from trunks.services.progress import finish_batches
from trunks.services.pruning import prune
from trunks.services.requesting import expire_requests
from trunks.services.reversing import reverse_due


@dataclass(frozen=True, slots=True)
class Duty:
    """`do` finds by query what is due and must bear being run by several workers at once."""

    name: str
    seconds: float  # between two runs of one worker
    do: Callable[[], object]


DUTIES: tuple[Duty, ...] = (
    Duty("mail notices", 10.0, mail_notices),
    Duty("batches", 10.0, finish_batches),
    Duty("exceptions that end", 10.0, reverse_due),
    Duty("requests that end", 60.0, expire_requests),
    Duty("old plans", 3600.0, discard_old_plans),
    Duty("old rows", 600.0, prune),
    Duty("old sessions", 3600.0, SessionStore.clear_expired),
)
