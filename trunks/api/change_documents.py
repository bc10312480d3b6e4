"""Changes as resource objects."""

from trunks.api.documents import Resource, instant, relation, resource
from trunks.api.errors import passed_on
from trunks.api.queries import EVERYTHING, Query
from trunks.api.resources import CHANGES
from trunks.models import Change


def change_url(base: str, change: Change) -> str:
    return f"{base}/changes/{change.pk}"


def change_resource(change: Change, base: str, query: Query = EVERYTHING) -> Resource:
    """Linkage to the trunk always stands here; it is null until a create has one."""
    attributes = {
        "state": change.state,
        "kind": change.kind,
        "origin": change.origin,
        "actor": change.actor_label,
        "reason": change.reason,
        "diff": change.diff,
        "errors": [passed_on(error) for error in change.errors],
        "conflicts": change.conflicts,
        "consequences": change.consequences,
        "waiting_reason": change.waiting_reason,
        "attempts": change.attempts,
        "created_at": instant(change.created_at),
        "settled_at": instant(change.settled_at),
    }
    trunk = relation(change_url(base, change), "voice_out_trunk")
    trunk["data"] = trunk_identifier(change)
    return resource(CHANGES, change.pk, attributes, {"voice_out_trunk": trunk}, query)


def trunk_identifier(change: Change) -> dict[str, str] | None:
    if change.trunk_id is None:
        return None
    return {"type": "voice_out_trunks", "id": str(change.trunk_id)}
