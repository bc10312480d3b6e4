"""From the filled form for many trunks to the plan it asks for."""

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest

from trunks import access
from trunks.domain.patch import Patch, Put
from trunks.models import Batch, Trunk
from trunks.services.batches import MovedOn, discard_plan
from trunks.services.bulk_edits import plan_edit
from trunks.services.callbacks import callback_url
from trunks.web.forms.bulk import BulkForm
from trunks.web.forms.bulk_fields import CALLBACK
from trunks.web.patch_words import patch_in_words
from trunks.web.staff.selection import Selection
from trunks.web.words import counted


def plan_from(
    request: HttpRequest, seen: Selection, chosen: Selection, patch: Patch, form: BulkForm
) -> Batch:
    """`seen`: the selection as the form showed it, `chosen`: as it is now."""
    own = _own_callbacks if form.wants_own_callbacks else _nothing
    trunks = chosen.trunks(request).with_linkage().order_by("name", "pk")
    words = [patch_in_words(patch)] if patch else []
    words += ["Callbacks received here"] if form.wants_own_callbacks else []
    notes = []
    if chosen.shown != seen.shown:
        was = counted(seen.shown, "trunk")
        notes.append(f"The filter held {was} when the form was opened, now {chosen.shown:,}.")
    batch = plan_edit(
        trunks,
        patch,
        actor=access.actor_of(request.user),
        title=", ".join(words),
        notes=notes,
        also=own,
    )
    _drop_replaced(request)
    return batch


def _nothing(trunk: Trunk) -> Patch:
    return {}


def _own_callbacks(trunk: Trunk) -> Patch:
    return {CALLBACK: Put(callback_url(trunk.account))}


def _drop_replaced(request: HttpRequest) -> None:
    """A plan that was taken back to the form is replaced by the new one."""
    plan = plan_in(request, request.POST.get("plan", ""))
    if plan is not None and plan.actor_id == str(request.user.pk):
        with suppress(MovedOn):
            discard_plan(plan)


def plan_in(request: HttpRequest, text: str) -> Batch | None:
    try:
        edits = access.batches_for(request.user).filter(kind=Batch.Kind.EDIT).planned()
        return edits.filter(pk=UUID(text)).first()
    except ValueError:
        return None
