from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from trunks import access
from trunks.models import Change, Trunk
from trunks.models.change import ChangeQuerySet
from trunks.services import refreshing
from trunks.services.errors import (
    ForeignTrunk,
    Invalid,
    Refused,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from trunks.templatetags._states import look_of
from trunks.web.listing import live
from trunks.web.staff import trunk_notices
from trunks.web.staff.rows import status_mark
from trunks.web.staff.timeline import SHOWN, timeline_of
from trunks.web.trunk_cards import cards_of

UNDECIDED_READ = 20


@access.staff_required()
@require_safe
def trunk_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A trunk's settings as answers to questions, beside everything that happened to it."""
    trunk = access.trunk_for(request.user, pk)
    changes = access.changes_for(request.user).filter(trunk=trunk).recent_first()
    unsettled = list(changes.unsettled())
    context = {
        "trunk": trunk,
        "status": status_mark(trunk),
        "waiting": trunk_notices.waiting_notices(unsettled, trunk.account),
        "cards": cards_of(
            trunk,
            unsettled,
            dids=list(trunk.dids.all()),
            emergency=list(trunk.emergency_dids.all()),
        ),
        **_history(trunk, changes),
    }
    return live(
        request, "staff/trunks/detail.html", context, part="waiting", unsettled=bool(unsettled)
    )


def _history(trunk: Trunk, changes: ChangeQuerySet) -> dict[str, Any]:
    """The timeline and what it says about now; plans that nobody submitted are no history."""
    latest = list(changes.exclude(state=Change.State.PLANNED)[: SHOWN + 1])
    ours = next((change for change in latest if change.state != Change.State.OBSERVED), None)
    undecided = list(changes.undecided()[:UNDECIDED_READ])
    delivered = changes.filter(sent_at__isnull=False).first()
    return {
        "timeline": timeline_of(trunk, latest[:SHOWN], complete=len(latest) <= SHOWN),
        "has_more": len(latest) > SHOWN,
        "notices": trunk_notices.standing_notices(trunk, ours, undecided),
        "settled": trunk_notices.settled_notice(ours),
        "is_drifted": any(change.is_drift for change in undecided),
        "last_delivery": delivered,
        "last_delivery_state": look_of(delivered).label if delivered else "",
    }


@access.staff_required("pull_account")
@require_POST
def trunk_refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reads the trunk again, now."""
    trunk = access.trunk_for(request.user, pk)
    try:
        fresh = refreshing.refresh(trunk)
    except Unauthorized:
        messages.error(request, "Not read: upstream does not accept the account's key.")
    except (Unavailable, Refused, Invalid, Unreadable, ForeignTrunk) as error:
        messages.error(request, f"Not read: {error}")
    else:
        said = "Upstream no longer has this trunk." if fresh.is_gone else "Read again just now."
        messages.success(request, said)
    return redirect("staff:trunk-detail", pk=trunk.pk)
