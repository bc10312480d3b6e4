"""Acts on a trunk: block and unblock at once; regenerate and delete after a page that says what
they end."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.domain.patch import Patch
from trunks.domain.units import Units
from trunks.models import Change, Trunk
from trunks.services.deciding import AlreadyDecided, ask_again
from trunks.services.errors import Denied, Invalid, NotWaiting
from trunks.services.planning import CREDENTIALS_SEEN
from trunks.services.proposing import block_patch, propose
from trunks.services.submitting import discard
from trunks.web import asked
from trunks.web.forms.acts import ConfirmForm, ReasonForm
from trunks.web.forms.seen import Unsigned, open_seen, seen_since, sign_seen
from trunks.web.staff.conflicts import refused
from trunks.web.staff.outcomes import send
from trunks.web.words import counted

HAS_CREDENTIALS = "credentials_and_ip"


@access.staff_required("change_trunk")
@require_POST
def trunk_block(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _carry_out(request, access.trunk_for(request.user, pk), block_patch(True))


@access.staff_required("change_trunk")
@require_POST
def trunk_unblock(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reviewed first when it was the 24-hour limit that stopped the trunk."""
    return _carry_out(request, access.trunk_for(request.user, pk), block_patch(False), review=True)


@access.staff_required("regenerate_credentials")
@require_http_methods(["GET", "POST"])
def trunk_regenerate(request: HttpRequest, pk: UUID) -> HttpResponse:
    trunk = access.trunk_for(request.user, pk)
    if trunk.is_gone or trunk.auth_type != HAS_CREDENTIALS:
        messages.info(request, "This trunk has no credentials to regenerate.")
        return redirect("staff:trunk-detail", trunk.pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (reviewed := _reviewed(request, trunk, form)):
        reason = form.cleaned_data["reason"]
        kind = Change.Kind.REGENERATE
        return _carry_out(request, trunk, kind=kind, reason=reason, base=reviewed)
    context = {"trunk": trunk, "form": form, "crumbs": _crumbs(trunk), **_to_review(request, trunk)}
    return render(request, "staff/trunks/regenerate.html", context)


@access.staff_required("delete_trunk")
@require_http_methods(["GET", "POST"])
def trunk_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    trunk = access.trunk_for(request.user, pk)
    if trunk.is_gone:
        messages.info(request, f"“{trunk}” is already gone upstream.")
        return redirect("staff:trunk-detail", trunk.pk)
    form = ConfirmForm(request.POST if request.method == "POST" else None, name=str(trunk))
    if form.is_valid() and (reviewed := _reviewed(request, trunk, form)):
        reason = form.cleaned_data["reason"]
        return _carry_out(request, trunk, kind=Change.Kind.DELETE, reason=reason, base=reviewed)
    context = {"trunk": trunk, "form": form, "crumbs": _crumbs(trunk), **_effects(trunk)}
    context |= _to_review(request, trunk)
    return render(request, "staff/trunks/delete.html", context)


def _carry_out(
    request: HttpRequest,
    trunk: Trunk,
    patch: Patch | None = None,
    *,
    kind: str = Change.Kind.UPDATE,
    reason: str = "",
    base: Units | None = None,
    review: bool = False,
) -> HttpResponse:
    actor = access.actor_of(request.user)
    origin = Change.Origin.STAFF
    try:
        change = propose(
            trunk,
            patch or {},
            kind=kind,
            actor=actor,
            origin=origin,
            reason=reason,
            base=base,
            seen_at=seen_since(request.POST.get("seen", "")),
        )
    except Invalid as error:
        messages.error(request, " ".join(f"{trunk} {p.message}." for p in error.problems))
        return redirect("staff:trunk-detail", trunk.pk)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    if review and change.risks:
        return redirect("staff:change-review", change.pk)
    if answer := _decide_conflict(request, change):
        return answer
    return send(request, change)


def _decide_conflict(request: HttpRequest, plan: Change) -> HttpResponse | None:
    """A second try after a conflict (`?conflict=`) decides it; an answer if somebody else has."""
    key = asked.uuid(request, "conflict")
    conflict = access.changes_for(request.user).filter(pk=key).first() if key else None
    if conflict is None or conflict.trunk_id != plan.trunk_id:
        return None
    try:
        ask_again(conflict, plan, actor=access.actor_of(request.user))
    except (AlreadyDecided, NotWaiting, Denied) as error:
        discard(plan, actor=access.actor_of(request.user))
        return refused(request, conflict, error)
    return None


def _to_review(request: HttpRequest, trunk: Trunk) -> dict[str, str]:
    """What the page shows, signed: what is confirmed later is what was seen now."""
    seen = {**trunk.units(), CREDENTIALS_SEEN: trunk.credentials_fingerprint}
    return {"seen": sign_seen(seen, trunk_id=trunk.pk, user_id=request.user.pk)}


def _reviewed(request: HttpRequest, trunk: Trunk, form: Form) -> Units | None:
    """What the page showed when it was opened; None, with a word on the form, for a stale one."""
    sent = request.POST.get("seen", "")
    try:
        return open_seen(sent, trunk_id=trunk.pk, user_id=request.user.pk)
    except Unsigned:
        form.add_error(None, "This page was open for too long. Look at it again, then confirm.")
        return None


def _effects(trunk: Trunk) -> dict[str, object]:
    """What a deletion ends, in numbers."""
    dids, emergency = trunk.dids.count(), trunk.emergency_dids.count()
    return {
        "dids": dids,
        "emergency": emergency,
        "dids_words": f"{counted(dids, 'DID stops', 'DIDs stop')} calling out",
        "emergency_words": f"{counted(emergency, 'DID')} can no longer place emergency calls here",
    }


def _crumbs(trunk: Trunk) -> list[dict[str, str]]:
    detail = reverse("staff:trunk-detail", args=[trunk.pk])
    return [
        {"label": "Trunks", "url": reverse("staff:trunk-list")},
        {"label": str(trunk), "url": detail},
    ]
