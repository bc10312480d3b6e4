"""Opening the form of a trunk: fresh, filled from a change or another trunk, or as it was sent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, QueryDict

from trunks import access
from trunks.access import Asker
from trunks.domain.patch import apply_patch, load_patch
from trunks.domain.units import LINKAGES, Units
from trunks.models import Account, Change, Trunk
from trunks.web.error_words import is_gone
from trunks.web.forms.editing import NEW, Editing, typed_of
from trunks.web.forms.numbers import KINDS
from trunks.web.forms.pointers import problems_in
from trunks.web.forms.seen import Unsigned, open_seen, seen_since, sign_seen

A_NEW_ONE = "new"
GONE = (
    "The trunk no longer exists upstream. What was typed is kept here: create it again as a new "
    "trunk, or leave it."
)


def opened(
    user: Asker, trunk: Trunk | None, accounts: Sequence[Account], query: QueryDict
) -> Editing:
    """A fresh form, or one filled from a change (`?change=`) or from another trunk (`?like=`)."""
    if source := query.get("change"):
        return from_change(user, _change_of(user, source, trunk), trunk, accounts)
    if trunk is None and (source := query.get("like")):
        like = access.trunk_for(user, _uuid(source))
        return _editing(user, None, accounts, NEW, typed_of(units_for(user, like), like.account_id))
    return _editing(user, trunk, accounts, units_for(user, trunk) if trunk else NEW)


def sent(
    user: Asker, trunk: Trunk | None, accounts: Sequence[Account], data: QueryDict
) -> tuple[Editing, bool]:
    """The form as it was sent, and whether it credibly says what it was rendered with."""
    seen, genuine = seen_in(user, trunk, data)
    editing = _editing(user, trunk, accounts, seen, data)
    editing.seen_at = seen_since(data.get("seen", "")) if genuine else None
    return editing, genuine


def seen_in(user: Asker, trunk: Trunk | None, data: QueryDict) -> tuple[Units, bool]:
    """A new trunk begins with nothing seen, so nothing can be wrong about it."""
    if trunk is None:
        return NEW, True
    try:
        return open_seen(data.get("seen", ""), trunk_id=trunk.pk, user_id=user.pk), True
    except Unsigned:
        return units_for(user, trunk), False


def units_for(user: Asker, trunk: Trunk) -> Units:
    """The settings as the asker may see them: for a customer without DIDs that are not theirs."""
    units = trunk.units()
    if access.customer_of(user) is None:
        return units
    own = {name: access.linked_for(user, trunk, name).order_by("pk") for name in LINKAGES}
    linked = {
        name: tuple(map(str, rows.values_list("pk", flat=True))) for name, rows in own.items()
    }
    return {**units, **linked}


def signed(user: Asker, editing: Editing) -> str:
    trunk_id = editing.trunk.pk if editing.trunk else A_NEW_ONE
    return sign_seen(editing.seen, trunk_id=trunk_id, user_id=user.pk, since=editing.seen_at)


def asks_for_more(data: QueryDict) -> bool:
    """Whether a button other than Save was pressed, or Enter in a changed search box."""
    if "show_fields" in data or "find" in data or any(f"{name}-page" in data for name in KINDS):
        return True
    searched = any(data.get(f"{n}-q", "") != data.get(f"{n}-q-was", "") for n in KINDS)
    return data.get("by") == "enter" and searched


def search_numbers(editing: Editing, data: QueryDict) -> None:
    """Let each picker find what was looked for in it, also without JavaScript."""
    for picker in editing.pickers.values():
        if picker.query or data.get("find") == picker.name:
            picker.search(editing.dids)


def from_change(
    user: Asker, change: Change, trunk: Trunk | None, accounts: Sequence[Account]
) -> Editing:
    """Everything typed is back; what upstream refused stands beside its field."""
    held = {**(units_for(user, change.trunk) if change.trunk else {}), **change.base}
    asked = apply_patch(held, load_patch(change.patch))
    seen = held if trunk else NEW
    editing = _editing(user, trunk, accounts, seen, typed_of(asked, change.account_id))
    editing.seen_at = change.seen_at or change.created_at
    if change.state == Change.State.REFUSED and not is_gone(change):
        editing.quote(problems_in(change.errors))
    if trunk is None and change.trunk:
        editing.notice = GONE
    return editing


def chosen_account(data: Any, accounts: Sequence[Account]) -> Account | None:
    """The account of a new trunk: the only one, or the one that was picked."""
    if len(accounts) == 1:
        return accounts[0]
    return next((a for a in accounts if str(a.pk) == data.get("account")), None)


def _change_of(user: Asker, source: str, trunk: Trunk | None) -> Change:
    """A change fills its own trunk's form, or a new one's if it creates or came too late."""
    change = access.change_for(user, _uuid(source))
    fits = change.trunk == trunk if trunk else change.trunk is None or is_gone(change)
    if not fits:
        raise Http404
    return change


def _editing(
    user: Asker, trunk: Trunk | None, accounts: Sequence[Account], seen: Units, data: Any = None
) -> Editing:
    account = trunk.account if trunk else chosen_account(data or {}, accounts)
    dids = access.dids_for(user).filter(account=account)
    return Editing(seen=seen, dids=dids, trunk=trunk, account=account, accounts=accounts, data=data)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
