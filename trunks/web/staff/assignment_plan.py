"""What an assignment would do, as its page shows it before anybody says yes."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from trunks.models import Did, Trunk
from trunks.services.assigning import Assignment
from trunks.web.trunk_cards import number_chips
from trunks.web.words import counted, listed

TRUNKS_SHOWN = 50
GROUPS = (
    ("shared", "Shared from now on", "On trunks of several customers: each sees them."),
    ("taken", "Come along", "DIDs that go with the trunks."),
    ("freed", "Nobody’s from now on", "DIDs that no customer will have."),
    ("foreign", "Stay another customer’s", "Listed on these trunks, hidden from this customer."),
)


def plan_context(plan: Assignment) -> dict[str, Any]:
    trunks = plan.trunks
    moving = [trunk for trunk in trunks if trunk.customer != plan.customer]
    known = {trunk.pk for trunk in plan.known}
    rows = [_row(trunk, trunk.pk in known) for trunk in moving[:TRUNKS_SHOWN]]
    more = len(moving) - len(rows)
    return {
        "plan": plan,
        "rows": rows,
        "more": f"and {more:,} more" if more > 0 else "",
        "moving": len(moving),
        "staying": counted(len(trunks) - len(moving), "trunk") if len(moving) < len(trunks) else "",
        "groups": [_group(getattr(plan, key), *words) for key, *words in GROUPS],
        "known": listed([str(trunk) for trunk in plan.known]),
        "unchangeable": listed([str(trunk) for trunk in plan.unchangeable]),
        "digest": digest_of(plan),
        "button": _button(plan, len(moving)),
    }


def _row(trunk: Trunk, is_known: bool) -> dict[str, Any]:
    return {
        "url": reverse("staff:trunk-detail", args=[trunk.pk]),
        "name": str(trunk),
        "now": trunk.customer.name if trunk.customer else "nobody",
        "is_known": is_known,
    }


def _group(dids: Sequence[Did], title: str, text: str) -> dict[str, Any]:
    return {"title": title, "text": text, "chips": number_chips(dids) if dids else None}


def _button(plan: Assignment, count: int) -> str:
    words = counted(count, "trunk")
    return f"Give {words} to {plan.customer}" if plan.customer else f"Take back {words}"


def digest_of(plan: Assignment) -> str:
    """Another one means another plan than the one that was shown."""
    parts = [
        f"{plan.customer.pk if plan.customer else None}",
        *(f"{trunk.pk} {trunk.customer_id}" for trunk in plan.trunks),
    ]
    for name in ("shared", "taken", "freed", "foreign", "known"):
        parts += [name, *sorted(str(one.pk) for one in getattr(plan, name))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
