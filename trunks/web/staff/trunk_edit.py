"""Create and edit a trunk: one form, whose method group alone is asked for again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.domain.patch import Patch
from trunks.models import Account, Change, Trunk
from trunks.services.deciding import hand_on
from trunks.services.errors import Denied, Invalid, NotPlanned
from trunks.services.proposing import propose
from trunks.services.submitting import discard
from trunks.web.forms import opening
from trunks.web.forms.authentication import MethodGroup
from trunks.web.forms.editing import Editing
from trunks.web.kept import keeps_what_was_typed
from trunks.web.staff.outcomes import send

PAGE = "staff/trunks/edit.html"
STALE = (
    "This form was opened too long ago, or altered on its way, so nothing was saved. Everything "
    "typed is kept below, beside what upstream has now: look it over, then save again."
)


@keeps_what_was_typed
@access.staff_required("add_trunk")
@require_http_methods(["GET", "POST"])
def trunk_new(request: HttpRequest) -> HttpResponse:
    accounts = list(access.accounts_for(request.user).order_by("name"))
    if not accounts:
        messages.warning(request, "Add an account first: a trunk lives in one.")
        return redirect("staff:account-list")
    return _answer(request, None, accounts)


@keeps_what_was_typed
@access.staff_required("change_trunk")
@require_http_methods(["GET", "POST"])
def trunk_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    trunk = access.trunk_for(request.user, pk)
    if trunk.is_gone:
        messages.error(request, f"“{trunk}” no longer exists upstream.")
        return redirect(f"{reverse('staff:trunk-new')}?like={trunk.pk}")
    return _answer(request, trunk, [trunk.account])


@keeps_what_was_typed
@access.staff_required("change_trunk")
@require_POST
def trunk_auth_fields(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """The fields of the method just chosen. A POST: what was typed belongs in no URL."""
    trunk = access.trunk_for(request.user, pk) if pk else None
    seen, _ = opening.seen_in(request.user, trunk, request.POST)
    group = MethodGroup.of(seen, request.POST)
    return render(request, f"{PAGE}#auth-fields", {"method": group, "trunk": trunk})


def _answer(request: HttpRequest, trunk: Trunk | None, accounts: list[Account]) -> HttpResponse:
    if request.typed_again:  # type: ignore[attr-defined]
        data, notice = request.typed_again  # type: ignore[attr-defined]
        return _page(request, opening.sent(request.user, trunk, accounts, data)[0], notice)
    if request.method != "POST":
        return _page(request, opening.opened(request.user, trunk, accounts, request.GET))
    editing, genuine = opening.sent(request.user, trunk, accounts, request.POST)
    if opening.asks_for_more(request.POST):
        return _page(request, editing)
    if not genuine:
        return _page(request, editing, STALE)
    return _save(request, editing)


def _save(request: HttpRequest, editing: Editing) -> HttpResponse:
    """Propose what was touched; show it for review if it is risky, else send it at once."""
    patch = editing.patch()
    if not editing.is_fine:
        return _page(request, editing)
    if editing.trunk and not patch:
        messages.info(request, "Nothing was changed.")
        return redirect("staff:trunk-detail", editing.trunk.pk)
    change = _proposed(request, editing, patch)
    if change is None:
        return _page(request, editing)
    _replace_earlier_plan(request, change)
    return redirect("staff:change-review", change.pk) if change.risks else send(request, change)


def _proposed(request: HttpRequest, editing: Editing, patch: Patch) -> Change | None:
    """None: there are problems, and they stand beside their fields."""
    try:
        return propose(
            editing.trunk,
            patch,
            kind=Change.Kind.UPDATE if editing.trunk else Change.Kind.CREATE,
            actor=access.actor_of(request.user),
            origin=Change.Origin.STAFF,
            base=editing.seen if editing.trunk else None,
            seen_at=editing.seen_at if editing.trunk else None,
            account=editing.account,
        )
    except Invalid as error:
        editing.complain(error.problems)
        return None
    except Denied as error:
        raise PermissionDenied(str(error)) from error


def _replace_earlier_plan(request: HttpRequest, change: Change) -> None:
    """A plan that was taken back to the form, or refused, is replaced by the new one, also in
    what it was to decide."""
    actor = access.actor_of(request.user)
    try:
        own = access.changes_for(request.user).filter(actor_kind="staff", actor_id=request.user.pk)
        plan = own.get(pk=UUID(request.POST.get("change", "")))
        hand_on(plan, change, actor=actor)
        discard(plan, actor=actor)
    except (ValueError, Change.DoesNotExist, NotPlanned):
        pass


def _page(request: HttpRequest, editing: Editing, notice: str = "") -> HttpResponse:
    opening.search_numbers(editing, request.POST)
    return render(request, PAGE, _context(request, editing, notice))


def _context(request: HttpRequest, editing: Editing, notice: str) -> dict[str, Any]:
    trunk = editing.trunk
    return {
        "editing": editing,
        "form": editing.form,
        "method": editing.method,
        "trunk": trunk,
        "account_id": editing.account.pk if editing.account else "",
        "picker_url": reverse("staff:did-picker"),
        "seen": opening.signed(request.user, editing),
        "plan": request.POST.get("change") or request.GET.get("change") or "",
        "unsettled": trunk.changes.unsettled().first() if trunk else None,
        "notice": notice or editing.notice,
        "crumbs": _crumbs(trunk),
    }


def _crumbs(trunk: Trunk | None) -> list[dict[str, str]]:
    crumbs = [{"label": "Trunks", "url": reverse("staff:trunk-list")}]
    if trunk:
        crumbs.append({"label": str(trunk), "url": reverse("staff:trunk-detail", args=[trunk.pk])})
    return crumbs
