"""What asks for somebody of the customer: the home page's list, most pressing first."""

from typing import Any

from django.urls import reverse

from trunks import access
from trunks.access import Asker
from trunks.models import Change, Trunk
from trunks.models.trunk import TrunkQuerySet
from trunks.web.diff_lines import summary_of, trunk_name
from trunks.web.portal.state_words import told
from trunks.web.words import percent

Need = dict[str, Any]
EACH_AT_MOST = 5


def needs(asker: Asker) -> list[Need]:
    trunks = access.trunks_for(asker).order_by("name", "pk")
    changes = access.changes_for(asker).select_related("trunk").recent_first()
    return [
        *_limit_reached(trunks),
        *_failed(trunks, changes),
        *_near_limit(trunks),
        *_blocked(trunks),
    ]


def under_way(asker: Asker) -> list[Change]:
    """What waits for staff or is on its way, the creates among it."""
    changes = access.changes_for(asker).select_related("trunk").recent_first()
    return list((changes.requests() | changes.unsettled())[:EACH_AT_MOST])


def _limit_reached(trunks: TrunkQuerySet) -> list[Need]:
    stopped = trunks.blocked().filter(threshold_reached=True)[:EACH_AT_MOST]
    note = "Its limit for 24 hours is spent, so no call goes out. Ask staff to raise it."
    return [_need("danger", f"{trunk} is stopped", note, trunk) for trunk in stopped]


def _blocked(trunks: TrunkQuerySet) -> list[Need]:
    stopped = trunks.blocked().exclude(threshold_reached=True)[:EACH_AT_MOST]
    note = "No call goes out on it until it is unblocked."
    return [_need("attention", f"{trunk} is blocked", note, trunk) for trunk in stopped]


def _near_limit(trunks: TrunkQuerySet) -> list[Need]:
    near = trunks.near_limit().exclude(status="blocked")[:EACH_AT_MOST]
    return [
        _need(
            "attention",
            f"{trunk} is near its limit",
            f"{percent(trunk.spent_share)} of what it may spend in 24 hours is spent.",
            trunk,
        )
        for trunk in near
    ]


def _failed(trunks: TrunkQuerySet, changes: access.ChangeQuerySet) -> list[Need]:
    """What their own side asked for last and did not get."""
    states = (Change.State.REFUSED, Change.State.CONFLICTED)
    failing = trunks.failing().values("pk")
    found: dict[Any, Change] = {}
    for change in changes.filter(trunk__in=failing, state__in=states, is_railed=True)[:50]:
        found.setdefault(change.trunk_id, change)
    return [_of_change(change) for change in list(found.values())[:EACH_AT_MOST]]


def _of_change(change: Change) -> Need:
    title, text = told(change)
    return {
        "tone": "danger",
        "title": f"{trunk_name(change)}: a change was {title.lower().rstrip('.')}",
        "note": f"{summary_of(change)}. {text}",
        "url": reverse("portal:change-detail", args=[change.pk]),
        "label": "Look",
    }


def _need(tone: str, title: str, note: str, trunk: Trunk) -> Need:
    url = reverse("portal:trunk-detail", args=[trunk.pk])
    return {"tone": tone, "title": title, "note": note, "url": url, "label": "Look"}
