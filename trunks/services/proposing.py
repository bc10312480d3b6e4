"""Propose: every act on a trunk becomes a `Change` through this one door."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from trunks.domain.actor import Actor, Denied
from trunks.domain.patch import Patch, Put
from trunks.domain.problems import Invalid, Problem
from trunks.domain.units import Units
from trunks.models import Account, Change, Customer, Did, Trunk
from trunks.models.clock import database_now
from trunks.models.search import is_uuid
from trunks.services.courses import Ask, Course, Facts, Known
from trunks.services.planning import plan
from trunks.services.slices import within_slice

AT_ONCE = 100  # trunks whose facts are read together


def propose(
    trunk: Trunk | None,
    patch: Patch,
    *,
    kind: str = Change.Kind.UPDATE,
    actor: Actor,
    origin: str,
    reason: str = "",
    base: Units | None = None,
    account: Account | None = None,
    seen_at: datetime | None = None,
    on_request: bool = False,
) -> Change:
    """Check what an actor asks for and keep it as a `planned` change with its diff and risks.

    `patch`: unit by unit, what was asked (empty for delete and regenerate; everything for a
    create, which has no trunk and needs `account`). `base`: what the actor saw of those units;
    without it, what the mirror holds now; `seen_at`: since when they had it before their eyes.
    A customer's actor stays within their slice and their guard rails; `on_request`: what goes
    beyond those, as far as staff may be asked for it, is planned too, to be requested
    (`services.requesting`). Raises `Invalid` with every problem (`BeyondRails`), `Denied`.
    """
    asked = Ask(trunk, patch, kind, base, account, seen_at=seen_at, on_request=on_request)
    (course,), facts = gather([within_slice(asked, actor)], actor)
    change = plan(course, facts, actor=actor, origin=origin, reason=reason)
    change.save(force_insert=True)
    return change


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of one ask among many: its change, or why there is none."""

    ask: Ask
    change: Change | None = None
    problems: tuple[Problem, ...] = ()


def plan_many(
    asks: Iterable[Ask], *, actor: Actor, origin: str, reason: str = ""
) -> Iterator[Planned]:
    """As `propose`, one by one and in their order, but unsaved; what is refused says why.

    Trunks come from `with_linkage()`: then every hundred take two queries, whatever they hold.
    """
    left = iter(asks)
    while some := list(islice(left, AT_ONCE)):
        sliced = [_sliced(ask, actor) for ask in some]
        courses, facts = gather([ask for ask in sliced if isinstance(ask, Ask)], actor)
        planned = (_planned(course, facts, actor, origin, reason) for course in courses)
        for ask in sliced:
            yield ask if isinstance(ask, Planned) else next(planned)


def _sliced(ask: Ask, actor: Actor) -> Ask | Planned:
    try:
        return within_slice(ask, actor)
    except (Invalid, Denied) as error:
        return _refused(ask, error)


def _planned(course: Course, facts: Facts, actor: Actor, origin: str, reason: str) -> Planned:
    try:
        return Planned(course.ask, plan(course, facts, actor=actor, origin=origin, reason=reason))
    except (Invalid, Denied) as error:
        return _refused(course.ask, error)


def _refused(ask: Ask, error: Invalid | Denied) -> Planned:
    problems = error.problems if isinstance(error, Invalid) else (Problem("", str(error)),)
    return Planned(ask, problems=problems)


def gather(asks: Sequence[Ask], actor: Actor) -> tuple[list[Course], Facts]:
    """Read what planning these must know; the queries do not grow with their number."""
    unsettled = _unsettled([ask.trunk for ask in asks if ask.trunk])
    courses = [
        Course.of(ask, ask.trunk.units(), unsettled.get(ask.trunk.pk, ()))
        if ask.trunk
        else Course.of(ask, {})
        for ask in asks
    ]
    return courses, Facts(database_now(), _known(courses), _bound_by(actor))


def _bound_by(actor: Actor) -> Customer | None:
    if actor.customer_id is None:
        return None
    return Customer.objects.select_related("rails").get(pk=actor.customer_id)


def _unsettled(trunks: Sequence[Trunk]) -> dict[UUID | None, list[Patch]]:
    """What waits for upstream, by trunk."""
    updates = Change.objects.unsettled().filter(kind=Change.Kind.UPDATE, trunk__in=trunks)
    found: dict[UUID | None, list[Patch]] = {}
    columns = ("trunk_id", "patch", "superseded_units")
    for change in updates.order_by("submitted_at").only(*columns):
        found.setdefault(change.trunk_id, []).append(change.ops())
    return found


def _known(courses: Iterable[Course]) -> dict[str, Known]:
    """The DIDs that are named, as far as they are mirrored here."""
    ids = {i for c in courses for some in (c.moved_dids, *c.stated_dids.values()) for i in some}
    ids = {id_ for id_ in ids if is_uuid(id_)}
    if not ids:
        return {}
    rows = Did.objects.filter(pk__in=ids).values_list("pk", "number", "account_id")
    return {str(pk): Known(number, account_id) for pk, number, account_id in rows}


def block_patch(blocked: bool) -> dict[str, Put]:
    """The patch of block and unblock."""
    return {"status": Put("blocked" if blocked else "active")}
