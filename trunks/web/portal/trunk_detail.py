from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from trunks import access
from trunks.models import Change, Trunk
from trunks.web.listing import live
from trunks.web.marks import status_mark
from trunks.web.portal.railed import customer_of, locked_in
from trunks.web.portal.timeline import entry_of
from trunks.web.portal.trunk_notices import standing_notices, waiting_notices
from trunks.web.trunk_cards import cards_of

SHOWN = 12
WAITING_SHOWN = 5
SPEAKING_PBX = ("credentials_and_ip", "ip_only")


@access.member_required()
@require_safe
def trunk_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A trunk's settings as answers to questions, beside what happened to it."""
    trunk = access.trunk_for(request.user, pk)
    changes = access.changes_for(request.user).filter(trunk=trunk).recent_first()
    unsettled = list(changes.unsettled()[:WAITING_SHOWN])
    dids, emergency = (
        list(access.linked_for(request.user, trunk, name).order_by("number"))
        for name in ("dids", "emergency_dids")
    )
    context = {
        "trunk": trunk,
        "status": status_mark(trunk),
        "waiting": waiting_notices(unsettled),
        "cards": cards_of(trunk, unsettled, dids=dids, emergency=emergency),
        "has_pbx": trunk.auth_type in SPEAKING_PBX,
        **_history(trunk, changes),
        **_acts(request, trunk),
    }
    return live(
        request, "portal/trunks/detail.html", context, part="waiting", unsettled=bool(unsettled)
    )


def _history(trunk: Trunk, changes: access.ChangeQuerySet) -> dict[str, Any]:
    """Plans that nobody sent are no history."""
    latest = list(changes.exclude(state=Change.State.PLANNED)[: SHOWN + 1])
    asked = (Change.State.OBSERVED, Change.State.AWAITING_APPROVAL)
    ours = next((change for change in latest if change.state not in asked), None)
    requests = list(changes.requests()[:WAITING_SHOWN])
    return {
        "timeline": [entry_of(change) for change in latest[:SHOWN]],
        "has_more": len(latest) > SHOWN,
        "notices": standing_notices(trunk, ours if ours and ours.is_railed else None, requests),
    }


def _acts(request: HttpRequest, trunk: Trunk) -> dict[str, bool]:
    may_edit = access.actor_of(request.user).may("change_trunk")
    blocked = trunk.status == "blocked"
    if not (may_edit and blocked):
        return {"may_edit": may_edit, "may_block": may_edit, "may_unblock": False}
    locked = locked_in(trunk, customer_of(request.user), {"status": trunk.status})
    return {"may_edit": True, "may_block": False, "may_unblock": "status" not in locked}
