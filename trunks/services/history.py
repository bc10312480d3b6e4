"""History that answers: a trunk's settings at any moment, two moments compared, and the way back.

What happened is read from its settled changes, which nothing here touches. A tombstone answers
too: its last settings stay.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.domain.attributes import label_of
from trunks.domain.authentication import CredentialsAndIp
from trunks.domain.history import Past, Step, walk_back
from trunks.domain.patch import apply_patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.restoration import Loss, Restoration, World, find_restoration
from trunks.domain.risks import Risk
from trunks.domain.units import LINKAGES, TYPE, Units, describe, moved
from trunks.models import Change, Did, Trunk
from trunks.models.change import ChangeQuerySet
from trunks.services.drift import numbers_of
from trunks.services.proposing import propose

NOT_RESTORED = "not_restored"  # the code of such a risk
CREDENTIALS = "credentials"
NEW_SINCE = "Username and password have changed since; those of then are gone for good."


class Standing(StrEnum):
    """What is known of a trunk at a moment."""

    HELD = "held"  # it was there, with these settings
    GONE = "gone"  # upstream no longer had it: these were its last settings
    UNMADE = "unmade"  # it was made from here, later
    UNSEEN = "unseen"  # nobody here had looked yet: nothing is known


@dataclass(frozen=True, slots=True)
class Moment:
    """A trunk at one moment. `doubtful`: units whose record does not fit together. Credentials
    are never known; settings are empty where nothing is known."""

    at: datetime
    standing: Standing
    settings: Units
    doubtful: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        return self.standing != Standing.UNSEEN


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two moments, the earlier first. `lines`: what differs, as a diff has it; empty where one of
    them is not known. `numbers`: DID id → number, of all in either."""

    one: Moment
    other: Moment
    lines: list[dict[str, Any]]
    credentials_changed: bool
    numbers: Mapping[str, str]


def settings_at(trunk: Trunk, moment: datetime) -> Moment:
    """The trunk as it stood at a moment, with everything that had happened by then."""
    if moment < trunk.first_seen_at:
        standing = Standing.UNMADE if _made(trunk) else Standing.UNSEEN
        return Moment(moment, standing, {})
    past = walk_back(_present(trunk), _steps(trunk), moment)
    standing = Standing.HELD if past.is_present else Standing.GONE
    return Moment(moment, standing, past.settings, past.doubtful)


def _present(trunk: Trunk) -> Past:
    return Past(trunk.units(), is_present=not trunk.is_gone)


def _steps(trunk: Trunk) -> list[Step]:
    """A create is where history begins; every other change that had an effect is a step."""
    effects = _effects(trunk).exclude(kind=Change.Kind.CREATE).order_by("settled_at", "pk")
    rows = effects.values_list("settled_at", "diff", "consequences")
    return [Step.of(at, diff, more) for at, diff, more in rows.iterator() if at]


def _effects(trunk: Trunk) -> ChangeQuerySet:
    return Change.objects.filter(trunk=trunk).with_effect()


def _made(trunk: Trunk) -> bool:
    return _effects(trunk).filter(kind=Change.Kind.CREATE).exists()


def compare(trunk: Trunk, one: datetime, other: datetime) -> Comparison:
    """What differs between two moments, whichever comes first."""
    before, after = (settings_at(trunk, at) for at in sorted((one, other)))
    known = before.is_known and after.is_known
    lines = describe(moved(before.settings, after.settings)) if known else []
    return Comparison(
        before,
        after,
        lines,
        _credentials_changed(trunk, before.at, by=after.at),
        numbers_of(_dids_in(before.settings) | _dids_in(after.settings)),
    )


def _credentials_changed(trunk: Trunk, after: datetime, *, by: datetime | None = None) -> bool:
    changed = _effects(trunk).filter(credentials_changed=True, settled_at__gt=after)
    return (changed.filter(settled_at__lte=by) if by else changed).exists()


def _dids_in(units: Units) -> set[str]:
    return {id_ for name in LINKAGES for id_ in units.get(name) or ()}


# --- The way back ---------------------------------------------------------------------------------


def plan_restoration(trunk: Trunk, moment: datetime) -> Restoration:
    """What would be asked for, and what is left out and why. Empty where nothing is known."""
    then = settings_at(trunk, moment)
    if trunk.is_gone or then.standing != Standing.HELD:
        return Restoration({})
    now = _with_waiting(trunk)
    past = Past(then.settings, doubtful=then.doubtful)
    found = find_restoration(now, past, _world(trunk, then.settings))
    had_some = then.settings.get(TYPE) == CredentialsAndIp.type
    if not had_some or not _credentials_changed(trunk, moment):
        return found
    return replace(found, losses=(*found.losses, Loss(CREDENTIALS, NEW_SINCE)))


def restore(trunk: Trunk, moment: datetime, *, actor: Actor, reason: str = "") -> Change:
    """A planned change from how the trunk is to how it was; its risks say what is left out.

    Raises `Invalid` where there is nothing to go back to, and as `propose` does.
    """
    if trunk.is_gone:
        raise Invalid([Problem("", "no longer exists upstream")])
    found = plan_restoration(trunk, moment)
    if not found.patch:
        raise Invalid([Problem("", "has nothing to restore from that moment")])
    with transaction.atomic():
        change = propose(trunk, found.patch, actor=actor, origin=Change.Origin.STAFF, reason=reason)
        change.risks = [*change.risks, *(risk.as_dict() for risk in _risks(found.losses))]
        change.save(update_fields=["risks"])
    return change


def _risks(losses: Iterable[Loss]) -> list[Risk]:
    return [
        Risk(NOT_RESTORED, f"Not restored: {label_of(loss.unit)}.", loss.why) for loss in losses
    ]


def _with_waiting(trunk: Trunk) -> Units:
    """The settings with what waits for upstream laid over them: what a new change will meet."""
    units: Units = trunk.units()
    waiting = trunk.changes.unsettled().filter(kind=Change.Kind.UPDATE)
    for change in waiting.order_by("submitted_at"):
        units = apply_patch(units, change.ops())
    return units


def _world(trunk: Trunk, then: Units) -> World:
    names = Trunk.objects.present().filter(account=trunk.account_id, name=then.get("name"))
    ids = _dids_in(then)
    dids = Did.objects.present().filter(pk__in=ids, account=trunk.account_id)
    return World(
        names={str(n) for n in names.exclude(pk=trunk.pk).values_list("name", flat=True)},
        dids={str(pk) for pk in dids.values_list("pk", flat=True)},
        numbers=numbers_of(ids),
    )
