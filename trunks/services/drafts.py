"""From drafts to a kept plan: one for each trunk of an edit, each line of a file, each undone
change. What can be done becomes a planned `Change`, what cannot says why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from trunks.domain.actor import Actor
from trunks.domain.problems import Problem
from trunks.models import Batch, BatchRow, Change, Trunk
from trunks.services.courses import Ask
from trunks.services.proposing import Planned, plan_many

Action = BatchRow.Action
ACTIONS = {
    Change.Kind.CREATE: Action.CREATE,
    Change.Kind.UPDATE: Action.UPDATE,
    Change.Kind.DELETE: Action.DELETE,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A row before it is planned. `ask` is None where there is nothing to ask for."""

    number: int
    label: str
    trunk: Trunk | None = None
    ask: Ask | None = None
    problems: tuple[Problem, ...] = ()
    note: str = ""


def keep_plan(batch: Batch, drafts: Iterable[Draft], *, actor: Actor) -> Batch:
    """Plan every draft and keep the batch with its rows and changes: all of it or nothing."""
    drafts = list(drafts)
    asked = [draft for draft in drafts if draft.ask and not draft.problems]
    origin = Change.Origin.IMPORT if batch.kind == Batch.Kind.IMPORT else Change.Origin.BULK
    asks = [draft.ask for draft in asked if draft.ask]
    planned = plan_many(asks, actor=actor, origin=origin, reason=batch.reason)
    found = {draft.number: p for draft, p in zip(asked, planned, strict=True)}
    rows = [_row(batch, draft, found.get(draft.number)) for draft in drafts]
    changes = [row.change for row in rows if row.change]
    with transaction.atomic():
        batch.actor_kind, batch.actor_id, batch.actor_label = actor.kind, actor.id, actor.label
        batch.save(force_insert=True)
        for change in changes:
            change.batch = batch
        Change.objects.bulk_create(changes)
        BatchRow.objects.bulk_create(rows)
    return batch


def _row(batch: Batch, draft: Draft, planned: Planned | None) -> BatchRow:
    problems = draft.problems or (planned.problems if planned else ())
    change = planned.change if planned else None
    if change and change.kind == Change.Kind.UPDATE and not change.diff:
        change = None  # as wanted already
    return BatchRow(
        batch=batch,
        number=draft.number,
        trunk=draft.trunk,
        label=draft.label,
        action=_action(problems, change),
        change=change,
        problems=[{"unit": p.unit, "message": p.message} for p in problems],
        note=draft.note,
        risks=_codes(change),
    )


def _action(problems: Sequence[Problem], change: Change | None) -> Action:
    if problems:
        return Action.ERROR
    return ACTIONS[Change.Kind(change.kind)] if change else Action.UNCHANGED


def _codes(change: Change | None) -> str:
    codes = [risk["code"] for risk in change.risks] if change else []
    return f" {' '.join(codes)} " if codes else ""


def numbered(drafts: Iterable[Draft]) -> list[Draft]:
    """In their order, from 1."""
    return [replace(draft, number=number) for number, draft in enumerate(drafts, 1)]
