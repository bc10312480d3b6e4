"""What asks for a person: the overview's list, most pressing first."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse

from trunks import access
from trunks.domain.actor import Actor
from trunks.models import Account, Batch, Change
from trunks.web.diff_lines import summary_of, trunk_name
from trunks.web.error_words import first_error
from trunks.web.staff.inbox_rows import collision
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
        *_doubts(changes),
        *_conflicts(changes),
        *_refused(trunks),
        *_held(changes),
        *_requests(changes, access.actor_of(request.user)),
        *_batches(access.batches_for(request.user)),
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


def _batches(batches: Any) -> list[Need]:
    """Batches that stand still until somebody goes on or cancels what is left."""
    return _each(
        [
            _need(
                "attention",
                f"Paused: {batch}",
                sentence(batch.pause_reason),
                reverse("staff:batch-detail", args=[batch.pk]),
                "Look",
            )
            for batch in batches.filter(state=Batch.State.PAUSED).recent_first()[: EACH_AT_MOST + 1]
        ],
        reverse("staff:batch-list"),
        "All batches",
    )


def _requests(changes: Any, actor: Actor) -> list[Need]:
    """What members ask for beyond their guard rails, for who may decide on it."""
    if not actor.may("approve_change"):
        return []
    rows = changes.requests().order_by("expires_at")[: EACH_AT_MOST + 1]
    return _each(
        [
            _need(
                "attention",
                f"{change.customer_label} asks for more on {trunk_name(change)}",
                f"{summary_of(change)}: beyond their guard rails.",
                reverse("staff:approval-detail", args=[change.pk]),
                "Decide",
            )
            for change in rows
        ],
        reverse("staff:approval-list"),
        "All requests",
    )


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
            for change in _not_in_doubt(changes)[: EACH_AT_MOST + 1]
        ],
        f"{reverse('staff:change-list')}?state=unknown",
        "All changes with an unknown outcome",
    )


def _not_in_doubt(changes: Any) -> Any:
    """What is still looked for by itself, for an answer that did not come."""
    return changes.outcome_unknown().filter(quarantined_at=None, held_at=None).recent_first()


def _doubts(changes: Any) -> list[Need]:
    return _each(
        [
            _need(
                "danger",
                f"In doubt: {trunk_name(change)}",
                f"{summary_of(change)}: sent, and it cannot be told what became of it.",
                reverse("staff:change-doubt", args=[change.pk]),
                "Decide",
            )
            for change in changes.in_doubt().recent_first()[: EACH_AT_MOST + 1]
        ],
        f"{reverse('staff:inbox')}?kind=doubt",
        "All that is in doubt",
    )


def _conflicts(changes: Any) -> list[Need]:
    conflicts = changes.undecided().filter(state=Change.State.CONFLICTED).recent_first()
    return _each(
        [
            _need(
                "danger",
                f"Conflict on {trunk_name(change)}",
                collision(change),
                reverse("staff:change-conflict", args=[change.pk]),
                "Decide",
            )
            for change in conflicts[: EACH_AT_MOST + 1]
        ],
        f"{reverse('staff:inbox')}?kind=conflict",
        "All conflicts",
    )


def _held(changes: Any) -> list[Need]:
    held = changes.held()
    count = held.count()
    if not count:
        return []
    note = sentence(held.recent_first()[0].hold_reason)
    url = f"{reverse('staff:inbox')}?kind=held"
    return [
        _need(
            "attention", f"{counted(count, 'change is', 'changes are')} held", note, url, "Decide"
        )
    ]


def _refused(trunks: Any) -> list[Need]:
    """Trunks whose latest change was refused."""
    failing = trunks.failing().filter(failed_state=Change.State.REFUSED)
    ids = list(failing.order_by("name").values_list("pk", flat=True)[: EACH_AT_MOST + 1])
    refused = Change.objects.filter(trunk__in=ids, state=Change.State.REFUSED)
    refused = refused.select_related("trunk").order_by("created_at")
    latest = {change.trunk_id: change for change in refused}
    needs = [
        _need(
            "danger",
            f"Refused on {trunk_name(latest[pk])}",
            first_error(latest[pk]),
            reverse("staff:change-detail", args=[latest[pk].pk]),
            "Look",
        )
        for pk in ids
        if pk in latest
    ]
    url = f"{reverse('staff:trunk-list')}?tab=failing"
    return _each(needs, url, "All trunks whose last change failed")


def _drifted(changes: Any, trunks: Any) -> list[Need]:
    drift = changes.drift().undecided()
    count = trunks.drifted().count()
    gone = drift.filter(trunk__gone_at__isnull=False).values("trunk").distinct().count()
    needs = []
    if count:
        latest = drift.filter(trunk__gone_at=None).recent_first().first()
        note = f"Last on {trunk_name(latest)}: {summary_of(latest)}." if latest else ""
        title = f"{counted(count, 'trunk')} changed upstream, not from here"
        needs.append(_need("attention", title, note, reverse("staff:inbox"), "Decide"))
    if gone:
        title = f"{counted(gone, 'trunk is', 'trunks are')} gone upstream"
        note = "Not deleted from here. Last settings are kept."
        url = f"{reverse('staff:inbox')}?kind=gone"
        needs.append(_need("attention", title, note, url, "Decide"))
    return needs


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
