"""The undo of a batch: a plan of its own, which leads every applied change back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from uuid import UUID

from trunks.domain.actor import Actor
from trunks.domain.again import hindrance, made_again
from trunks.domain.problems import Problem
from trunks.domain.undoing import DEFAULT_DID, way_back
from trunks.domain.units import CREDENTIALS, LINKAGES
from trunks.models import Batch, Change, Did, Trunk
from trunks.models.clock import database_now
from trunks.services.batches import MovedOn
from trunks.services.courses import Ask
from trunks.services.drafts import Draft, keep_plan, numbered

AT_ONCE = 100
GONE_ALREADY = "It no longer exists upstream."
STANDS_ALREADY = "It stands as before already."
NAME_TAKEN = "is in use: a trunk of this name exists"
NEW_CREDENTIALS = "The username and password of before are gone for good."
NOTED = ("new_id", "new_credentials", "lost_dids")  # what a row says of a trunk made again


def plan_undo(batch: Batch, *, actor: Actor) -> Batch:
    """A new plan from every applied change of a batch that is over.

    Raises `MovedOn` while the batch goes on.
    """
    if not batch.is_over:
        raise MovedOn(batch.get_state_display())
    undo = Batch(
        kind=Batch.Kind.UNDO,
        undo_of=batch,
        title=f"Undo: {batch}",
        notes=_notes(batch),
        created_at=database_now(),
    )
    applied = batch.changes.filter(state=Change.State.APPLIED).order_by("trunk_label", "pk")
    return keep_plan(undo, numbered(_drafts(applied.iterator())), actor=actor)


def _notes(batch: Batch) -> list[str]:
    unknown = batch.changes.unsettled().count()
    if not unknown:
        return []
    what = (
        "1 change, whose outcome is" if unknown == 1 else f"{unknown:,} changes, whose outcome is"
    )
    return [f"{what} not known yet, cannot be undone here."]


def _drafts(changes: Iterator[Change]) -> Iterator[Draft]:
    while some := list(islice(changes, AT_ONCE)):
        ids = [change.trunk_id for change in some if change.trunk_id]
        trunks = {trunk.pk: trunk for trunk in Trunk.objects.with_linkage().filter(pk__in=ids)}
        defaults, usable, taken = _former_defaults(some), _usable(some, trunks), _names_taken(some)
        for change in some:
            trunk = trunks[change.trunk_id]  # type: ignore[index]  # applied: it has one
            if change.kind == Change.Kind.CREATE:
                yield _delete(trunk)
            elif change.kind == Change.Kind.DELETE:
                yield _create_again(trunk, usable, taken)
            else:
                yield _lead_back(change, trunk, defaults.get(change.pk))


def _delete(trunk: Trunk) -> Draft:
    if trunk.is_gone:
        return Draft(0, str(trunk), trunk, note=GONE_ALREADY)
    return Draft(0, str(trunk), trunk, Ask(trunk, {}, kind=Change.Kind.DELETE))


def _create_again(
    trunk: Trunk, usable: Mapping[str, set[str]], taken: set[tuple[int, str | None]]
) -> Draft:
    last = trunk.units()
    problems = [Problem("", why)] if (why := hindrance(last)) else []
    if (trunk.account_id, trunk.name) in taken:
        problems.append(Problem("name", NAME_TAKEN))
    again = made_again(last, usable, old_id=str(trunk.pk))
    note = " ".join(n.headline for n in again.notes if n.code in NOTED)
    ask = Ask(
        None,
        again.patch,
        kind=Change.Kind.CREATE,
        account=trunk.account,
        customer=trunk.customer,
    )
    return Draft(0, str(trunk), trunk, ask, tuple(problems), note)


def _lead_back(change: Change, trunk: Trunk, default_did: str | None) -> Draft:
    if trunk.is_gone:
        return Draft(0, str(trunk), trunk, note=GONE_ALREADY)
    lines = [
        line
        for line in (*change.diff, *change.consequences)
        if line["field"] not in change.superseded_units
    ]
    held = trunk.units()
    patch, problems = way_back(lines, held, orders=change.base, default_did=default_did)
    renewed = any(line["field"] in CREDENTIALS for line in lines)
    note = NEW_CREDENTIALS if renewed else "" if patch or problems else STANDS_ALREADY
    ask = Ask(trunk, patch) if patch else None
    return Draft(0, str(trunk), trunk, ask, tuple(problems), note)


# --- What must be known of many -------------------------------------------------------------------


def _former_defaults(changes: Sequence[Change]) -> Mapping[UUID, str]:
    """The default DID before each change, where one of ours had set it: upstream shows none."""
    asked = {c.trunk_id: c for c in changes if c.kind == Change.Kind.UPDATE and _may_need(c)}
    if not asked:
        return {}
    setting = Change.objects.filter(
        trunk__in=asked, state=Change.State.APPLIED, patch__has_key=DEFAULT_DID
    )
    found: dict[UUID, str] = {}
    for earlier in setting.order_by("settled_at").only("trunk_id", "patch", "settled_at"):
        change = asked[earlier.trunk_id]
        if earlier.pk != change.pk and earlier.settled_at <= change.settled_at:  # type: ignore[operator]
            found[change.pk] = str(earlier.patch[DEFAULT_DID].get("set"))
    return found


def _may_need(change: Change) -> bool:
    return bool({DEFAULT_DID, "on_cli_mismatch_action"} & set(change.fields))


def _names_taken(changes: Iterable[Change]) -> set[tuple[int, str | None]]:
    names = [c.trunk_label for c in changes if c.kind == Change.Kind.DELETE]
    if not names:
        return set()
    present = Trunk.objects.present().filter(name__in=names)
    return set(present.values_list("account_id", "name"))


def _usable(changes: Iterable[Change], trunks: Mapping[UUID, Trunk]) -> dict[str, set[str]]:
    """Of the numbers that deleted trunks had, those that upstream would still take."""
    gone = [trunks[c.trunk_id] for c in changes if c.kind == Change.Kind.DELETE and c.trunk_id]
    return {name: _still(name, gone) for name in LINKAGES} if gone else {}


def _still(linkage: str, trunks: Iterable[Trunk]) -> set[str]:
    ids = {did.pk for trunk in trunks for did in getattr(trunk, linkage).all()}
    found = Did.objects.filter(pk__in=ids).can_be_linked(linkage)
    return {str(pk) for pk in found.values_list("pk", flat=True)}
