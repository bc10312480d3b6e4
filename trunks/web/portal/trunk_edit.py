"""Change a trunk within the guard rails; what goes beyond them is asked for on the next page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.domain.guardrail_words import ALLOWED_ACT
from trunks.domain.patch import Patch
from trunks.models import Account, Change, Trunk
from trunks.services.customers import account_for_creates
from trunks.services.errors import Denied, Invalid, NotPlanned
from trunks.services.proposing import propose
from trunks.services.submitting import discard
from trunks.web.forms import opening
from trunks.web.forms.editing import Editing
from trunks.web.kept import keeps_what_was_typed
from trunks.web.portal.outcomes import send
from trunks.web.portal.railed import customer_of, hold, may_create
from trunks.web.words import sentence

PAGE = "portal/trunks/edit.html"
STALE = (
    "This form was opened too long ago, or altered on its way, so nothing was saved. Everything "
    "typed is kept below: look it over, then save again."
)
NO_ACCOUNT = "Ask staff to say first where your new trunks go."


@keeps_what_was_typed
@access.member_required("operator")
@require_http_methods(["GET", "POST"])
def trunk_new(request: HttpRequest) -> HttpResponse:
    account = account_for_creates(customer_of(request.user))
    if not may_create(request.user) or account is None:
        messages.info(request, NO_ACCOUNT if account is None else sentence(ALLOWED_ACT["create"]))
        return redirect("portal:trunk-list")
    return _answer(request, None, account)


@keeps_what_was_typed
@access.member_required("operator")
@require_http_methods(["GET", "POST"])
def trunk_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    trunk = access.trunk_for(request.user, pk)
    return _answer(request, trunk, trunk.account)


@keeps_what_was_typed
@access.member_required("operator")
@require_POST
def trunk_auth_fields(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """The fields of the method just chosen. A POST: what was typed belongs in no URL."""
    trunk = access.trunk_for(request.user, pk) if pk else None
    account = trunk.account if trunk else account_for_creates(customer_of(request.user))
    editing, _ = opening.sent(request.user, trunk, [account] if account else [], request.POST)
    hold(editing, customer_of(request.user))
    context = {"method": editing.method, "trunk": trunk}
    return render(request, f"{PAGE}#auth-fields", context)


def _answer(request: HttpRequest, trunk: Trunk | None, account: Account) -> HttpResponse:
    accounts = [account]
    if request.typed_again:  # type: ignore[attr-defined]
        data, notice = request.typed_again  # type: ignore[attr-defined]
        return _page(request, opening.sent(request.user, trunk, accounts, data)[0], notice)
    if request.method != "POST":
        return _page(request, opening.opened(request.user, trunk, accounts, request.GET))
    editing, genuine = opening.sent(request.user, trunk, accounts, request.POST)
    if opening.asks_for_more(request.POST):
        return _page(request, editing)
    return _save(request, editing) if genuine else _page(request, editing, STALE)


def _save(request: HttpRequest, editing: Editing) -> HttpResponse:
    """Plan what was touched. What is risky or beyond the rails is looked at again first."""
    method = hold(editing, customer_of(request.user))
    patch = editing.patch()
    if not editing.is_fine:
        return _page(request, editing, held=method)
    if editing.trunk and not patch:
        messages.info(request, "Nothing was changed.")
        return redirect("portal:trunk-detail", editing.trunk.pk)
    change = _proposed(request, editing, patch)
    if change is None:
        return _page(request, editing, held=method)
    _replace_earlier_plan(request)
    needs_a_look = change.breaches or change.risks
    return redirect("portal:change-review", change.pk) if needs_a_look else send(request, change)


def _proposed(request: HttpRequest, editing: Editing, patch: Patch) -> Change | None:
    """None: there are problems, and they stand beside their fields."""
    try:
        return propose(
            editing.trunk,
            patch,
            kind=Change.Kind.UPDATE if editing.trunk else Change.Kind.CREATE,
            actor=access.actor_of(request.user),
            origin=Change.Origin.PORTAL,
            base=editing.seen if editing.trunk else None,
            seen_at=editing.seen_at if editing.trunk else None,
            account=editing.account,
            on_request=True,
        )
    except Invalid as error:
        editing.complain(error.problems)
        return None
    except Denied as error:
        raise PermissionDenied(str(error)) from error


def _replace_earlier_plan(request: HttpRequest) -> None:
    """A plan of their own that was taken back to the form makes room for the new one."""
    own = access.changes_for(request.user).filter(actor_kind="member", actor_id=request.user.pk)
    try:
        plan = own.get(pk=UUID(request.POST.get("change", "")))
        discard(plan, actor=access.actor_of(request.user))
    except (ValueError, Change.DoesNotExist, NotPlanned):
        pass


def _page(
    request: HttpRequest, editing: Editing, notice: str = "", *, held: str | None = None
) -> HttpResponse:
    held = hold(editing, customer_of(request.user)) if held is None else held
    opening.search_numbers(editing, request.POST)
    return render(request, PAGE, _context(request, editing, notice, held))


def _context(request: HttpRequest, editing: Editing, notice: str, held: str) -> dict[str, Any]:
    trunk = editing.trunk
    changes = access.changes_for(request.user).filter(trunk=trunk).unsettled()
    return {
        "editing": editing,
        "form": editing.form,
        "method": editing.method,
        "method_held": held,
        "trunk": trunk,
        "account_id": editing.account.pk if editing.account else "",
        "picker_url": reverse("portal:did-picker"),
        "seen": opening.signed(request.user, editing),
        "plan": request.POST.get("change") or request.GET.get("change") or "",
        "unsettled": changes.first() if trunk else None,
        "notice": notice or editing.notice,
        "crumbs": crumbs_of(trunk),
    }


def crumbs_of(trunk: Trunk | None) -> list[dict[str, str]]:
    crumbs = [{"label": "Trunks", "url": reverse("portal:trunk-list")}]
    if trunk:
        url = reverse("portal:trunk-detail", args=[trunk.pk])
        crumbs.append({"label": str(trunk), "url": url})
    return crumbs
