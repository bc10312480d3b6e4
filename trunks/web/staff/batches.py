"""Batches: the list, one of them from plan to result, and what may be done with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.domain.actor import Actor
from trunks.models import Batch, BatchRow
from trunks.services.batches import (
    MovedOn,
    apply_batch,
    cancel_batch,
    discard_plan,
    pause_batch,
    resume_batch,
)
from trunks.services.errors import Denied
from trunks.services.undoing import plan_undo
from trunks.web.forms.acts import ApplyForm
from trunks.web.listing import is_fragment, live, page_of, respond, vary
from trunks.web.staff.batch_list import batch_lines
from trunks.web.staff.batch_page import head_context, page_context
from trunks.web.words import counted

PAGE = "staff/batches/detail.html"
PROGRESS = "batch-progress"


@access.staff_required("view_change")
@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """Every plan for many trunks and what became of it, newest first."""
    page = page_of(request, access.batches_for(request.user).recent_first())
    context = {
        "page": page,
        "rows": batch_lines(page),
        "announce": counted(page.paginator.count, "batch", "batches"),
    }
    return respond(request, "staff/batches/list.html", context)


@access.staff_required("view_change")
@require_safe
def batch_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The plan with each row's diff; once applied, how far it is and what became of each."""
    batch = access.batch_for(request.user, pk)
    if _is_polled(request) and batch.is_under_way:
        return vary(render(request, f"{PAGE}#{PROGRESS}", head_context(batch)))
    context = page_context(request, batch, ApplyForm(deletes=_deletes(batch)))
    return live(request, PAGE, context, part=PROGRESS, unsettled=context["is_moving"])


def _is_polled(request: HttpRequest) -> bool:
    return is_fragment(request) and request.htmx.target == PROGRESS  # type: ignore[attr-defined]


@access.staff_required("change_trunk")
@require_POST
def batch_apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    batch = access.batch_for(request.user, pk)
    form = ApplyForm(request.POST, deletes=_deletes(batch))
    if not form.is_valid():
        return render(request, PAGE, page_context(request, batch, form))
    asked = form.cleaned_data

    def apply(batch: Batch, *, actor: Actor) -> Batch:
        stop_after = asked["stop_after"]
        return apply_batch(batch, actor=actor, reason=asked["reason"], stop_after=stop_after)

    return _acted(request, batch, apply, "Under way: it is sent in the background.")


def _deletes(batch: Batch) -> bool:
    is_undo = batch.kind == Batch.Kind.UNDO
    return is_undo and batch.rows.filter(action=BatchRow.Action.DELETE).exists()


@access.staff_required("change_trunk")
@require_POST
def batch_pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    batch = access.batch_for(request.user, pk)
    return _acted(request, batch, pause_batch, "Paused: nothing more of it is sent.")


@access.staff_required("change_trunk")
@require_POST
def batch_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _acted(request, access.batch_for(request.user, pk), resume_batch, "It goes on.")


@access.staff_required("change_trunk")
@require_POST
def batch_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    batch = access.batch_for(request.user, pk)
    return _acted(request, batch, cancel_batch, "Cancelled: what was not sent never will be.")


@access.staff_required("change_trunk")
@require_POST
def batch_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    batch = access.batch_for(request.user, pk)
    try:
        discard_plan(batch)
    except MovedOn as error:
        return _moved_on(request, batch, error)
    messages.success(request, "The plan was thrown away. Nothing was sent.")
    return redirect("staff:batch-list")


@access.staff_required("change_trunk")
@require_POST
def batch_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A plan that leads everything back; it is reviewed and applied like any other."""
    batch = access.batch_for(request.user, pk)
    try:
        undo = plan_undo(batch, actor=access.actor_of(request.user))
    except MovedOn as error:
        return _moved_on(request, batch, error)
    return redirect("staff:batch-detail", undo.pk)


def _acted(request: HttpRequest, batch: Batch, act: Callable[..., Any], said: str) -> HttpResponse:
    try:
        act(batch, actor=access.actor_of(request.user))
    except MovedOn as error:
        return _moved_on(request, batch, error)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    messages.success(request, said)
    return redirect("staff:batch-detail", batch.pk)


def _moved_on(request: HttpRequest, batch: Batch, error: MovedOn) -> HttpResponse:
    messages.info(request, f"Nothing was done: by now the batch is {str(error).lower()}.")
    return redirect("staff:batch-detail", batch.pk)
