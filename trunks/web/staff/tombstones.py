"""Trunks that upstream no longer has: their last settings, and the way to a new one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.domain import authentication
from trunks.models import Change, Trunk
from trunks.services.errors import Denied, Invalid
from trunks.services.recreating import plan_again
from trunks.templatetags._words import amount_in_words
from trunks.web import asked
from trunks.web.listing import page_of
from trunks.web.staff.inbox import tabs
from trunks.web.staff.rows import did_counts
from trunks.web.words import capacity_in_words, destinations_in_words


@access.staff_required()
@require_safe
def inbox_gone(request: HttpRequest) -> HttpResponse:
    """Newest first; each with what it was set to when it was last seen."""
    query = asked.text(request, "q")
    gone = access.trunks_for(request.user).tombstones().matching(query)
    page = page_of(request, gone.select_related("account", "customer").order_by("-gone_at", "pk"))
    context = {"page": page, "rows": _rows(list(page)), "tabs": tabs(request, "inbox-gone")}
    return render(request, "staff/inbox/gone.html", context | {"q": query})


def _rows(trunks: list[Trunk]) -> list[dict[str, Any]]:
    ids = [trunk.pk for trunk in trunks]
    dids, ends = did_counts(ids), _ends(Change.objects.filter(trunk__in=ids))
    return [
        {
            "trunk": trunk,
            "url": reverse("staff:trunk-detail", args=[trunk.pk]),
            "whose": trunk.customer.name if trunk.customer else "No customer",
            "method": authentication.label(trunk.auth_type),
            "limit": _limit(trunk),
            "capacity": capacity_in_words(trunk.capacity_limit),
            "dids": "Any" if trunk.allow_any_did_as_cli else dids.get(trunk.pk, 0),
            "destinations": destinations_in_words(trunk.default_dst_action, trunk.dst_prefixes),
            "end": ends.get(trunk.pk, "somebody upstream"),
        }
        for trunk in trunks
    ]


def _limit(trunk: Trunk) -> str:
    return f"{amount_in_words(trunk.threshold_amount)} USD" if trunk.threshold_amount else "none"


def _ends(changes: QuerySet[Change]) -> dict[UUID | None, str]:
    """Who deleted each, where that was from here."""
    deletions = changes.filter(kind=Change.Kind.DELETE, state=Change.State.APPLIED)
    return dict(deletions.order_by("settled_at").values_list("trunk_id", "actor_label"))


@access.staff_required("add_trunk")
@require_POST
def trunk_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Plans a new trunk with its last settings; the review says what is new and what is lost."""
    trunk = access.trunk_for(request.user, pk)
    try:
        plan = plan_again(trunk, actor=access.actor_of(request.user))
    except Invalid as error:
        return _by_hand(request, trunk, error)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    return redirect("staff:change-review", plan.pk)


def _by_hand(request: HttpRequest, trunk: Trunk, error: Invalid) -> HttpResponse:
    """What its settings lack is asked for in the form of a new trunk, filled with them."""
    said = " ".join(problem.sentence.replace("..", ".") for problem in error.problems)
    if not trunk.is_gone:
        messages.info(request, said)
        return redirect("staff:trunk-detail", trunk.pk)
    messages.warning(request, f"{said} It will be another trunk, with an id of its own.")
    return redirect(f"{reverse('staff:trunk-new')}?like={trunk.pk}")
