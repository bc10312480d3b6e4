"""What the inbox shows on top, prepared: questions of accounts, doubts, conflicts, what is held."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from trunks import access
from trunks.domain.units import LISTS
from trunks.models import Account, Change
from trunks.models.change import ChangeQuerySet
from trunks.web.diff_lines import spoken, summary_of, trunk_name, unit_label
from trunks.web.listing import link
from trunks.web.staff import inbox_filters as filters
from trunks.web.words import counted, sentence

Row = dict[str, Any]
EACH_AT_MOST = 5  # of a kind, until that kind alone is asked for
ALONE_AT_MOST = 200


# --- Accounts that ask ----------------------------------------------------------------------------


def questions(request: HttpRequest) -> list[Row]:
    """Accounts that wait for an answer: so many gone at once, or nothing known in sight."""
    if any(request.GET.get(name) for name in ("kind", "field", "trunk")):
        return []
    asking = access.accounts_for(request.user).filter(pause=Account.Pause.QUESTION)
    chosen = request.GET.get("account", "")
    return [
        {"account": account, "reason": sentence(account.pause_reason)}
        for account in asking.order_by("name")
        if chosen in ("", str(account.pk))
    ]


# --- One row each ---------------------------------------------------------------------------------


def section(request: HttpRequest, kind: str, title: str, rows: ChangeQuerySet, make: Any) -> Row:
    """The most recent of a kind, and where the others are."""
    alone = filters.kind_of(request) == kind
    limit = ALONE_AT_MOST if alone else EACH_AT_MOST
    found = list(rows.select_related("trunk", "account").recent_first()[: limit + 1])
    return {
        "kind": kind,
        "title": title,
        "rows": [make(change) for change in found[:limit]],
        "more_url": link(request.GET, kind=kind) if len(found) > limit and not alone else "",
    }


def doubt_row(change: Change) -> Row:
    note = f"{summary_of(change)}. {sentence(change.waiting_reason)}"
    return _row(change, f"In doubt: {trunk_name(change)}", note, at=change.sent_at)


def conflict_row(change: Change) -> Row:
    title = f"Conflict on {trunk_name(change)}"
    return _row(change, title, collision(change), at=change.settled_at)


def collision(change: Change) -> str:
    """`Calls at once: Sam Okafor asked for 140, upstream has 125`, of the first setting."""
    if change.kind != Change.Kind.UPDATE or not change.conflicts:
        return f"{summary_of(change)}: it has moved since that was reviewed."
    line = change.conflicts[0]
    unit, who = line["field"], change.actor_label or "trunkadmin"
    if unit in LISTS:
        said = f"{who} and somebody upstream moved the same elements"
    else:
        ours, theirs = (spoken(change, unit, line.get(side)) for side in ("ours", "theirs"))
        said = f"{who} asked for {ours}, upstream has {theirs}"
    more = len(change.conflicts) - 1
    also = f", and {counted(more, 'other setting')}" if more else ""
    return f"{unit_label(unit)}: {said}{also}."


def held_row(change: Change) -> Row:
    note = f"{summary_of(change)}. {sentence(change.hold_reason)}"
    row = _row(change, f"Held back on {trunk_name(change)}", note, at=change.held_at)
    return row | {"was_sent": bool(change.sends)}


def _row(change: Change, title: str, note: str, *, at: Any) -> Row:
    url = reverse("staff:change-detail", args=[change.pk])
    return {"id": str(change.pk), "title": title, "note": note, "at": at, "url": url}
