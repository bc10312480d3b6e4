"""Fields that a trunk's people leave to upstream: they may move without anybody being asked."""

from collections.abc import Iterable

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.domain.problems import Invalid, Problem
from trunks.models import Change, Decision, IgnoredField
from trunks.services import audit
from trunks.services.deciding import require_open
from trunks.services.drift import is_ignored
from trunks.services.submitting import decide, require_decision

NEVER = frozenset({"presence", "credentials"})  # somebody is always asked


def ignorable(change: Change) -> list[str]:
    """The fields of a drift that can be left to upstream from now on."""
    return [unit for unit in change.fields if unit not in NEVER]


def ignore(change: Change, units: Iterable[str], *, actor: Actor, reason: str = "") -> Decision:
    """Leave these fields of its trunk to upstream from now on; the drift is decided by that, and
    so is what else stands open of the trunk and is of these fields alone.

    What moves in them stays in the timeline, as a fact. Raises `Invalid` for none, or one that
    is not of this drift, `Denied`, `AlreadyDecided`.
    """
    require_decision(actor)
    units = set(units)
    if not units or units - set(ignorable(change)):
        raise Invalid([Problem("units", "have to be fields of this drift, at least one")])
    with transaction.atomic():
        require_open(change)
        decision = decide(change, Decision.Kind.IGNORED, actor=actor, reason=reason)
        fields = [IgnoredField(trunk=change.trunk, unit=u, decision=decision) for u in units]
        IgnoredField.objects.bulk_create(fields, ignore_conflicts=True)
        _decide_likes(change, actor)
        audit.record(
            "drift_ignored", actor=actor, subject=change.trunk, reason=reason, units=sorted(units)
        )
    return decision


def _decide_likes(change: Change, actor: Actor) -> None:
    ignored = set(IgnoredField.objects.filter(trunk=change.trunk_id).values_list("unit", flat=True))
    for other in Change.objects.drift().undecided().filter(trunk=change.trunk_id):
        if other.fields and all(is_ignored(unit, ignored) for unit in other.fields):
            decide(other, Decision.Kind.IGNORED, actor=actor)


def stop_ignoring(field: IgnoredField, *, actor: Actor) -> None:
    """Be asked again when upstream moves it. Raises `Denied`."""
    require_decision(actor)
    with transaction.atomic():
        IgnoredField.objects.filter(pk=field.pk).delete()
        audit.record("drift_watched", actor=actor, subject=field.trunk, units=[field.unit])
