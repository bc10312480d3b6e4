"""Drift as the inbox shows it: trunk by trunk, newest first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from django.urls import reverse

from trunks.domain.units import Units, normal, same
from trunks.models import Change, Trunk
from trunks.models.change import ChangeQuerySet
from trunks.services.deciding import is_gone
from trunks.services.ignoring import ignorable
from trunks.web.diff_lines import rows_of, summary_of
from trunks.web.words import counted

Row = dict[str, Any]
OF_A_TRUNK = 10  # its older drift is counted, and in its timeline


def drifted_trunks(rows: ChangeQuerySet) -> Any:
    """Trunks with undecided drift, the one that moved last first: `{trunk, last, count}`."""
    groups = rows.order_by().values("trunk").annotate(last=Max("created_at"), count=Count("pk"))
    return groups.order_by("-last", "trunk")


def groups_of(
    rows: ChangeQuerySet, page: Iterable[Mapping[str, Any]], *, with_account: bool
) -> list[Row]:
    """Each trunk of the page with its drift, newest first, in a constant number of queries."""
    page = list(page)
    ids = [group["trunk"] for group in page]
    trunks = {trunk.pk: trunk for trunk in Trunk.objects.with_linkage().filter(pk__in=ids)}
    drift, conflicts = _drift_of(rows, ids), _conflicts_of(ids)
    return [
        _group(
            trunks[group["trunk"]],
            drift[group["trunk"]],
            conflicts[group["trunk"]],
            older=group["count"] - len(drift[group["trunk"]]),
            with_account=with_account,
        )
        for group in page
        if group["trunk"] in trunks
    ]


def _conflicts_of(ids: Sequence[UUID]) -> dict[UUID | None, list[Change]]:
    found: dict[UUID | None, list[Change]] = defaultdict(list)
    open_ones = Change.objects.undecided().filter(state=Change.State.CONFLICTED, trunk__in=ids)
    for change in open_ones.order_by("created_at"):
        found[change.trunk_id].append(change)
    return found


def _drift_of(rows: ChangeQuerySet, ids: Sequence[UUID]) -> dict[UUID | None, list[Change]]:
    found: dict[UUID | None, list[Change]] = defaultdict(list)
    for change in rows.filter(trunk__in=ids).recent_first():
        if len(found[change.trunk_id]) < OF_A_TRUNK:
            found[change.trunk_id].append(change)
    return found


def _group(
    trunk: Trunk,
    changes: list[Change],
    conflicts: list[Change],
    *,
    older: int,
    with_account: bool,
) -> Row:
    units = trunk.units()
    changes_url = f"{reverse('staff:change-list')}?state=drift&trunk={trunk.pk}"
    return {
        "trunk": trunk,
        "url": reverse("staff:trunk-detail", args=[trunk.pk]),
        "whose": trunk.customer.name if trunk.customer else "No customer",
        "account": trunk.account.name if with_account else "",
        "items": [_item(trunk, change, units, conflicts) for change in changes],
        "all": " ".join(str(change.pk) for change in changes) if len(changes) > 1 else "",
        "older": f"and {counted(older, 'earlier change')}" if older else "",
        "older_url": changes_url,
    }


def _item(trunk: Trunk, change: Change, units: Units, conflicts: list[Change]) -> Row:
    gone = is_gone(change)
    lines = [line for line in change.diff if line["field"] != "presence"]
    return {
        "id": str(change.pk),
        "url": reverse("staff:change-detail", args=[change.pk]),
        "at": change.created_at,
        "summary": summary_of(change),
        "rows": rows_of(change, lines),
        "title": _title(change),
        "note": "" if trunk.is_gone else moved_on(change, units),
        "may_revert": not trunk.is_gone and bool(ignorable(change)),
        "may_ignore": not trunk.is_gone and bool(ignorable(change)),
        "may_recreate": gone and trunk.is_gone,
        "conflict_url": _conflict_url(change, conflicts),
    }


def _conflict_url(drift: Change, conflicts: list[Change]) -> str:
    """Where the same is asked already: a change of ours met this very drift."""
    for change in conflicts:
        if {line["field"] for line in change.conflicts}.issuperset(drift.fields):
            return reverse("staff:change-conflict", args=[change.pk])
    return ""


def _title(change: Change) -> str:
    presence = next((line for line in change.diff if line["field"] == "presence"), None)
    if presence is None:
        return ""
    return "Gone upstream" if presence.get("new") == "gone" else "Back upstream"


def moved_on(change: Change, units: Units) -> str:
    """Whether upstream still has what the drift brought."""
    lines = [line for line in change.diff if line["field"] in ignorable(change)]
    if not lines:
        return ""
    if all(_holds(line, units, was=True) for line in lines):
        return "Upstream is back at what it was."
    if not all(_holds(line, units, was=False) for line in lines):
        return "Upstream has moved on since."
    return ""


def _holds(line: Mapping[str, Any], units: Units, *, was: bool) -> bool:
    """Whether the settings hold what the line says was there before (or came)."""
    unit, held = line["field"], units.get(line["field"])
    if "added" in line or "removed" in line:
        there, away = (line.get(side) or () for side in ("added", "removed"))
        if was:
            there, away = away, there
        has = set(held or ())
        return has.issuperset(there) and has.isdisjoint(away)
    return same(unit, held, normal(unit, line.get("old" if was else "new")))
