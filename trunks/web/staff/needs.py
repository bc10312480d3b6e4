"""What asks for a person: the overview's list, most pressing first."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse

from trunks import access
from trunks.models import Account, Change
from trunks.web.diff_lines import summary_of, trunk_name
from trunks.web.staff.trunk_notices import first_error
from trunks.web.staff.workers import worker_is_alive
from trunks.web.words import counted, percent, sentence

Need = dict[str, Any]
EACH_AT_MOST = 3  # of one sort by name; the rest in one line that leads to all of them


def needs(request: HttpRequest) -> list[Need]:
    changes = access.changes_for(request.user).select_related("trunk")
    trunks = access.trunks_for(request.user).present()
    return [
        *_paused(access.accounts_for(request.user)),
        *_no_worker(access.accounts_for(request.user)),
        *_failed(trunks),
        *_unknown(changes),
        *_drifted(changes, trunks),
        *_near_limit(trunks),
    ]


def _need(tone: str, title: str, note: str, url: str, label: str) -> Need:
    return {"tone": tone, "title": title, "note": note, "url": url, "label": label}


def _paused(accounts: Any) -> list[Need]:
    found = []
    for account in accounts.exclude(pause="").order_by("name"):
        asks = account.pause == Account.Pause.QUESTION
        found.append(
            _need(
                "danger",
                f"{account.name} asks before it goes on" if asks else f"{account.name} is paused",
                sentence(account.pause_reason),
                reverse("staff:account-detail", args=[account.pk]),
                "Answer" if asks else "Look",
            )
        )
    return found


def _no_worker(accounts: Any) -> list[Need]:
    if worker_is_alive() or not accounts.exists():
        return []
    note = "Nothing is pulled and no waiting change is sent until one is started."
    url = reverse("staff:account-list")
    return [_need("attention", "No worker is running", note, url, "Accounts")]


def _unknown(changes: Any) -> list[Need]:
    return _each(
        [
            _need(
                "attention",
                f"Outcome unknown on {trunk_name(change)}",
                f"{summary_of(change)}: sent, and upstream did not answer.",
                reverse("staff:change-detail", args=[change.pk]),
                "Look",
            )
            for change in changes.outcome_unknown().recent_first()[: EACH_AT_MOST + 1]
        ],
        f"{reverse('staff:change-list')}?state=unknown",
        "All changes with an unknown outcome",
    )


def _failed(trunks: Any) -> list[Need]:
    """Trunks whose latest change ran into a conflict or was refused."""
    ids = list(trunks.failing().order_by("name").values_list("pk", flat=True)[: EACH_AT_MOST + 1])
    failed = Change.objects.filter(trunk__in=ids, state__in=("refused", "conflicted"))
    failed = failed.select_related("trunk")
    latest = {change.trunk_id: change for change in failed.order_by("created_at")}
    needs = [_failure(latest[pk]) for pk in ids if pk in latest]
    url = f"{reverse('staff:trunk-list')}?tab=failing"
    return _each(needs, url, "All trunks whose last change failed")


def _failure(change: Change) -> Need:
    url = reverse("staff:change-detail", args=[change.pk])
    if change.state == Change.State.CONFLICTED:
        note = f"{summary_of(change)}: upstream had moved in the same place meanwhile."
        return _need("danger", f"Conflict on {trunk_name(change)}", note, url, "Compare")
    note = first_error(change)
    return _need("danger", f"Refused on {trunk_name(change)}", note, url, "Look")


def _drifted(changes: Any, trunks: Any) -> list[Need]:
    count = trunks.drifted().count()
    if not count:
        return []
    latest = changes.drift().recent_first().first()
    note = f"Last on {trunk_name(latest)}: {summary_of(latest)}." if latest else ""
    url = f"{reverse('staff:trunk-list')}?tab=drifted"
    title = f"{counted(count, 'trunk')} changed upstream, not from here"
    return [_need("attention", title, note, url, "Look")]


def _near_limit(trunks: Any) -> list[Need]:
    share = F("spent_value") / F("threshold_value")
    near = trunks.near_limit().exclude(status="blocked").order_by(share.desc())
    return _each(
        [
            _need(
                "danger" if (trunk.spent_share or 0) >= 1 else "attention",
                f"{trunk} at {percent(trunk.spent_share)} of its limit",
                f"{trunk.spent_value:,.2f} of {trunk.threshold_value:,.2f} USD in 24 hours.",
                reverse("staff:trunk-detail", args=[trunk.pk]),
                "Open",
            )
            for trunk in near.only("name", "spent_value", "threshold_value")[: EACH_AT_MOST + 1]
        ],
        f"{reverse('staff:trunk-list')}?tab=near",
        "All trunks near their limit",
    )


def _each(needs: list[Need], all_url: str, label: str) -> list[Need]:
    """The first ones, and when there are more a line that leads to all of them."""
    if len(needs) <= EACH_AT_MOST:
        return needs
    return [*needs[:EACH_AT_MOST], {"more": label, "url": all_url}]
