"""Propose and submit: every act on a trunk becomes a `Change` through this one door."""

from collections.abc import Mapping
from typing import Any

from trunks.domain.actor import Actor, Denied
from trunks.domain.networks import shown
from trunks.domain.patch import Patch, Put, apply_patch, dump_patch, load_patch
from trunks.domain.problems import Invalid, Problem
from trunks.domain.risks import Risk, find_risks
from trunks.domain.rules import check_trunk
from trunks.domain.units import LINKAGES, METHOD, TYPE, Units, describe, difference, same
from trunks.models import Account, Change, Did, Trunk
from trunks.models.clock import database_now
from trunks.models.search import is_uuid
from trunks.services.drift import numbers_of
from trunks.services.errors import NotPlanned

CREDENTIALS_SEEN = "credentials_fingerprint"  # in `base`, beside the units
RIGHTS = {
    Change.Kind.CREATE: "add_trunk",
    Change.Kind.UPDATE: "change_trunk",
    Change.Kind.DELETE: "delete_trunk",
    Change.Kind.REGENERATE: "regenerate_credentials",
}


def propose(
    trunk: Trunk | None,
    patch: Patch,
    *,
    kind: str = Change.Kind.UPDATE,
    actor: Actor,
    origin: str,
    reason: str = "",
    base: Units | None = None,
    account: Account | None = None,
) -> Change:
    """Check what an actor asks for and keep it as a `planned` change with its diff and risks.

    `patch`: unit by unit, what was asked (empty for delete and regenerate; everything for a
    create, which has no trunk and needs `account`). `base`: what the actor saw of those units;
    without it, what the mirror holds now. Raises `Invalid` with every problem, `Denied`.
    """
    before = trunk.units() if trunk else {}
    planned = with_unsettled(trunk, before) if trunk else {}
    wanted = apply_patch(planned, patch)
    _check_rights(actor, kind, switches=TYPE in patch and before.get(TYPE) != wanted.get(TYPE))
    _check(trunk, patch, kind, account, planned, wanted)
    return Change.objects.create(
        account_id=_account_id(trunk, account),
        trunk=trunk,
        trunk_label=str(wanted.get("name") or (trunk.name if trunk else "") or ""),
        kind=kind,
        origin=origin,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        customer_id=str(trunk.customer_id or "") if trunk else "",
        customer_label=str(trunk.customer or "") if trunk else "",
        reason=reason,
        patch=dump_patch(patch),
        base=_base(kind, patch, before, base),
        diff=_diff(kind, planned, wanted),
        risks=[risk.as_dict() for risk in _risks(trunk, kind, planned, wanted)],
        did_numbers=numbers_of(_dids_in(before) ^ _dids_in(wanted)),
        credentials_before=_credentials_before(trunk, base),
        created_at=database_now(),
    )


def _credentials_before(trunk: Trunk | None, base: Units | None) -> str:
    """The fingerprint the actor's page stood on, for a regenerate; else that of the mirror."""
    mirrored = trunk.credentials_fingerprint if trunk else ""
    return str((base or {}).get(CREDENTIALS_SEEN, mirrored))


def _account_id(trunk: Trunk | None, account: Account | None) -> int:
    if trunk is not None:
        return trunk.account_id
    if account is None:
        raise Invalid([Problem("account", "must be chosen: there is more than one")])
    return account.pk


def submit(change: Change, *, actor: Actor, reason: str | None = None) -> Change:
    """planned → pending: from here on nothing is lost. Raises `Denied`, `NotPlanned`.

    Who submits it is who did it: a plan that another person made goes on under their name.
    """
    if not rights_of(change) <= actor.rights:
        raise Denied(f"{actor.label} may not submit this")
    now = database_now()
    fields: dict[str, Any] = {} if reason is None else {"reason": reason}
    submitted = Change.objects.filter(pk=change.pk, state=Change.State.PLANNED).update(
        state=Change.State.PENDING,
        submitted_at=now,
        next_attempt_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        **fields,
    )
    change.refresh_from_db()
    if not submitted:
        raise NotPlanned(change.get_state_display())
    return change


def discard(change: Change, *, actor: Actor) -> Change:
    """planned → cancelled: a plan that nobody wants any more. Raises `NotPlanned`."""
    discarded = Change.objects.filter(pk=change.pk, state=Change.State.PLANNED).update(
        state=Change.State.CANCELLED,
        settled_at=database_now(),
        waiting_reason=f"discarded by {actor.label}",
    )
    change.refresh_from_db()
    if not discarded:
        raise NotPlanned(change.get_state_display())
    return change


def with_unsettled(trunk: Trunk, units: Units) -> Mapping[str, Any]:
    """The mirror with what waits for upstream laid over it: what a new change will meet."""
    updates = trunk.changes.unsettled().filter(kind=Change.Kind.UPDATE)
    for change in updates.order_by("submitted_at"):
        units = apply_patch(units, load_patch(change.patch))
    return units


def rights_for(kind: str, *, switches: bool) -> set[str]:
    """What an actor needs for a change of this kind; `switches`: it sets another method."""
    switch = {"switch_method"} if switches and kind == Change.Kind.UPDATE else set()
    return {RIGHTS[Change.Kind(kind)]} | switch


def rights_of(change: Change) -> set[str]:
    """What whoever submits the change, and whoever asked for it, needs."""
    switches = TYPE in change.patch and change.base.get(TYPE) != change.patch[TYPE].get("set")
    return rights_for(change.kind, switches=switches)


def _check_rights(actor: Actor, kind: str, *, switches: bool) -> None:
    for right in sorted(rights_for(kind, switches=switches)):
        if not actor.may(right):
            raise Denied(f"{actor.label} may not {right.replace('_', ' ')}")


def _check(
    trunk: Trunk | None,
    patch: Patch,
    kind: str,
    account: Account | None,
    planned: Units,
    wanted: Units,
) -> None:
    problems: list[Problem] = []
    if trunk is not None and trunk.is_gone:
        problems.append(Problem("", "no longer exists upstream"))
    elif kind == Change.Kind.REGENERATE:
        problems += _check_regenerate(planned)
    elif kind == Change.Kind.UPDATE and not patch:
        problems.append(Problem("", "has nothing to change"))
    if patch:
        problems += check_trunk(planned if trunk else None, wanted, set(patch))
        problems += _check_dids(trunk.account if trunk else account, wanted, patch)
    if problems:
        raise Invalid(problems)


def _check_regenerate(units: Units) -> list[Problem]:
    if units.get(TYPE) == "credentials_and_ip":
        return []
    return [Problem("", "has no credentials to regenerate")]


def _check_dids(account: Account | None, wanted: Units, patch: Patch) -> list[Problem]:
    """A number of another account can be told here; whether one can call is upstream's to say."""
    problems = []
    for unit in (*LINKAGES, "default_did"):
        ids = _ids(wanted.get(unit)) if unit in patch else set()
        odd = {id_ for id_ in ids if not is_uuid(id_)}
        foreign = Did.objects.filter(pk__in=ids - odd).exclude(account=account)
        odd |= {str(pk) for pk in foreign.values_list("pk", flat=True)} if ids - odd else set()
        problems += [
            Problem(unit, f"{shown(id_)} is not one of the account's DIDs") for id_ in sorted(odd)
        ]
    return problems


def _ids(value: Any) -> set[str]:
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(value)


def _dids_in(units: Units) -> set[str]:
    return {id_ for name in (*LINKAGES, "default_did") for id_ in _ids(units.get(name))}


def _base(kind: str, patch: Patch, before: Units, seen: Units | None) -> dict[str, Any]:
    """What the actor saw of what the change touches; a delete touches everything."""
    source = {**before, **{u: v for u, v in (seen or {}).items() if u != CREDENTIALS_SEEN}}
    if kind in (Change.Kind.CREATE, Change.Kind.REGENERATE):
        return {}
    if kind == Change.Kind.DELETE:
        return source
    needs_type = any(unit.startswith(METHOD) for unit in patch)
    return {u: v for u, v in source.items() if u in patch or (needs_type and u == TYPE)}


def _diff(kind: str, before: Units, wanted: Units) -> list[dict[str, Any]]:
    if kind == Change.Kind.DELETE:
        return [{"field": "presence", "old": "present", "new": "gone"}]
    if kind == Change.Kind.REGENERATE:
        return [{"field": METHOD + "password", "old": "current", "new": "new"}]
    changed = difference(before, wanted)
    for name in LINKAGES:  # a linkage whose flag goes off in the same change was not shown before
        if name in wanted and name not in before and wanted[name]:
            changed[name] = ((), wanted[name])
    return describe(changed)


def _risks(trunk: Trunk | None, kind: str, before: Units, wanted: Units) -> list[Risk]:
    if kind == Change.Kind.DELETE:
        return [Risk("delete", "The trunk is deleted.", "Calls on it end at once. No undo.")]
    if kind == Change.Kind.REGENERATE:
        return [
            Risk(
                "regenerate",
                "The username or password in use stops working at once.",
                "The caller must be set up with the new credentials.",
            )
        ]
    risks = find_risks(before, wanted) if trunk else []
    unblocked = before.get("status") == "blocked" and same("status", wanted.get("status"), "active")
    if trunk and unblocked and trunk.threshold_reached:
        risks.append(
            Risk("unblock", "The 24-hour limit stopped this trunk.", "It can spend again at once.")
        )
    return risks


def block_patch(blocked: bool) -> dict[str, Put]:
    """The patch of block and unblock."""
    return {"status": Put("blocked" if blocked else "active")}
