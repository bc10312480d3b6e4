"""What a change's page shows a customer, prepared: the template only places it."""

from typing import Any

from django.urls import reverse

from trunks import access
from trunks.access import Asker
from trunks.models import Change, Decision
from trunks.services.errors import Denied
from trunks.services.rights import require_own, rights_of
from trunks.templatetags import ui
from trunks.web.diff_lines import rows_of, trunk_name
from trunks.web.error_words import is_act
from trunks.web.portal.outcomes import form_url
from trunks.web.portal.review import beyond_rails
from trunks.web.portal.state_words import mark_of, told
from trunks.web.portal.timeline import who_did

State = Change.State
HEADINGS = {
    Change.Kind.CREATE: "New trunk {}",
    Change.Kind.UPDATE: "Change of {}",
    Change.Kind.DELETE: "Deletion of {}",
    Change.Kind.REGENERATE: "New username and password for {}",
    Change.Kind.OBSERVED: "Seen on {}",
}
NO_ROWS = {
    Change.Kind.REGENERATE: "A new username and password, and no other setting.",
    Change.Kind.DELETE: "The whole trunk.",
}
DECIDED = {Decision.Kind.APPROVED: "Approved", Decision.Kind.DENIED: "Refused"}


def detail_of(asker: Asker, change: Change) -> dict[str, Any]:
    title, text = told(change)
    return {
        "change": change,
        "heading": HEADINGS[Change.Kind(change.kind)].format(trunk_name(change)),
        "mark": mark_of(change),
        "title": title,
        "text": text,
        "rows": rows_of(change),
        "no_rows": NO_ROWS.get(Change.Kind(change.kind), "No setting: it was so already."),
        "consequences": rows_of(change, change.consequences),
        "beyond": beyond_rails(change),
        "who": who_did(change),
        "decisions": _decisions(change),
        "times": _times(change),
        "trunk_url": _trunk_url(asker, change),
        **_acts(asker, change),
    }


def _trunk_url(asker: Asker, change: Change) -> str:
    """A trunk that is theirs no longer has no page for them."""
    theirs = access.trunks_for(asker)
    if change.trunk_id is None or not theirs.filter(pk=change.trunk_id).exists():
        return ""
    return reverse("portal:trunk-detail", args=[change.trunk_id])


def _acts(asker: Asker, change: Change) -> dict[str, Any]:
    actor = access.actor_of(asker)
    try:
        require_own(change, actor)
        is_own = rights_of(change) <= actor.rights
    except Denied:
        is_own = False
    again = change.state in (State.REFUSED, State.CONFLICTED, State.EXPIRED)
    from_form = change.kind in (Change.Kind.UPDATE, Change.Kind.CREATE) and not is_act(change)
    may_again = is_own and change.is_railed and again and from_form
    return {
        "may_withdraw": is_own and change.state == State.AWAITING_APPROVAL,
        "may_take_back": is_own and change.state == State.PENDING and not change.sends,
        "may_review": is_own and change.state == State.PLANNED,
        "again_url": form_url(change) if may_again else "",
    }


def _decisions(change: Change) -> list[dict[str, Any]]:
    """What staff decided on a request, and their word."""
    decisions = change.decisions.filter(kind__in=tuple(DECIDED))
    return [
        {
            "words": DECIDED[Decision.Kind(d.kind)],
            "who": d.actor_label,
            "at": d.at,
            "word": d.reason,
        }
        for d in decisions
    ]


def _times(change: Change) -> list[tuple[str, str]]:
    """The instants that exist, in their order."""
    ends = "Seen" if change.state == State.OBSERVED else "Settled"
    waits = change.expires_at if change.state == State.AWAITING_APPROVAL else None
    found = [
        ("Asked for", None if change.state == State.OBSERVED else change.created_at),
        ("Sent", change.sent_at),
        (ends, change.settled_at),
        ("Staff decide by", waits),
        ("Put back", change.reverse_at),
    ]
    return [(label, ui.second(at)) for label, at in found if at is not None]
