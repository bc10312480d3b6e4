"""One patch for many trunks, as a plan."""

from collections.abc import Callable, Iterable

from trunks.domain.actor import Actor
from trunks.domain.fitting import fit
from trunks.domain.patch import Patch, dump_patch
from trunks.models import Batch, Trunk
from trunks.models.clock import database_now
from trunks.services.courses import Ask
from trunks.services.drafts import Draft, keep_plan, numbered


def plan_edit(
    trunks: Iterable[Trunk],
    patch: Patch,
    *,
    actor: Actor,
    title: str = "",
    notes: Iterable[str] = (),
    also: Callable[[Trunk], Patch] = lambda trunk: {},
) -> Batch:
    """What the patch would do to each trunk (from `with_linkage()`); nothing is sent.

    `also`: what is asked besides of one trunk alone. Settings that only another method has are
    left out, and its row says so.
    """
    batch = Batch(
        kind=Batch.Kind.EDIT,
        title=title,
        patch=dump_patch(patch),
        notes=list(notes),
        created_at=database_now(),
    )
    drafts = [_draft(trunk, {**patch, **also(trunk)}) for trunk in trunks]
    return keep_plan(batch, numbered(drafts), actor=actor)


def _draft(trunk: Trunk, patch: Patch) -> Draft:
    fitting, left_out = fit(patch, trunk.units())
    ask = Ask(trunk, fitting) if fitting else None
    return Draft(0, str(trunk), trunk, ask, note=" ".join(left_out))
