"""Create and edit a trunk: one form, whose method group alone is asked for again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trunks import access
from trunks.domain.patch import apply_patch, load_patch
from trunks.models import Account, Change, Trunk
from trunks.services.errors import Denied, Invalid, NotPlanned
from trunks.services.proposing import discard, propose
from trunks.web.forms.authentication import MethodGroup
from trunks.web.forms.editing import NEW, Editing, typed_of
from trunks.web.forms.numbers import KINDS
from trunks.web.forms.pointers import problems_in
from trunks.web.forms.seen import Unsigned, open_seen, sign_seen
from trunks.web.staff.outcomes import is_gone, send

PAGE = "staff/trunks/edit.html"
STALE = (
    "This form was opened too long ago, or altered on its way, so nothing was saved. Everything "
    "typed is kept below, beside what upstream has now: look it over, then save again."
)


@access.staff_required("add_trunk")
@require_http_methods(["GET", "POST"])
def trunk_new(request: HttpRequest) -> HttpResponse:
    accounts = list(access.accounts_for(request.user).order_by("name"))
    if not accounts:
        messages.warning(request, "Add an account first: a trunk lives in one.")
        return redirect("staff:account-list")
    return _answer(request, None, accounts)


@access.staff_required("change_trunk")
@require_http_methods(["GET", "POST"])
def trunk_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    trunk = access.trunk_for(request.user, pk)
    if trunk.is_gone:
        messages.error(request, f"“{trunk}” no longer exists upstream.")
        return redirect(f"{reverse('staff:trunk-new')}?like={trunk.pk}")
    return _answer(request, trunk, [trunk.account])


@access.staff_required("change_trunk")
@require_POST
def trunk_auth_fields(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """The fields of the method just chosen. A POST: what was typed belongs in no URL."""
    trunk = access.trunk_for(request.user, pk) if pk else None
    seen, _ = _seen(request, trunk)
    group = MethodGroup.of(seen, request.POST)
    return render(request, f"{PAGE}#auth-fields", {"method": group, "trunk": trunk})


def _answer(request: HttpRequest, trunk: Trunk | None, accounts: list[Account]) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _opened(request, trunk, accounts))
    seen, genuine = _seen(request, trunk)
    editing = _editing(request, trunk, accounts, seen, request.POST)
    if _asks_for_more(request.POST):
        return _page(request, editing)
    if not genuine:
        editing.notice = STALE
        return _page(request, editing)
    return _save(request, editing, accounts)


def _save(request: HttpRequest, editing: Editing, accounts: list[Account]) -> HttpResponse:
    """Propose what was touched; review it if it is risky, else send it at once."""
    trunk, patch = editing.trunk, editing.patch()
    if not editing.is_fine:
        return _page(request, editing)
    if trunk and not patch:
        messages.info(request, "Nothing was changed.")
        return redirect("staff:trunk-detail", trunk.pk)
    try:
        change = propose(
            trunk,
            patch,
            kind=Change.Kind.UPDATE if trunk else Change.Kind.CREATE,
            actor=access.actor_of(request.user),
            origin=Change.Origin.STAFF,
            base=editing.seen if trunk else None,
            account=None if trunk else _account(request.POST, accounts),
        )
    except Invalid as error:
        editing.complain(error.problems)
        return _page(request, editing)
    except Denied as error:
        raise PermissionDenied(str(error)) from error
    _drop_earlier_plan(request)
    return redirect("staff:change-review", change.pk) if change.risks else send(request, change)


def _asks_for_more(data: QueryDict) -> bool:
    """Whether a button other than Save was pressed, or Enter in a changed search box."""
    if "show_fields" in data or "find" in data or any(f"{name}-page" in data for name in KINDS):
        return True
    searched = any(data.get(f"{n}-q", "") != data.get(f"{n}-q-was", "") for n in KINDS)
    return data.get("by") == "enter" and searched


# --- Opening the form -----------------------------------------------------------------------------


def _opened(request: HttpRequest, trunk: Trunk | None, accounts: list[Account]) -> Editing:
    """A fresh form, or one filled from a change (`?change=`) or another trunk (`?like=`)."""
    if source := request.GET.get("change"):
        return _from_change(
            request, access.change_for(request.user, _uuid(source)), trunk, accounts
        )
    if trunk is None and (source := request.GET.get("like")):
        like = access.trunk_for(request.user, _uuid(source))
        return _editing(request, None, accounts, NEW, typed_of(like.units(), like.account_id))
    return _editing(request, trunk, accounts, dict(trunk.units()) if trunk else NEW, None)


def _from_change(
    request: HttpRequest, change: Change, trunk: Trunk | None, accounts: list[Account]
) -> Editing:
    """Everything typed is back; what upstream refused stands beside its field."""
    patch = load_patch(change.patch)
    held = change.trunk.units() if change.trunk else {}
    seen = {**held, **change.base} if trunk else NEW
    asked = apply_patch({**held, **change.base} if change.trunk else {}, patch)
    editing = _editing(request, trunk, accounts, seen, typed_of(asked, change.account_id))
    if change.state == Change.State.REFUSED and not is_gone(change):
        editing.quote(problems_in(change.errors))
    if trunk is None and change.trunk:
        editing.notice = (
            "The trunk no longer exists upstream. What you typed is kept here: "
            "create it again as a new trunk, or leave it."
        )
    return editing


def _editing(
    request: HttpRequest, trunk: Trunk | None, accounts: list[Account], seen: Any, data: Any
) -> Editing:
    account = trunk.account if trunk else _account(data or {}, accounts)
    dids = access.dids_for(request.user).filter(account=account)
    return Editing(seen=seen, dids=dids, trunk=trunk, account=account, accounts=accounts, data=data)


def _account(data: Any, accounts: list[Account]) -> Account | None:
    """The account chosen for a new trunk: the only one, or the one that was picked."""
    if len(accounts) == 1:
        return accounts[0]
    return next((a for a in accounts if str(a.pk) == data.get("account")), None)


def _seen(request: HttpRequest, trunk: Trunk | None) -> tuple[dict[str, Any], bool]:
    """What the form was rendered with, and whether it says so credibly."""
    if trunk is None:
        return dict(NEW), True
    try:
        text = request.POST.get("seen", "")
        return open_seen(text, trunk_id=trunk.pk, user_id=request.user.pk), True
    except Unsigned:
        return dict(trunk.units()), False


def _drop_earlier_plan(request: HttpRequest) -> None:
    """A plan that was taken back to the form is replaced by the new one."""
    try:
        pk = UUID(request.POST.get("change", ""))
        change = access.changes_for(request.user).get(pk=pk, actor_id=str(request.user.pk))
        discard(change, actor=access.actor_of(request.user))
    except (ValueError, Change.DoesNotExist, NotPlanned):
        pass


def _uuid(text: str) -> UUID:
    from django.http import Http404

    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _page(request: HttpRequest, editing: Editing) -> HttpResponse:
    trunk = editing.trunk
    for picker in editing.pickers.values():
        if request.POST.get("find") == picker.name or picker.query:
            picker.search(editing.dids)
    seen = sign_seen(editing.seen, trunk_id=trunk.pk, user_id=request.user.pk) if trunk else ""
    return render(
        request,
        PAGE,
        {
            "editing": editing,
            "form": editing.form,
            "method": editing.method,
            "trunk": trunk,
            "seen": seen,
            "account_id": editing.account.pk if editing.account else "",
            "plan": request.POST.get("change") or request.GET.get("change") or "",
            "unsettled": trunk.changes.unsettled().first() if trunk else None,
            "crumbs": _crumbs(trunk),
        },
    )


def _crumbs(trunk: Trunk | None) -> list[dict[str, str]]:
    crumbs = [{"label": "Trunks", "url": reverse("staff:trunk-list")}]
    if trunk:
        crumbs.append({"label": str(trunk), "url": reverse("staff:trunk-detail", args=[trunk.pk])})
    return crumbs
