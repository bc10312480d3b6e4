"""Putting back what was approved only for a time, once that is over.

Level-triggered like everything a worker does: what is due is found by query. Each exception is put
back once; a `Decision` on it says so, and by which change.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from trunks.domain.actor import SYSTEM
from trunks.domain.guardrails import DEFAULT, Rails, same_field
from trunks.domain.patch import Op
from trunks.domain.problems import Invalid
from trunks.domain.putting_back import way_to_put_back
from trunks.models import Change, Customer, Decision
from trunks.models.change import ChangeQuerySet
from trunks.models.clock import database_now
from trunks.services.history import Standing, settings_at
from trunks.services.proposing import propose
from trunks.services.rails import rails_of
from trunks.services.requesting import TIME_OVER
from trunks.services.submitting import decide, submit

AT_ONCE = 100
JUST_BEFORE = timedelta(microseconds=1)
NOTHING_LEFT = "Nothing of it was left to put back."
NOT_KNOWN = "How the trunk stood before is not known: it was left as it is."
State, Kind = Change.State, Change.Kind


def reverse_due() -> int:
    """How many exceptions came to their end."""
    now = database_now()
    unsent = Change.objects.filter(state=State.PENDING, sends=0, reverse_at__lte=now)
    ended = unsent.update(state=State.CANCELLED, settled_at=now, waiting_reason=TIME_OVER)
    due = _standing().filter(reverse_at__lte=now).order_by("-settled_at")  # the latest first
    return ended + sum(_reverse(change) for change in list(due[:AT_ONCE]))


def _standing() -> ChangeQuerySet:
    """Applied for a time, and not put back yet. A putting back that was never sent counts for
    nothing."""
    tried = Decision.objects.filter(change=OuterRef("pk"), kind=Decision.Kind.REVERSED)
    over = tried.exclude(by__state=State.EXPIRED)
    return Change.objects.filter(~Exists(over), state=State.APPLIED, reverse_at__isnull=False)


def _reverse(change: Change) -> bool:
    with transaction.atomic():
        Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if not _standing().filter(pk=change.pk).exists() or _must_wait(change):
            return False
        patch, why = _patch(change)
        by = None
        if patch:
            try:
                by = _submitted(change, patch)
            except Invalid as error:
                why = f"It could not be put back: {error}"
        decide(change, Decision.Kind.REVERSED, actor=SYSTEM, reason=why, by=by)
    return True


def _must_wait(change: Change) -> bool:
    """Something is on its way to the trunk, or a later exception on top of this one still holds."""
    trunk_id = change.trunk_id
    if Change.objects.unsettled().filter(trunk=trunk_id).exists():
        return True
    later = _standing().filter(trunk=trunk_id, settled_at__gt=change.settled_at)
    return any(_touches(other, _fields(change)) for other in later)


def _patch(change: Change) -> tuple[dict[str, Op], str]:
    trunk = change.trunk
    if trunk is None or trunk.is_gone or change.settled_at is None:
        return {}, NOTHING_LEFT
    before = settings_at(trunk, change.settled_at - JUST_BEFORE)
    fields = [field for field in _fields(change) if not _is_anothers(change, field)]
    if before.standing != Standing.HELD or before.doubtful.intersection(fields):
        return {}, NOT_KNOWN
    lines = [*change.diff, *change.consequences]
    patch = way_to_put_back(_rails(change), before.settings, trunk.units(), lines, fields)
    return patch, "" if patch else NOTHING_LEFT


def _rails(change: Change) -> Rails:
    customer = Customer.objects.select_related("rails").filter(pk=change.customer_id).first()
    return rails_of(customer) if customer else DEFAULT


def _fields(change: Change) -> list[str]:
    return [line["unit"] for line in change.breaches]


def _is_anothers(change: Change, field: str) -> bool:
    """Whether staff have moved it since, by themselves, by an approval or at upstream: it is no
    longer this exception that stands."""
    later = Change.objects.with_effect().filter(
        trunk=change.trunk_id, settled_at__gt=change.settled_at, reverse_at=None
    )
    later = later.exclude(is_railed=True, breaches=[])
    later = later.exclude(decides__kind=Decision.Kind.REVERSED)
    return any(_touches(other, [field]) for other in later.order_by("settled_at"))


def _touches(change: Change, fields: Iterable[str]) -> bool:
    moved = [line["field"] for line in (*change.diff, *change.consequences)]
    return any(same_field(unit, field) for unit in moved for field in fields)


def _submitted(change: Change, patch: dict[str, Op]) -> Change:
    reason = f"The time of an exception is over that {change.actor_label} asked for."
    origin = Change.Origin.SYSTEM
    plan = propose(change.trunk, patch, actor=SYSTEM, origin=origin, reason=reason)
    return submit(plan, actor=SYSTEM)
