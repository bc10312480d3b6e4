"""Block and unblock: at once, where the guard rails allow it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from trunks import access
from trunks.models import Change, Trunk
from trunks.services.errors import BeyondRails, Denied, Invalid
from trunks.services.proposing import block_patch, propose
from trunks.web.portal.outcomes import send
from trunks.web.words import sentence


@access.member_required("operator")
@require_POST
def trunk_block(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _carry_out(request, access.trunk_for(request.user, pk), blocked=True)


@access.member_required("operator")
@require_POST
def trunk_unblock(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _carry_out(request, access.trunk_for(request.user, pk), blocked=False)


def _carry_out(request: HttpRequest, trunk: Trunk, *, blocked: bool) -> HttpResponse:
    try:
        change = propose(
            trunk,
            block_patch(blocked),
            actor=access.actor_of(request.user),
            origin=Change.Origin.PORTAL,
            on_request=True,
        )
    except BeyondRails as error:
        messages.error(request, " ".join(sentence(breach.allowed) for breach in error.breaches))
        return redirect("portal:trunk-detail", trunk.pk)
    except Invalid as error:
        messages.error(request, " ".join(p.sentence for p in error.problems))
        return redirect("portal:trunk-detail", trunk.pk)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    if change.breaches or change.risks:
        return redirect("portal:change-review", change.pk)
    return send(request, change)
