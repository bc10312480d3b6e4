"""Assigning: which customer has which trunks and DIDs. Each act is shown before it is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.problems import Invalid, Problem
from trunks.models import Change, Customer, Did, Trunk
from trunks.models.clock import database_now
from trunks.models.trunk import TrunkQuerySet
from trunks.services import audit
from trunks.services.lending import Fate, fates, lend
from trunks.services.proposing import propose
from trunks.services.submitting import submit

# What becomes of credentials that a customer knew before: "new" regenerates them, "kept" waives.
Credentials = Literal["new", "kept"]
FIELDS = {"name": "name", "external_reference_id": "external reference"}
LOOKUPS = {"is": "", "begins": "__startswith", "contains": "__icontains"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """What giving these trunks to a customer (None: taking them back) would do.

    `shared`: DIDs that several customers will see; `taken`: those that come along; `freed`: those
    that will be nobody's; `foreign`: another customer's, which stay that and hidden. `known`:
    trunks whose credentials another customer knows; of `unchangeable` they cannot be made new.
    """

    customer: Customer | None
    trunks: tuple[Trunk, ...]
    shared: tuple[Did, ...] = ()
    taken: tuple[Did, ...] = ()
    freed: tuple[Did, ...] = ()
    foreign: tuple[Did, ...] = ()
    known: tuple[Trunk, ...] = ()
    unchangeable: tuple[Trunk, ...] = ()

    @property
    def needs_decision(self) -> bool:
        """New credentials or an explicit waiver."""
        return bool(self.known)


@dataclass(frozen=True, slots=True)
class Rule:
    """Unassigned trunks by name or external reference; `how`: is, begins or contains."""

    field: str
    how: str
    text: str

    def check(self) -> None:
        problems = []
        if self.field not in FIELDS:
            problems.append(Problem("field", f"must be one of {', '.join(FIELDS)}"))
        if self.how not in LOOKUPS:
            problems.append(Problem("how", f"must be one of {', '.join(LOOKUPS)}"))
        if not self.text.strip():
            problems.append(Problem("text", "can't be blank: it would find every trunk"))
        if problems:
            raise Invalid(problems)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was done, and the changes that make new credentials, submitted and on their way."""

    trunks: tuple[Trunk, ...]
    regenerated: list[Change] = field(default_factory=list)


def trunks_by_rule(rule: Rule) -> TrunkQuerySet:
    """Those that nobody has. Raises `Invalid`."""
    rule.check()
    wanted = {f"{rule.field}{LOOKUPS[rule.how]}": rule.text}
    return Trunk.objects.unassigned().filter(**wanted).order_by("name", "pk")


def preview(trunks: Iterable[Trunk], customer: Customer | None) -> Assignment:
    """What `assign` would do with them as they are now; the queries do not grow with the trunks."""
    rows = Trunk.objects.filter(pk__in=[trunk.pk for trunk in trunks])
    chosen = tuple(rows.select_related("account", "customer").order_by("name", "pk"))
    will = fates(chosen, customer)
    known = tuple(t for t in chosen if customer and is_known_to_another(t, customer))
    return Assignment(
        customer,
        chosen,
        **{fate.value: tuple(d for d, f in will.items() if f is fate) for fate in Fate},
        known=known,
        unchangeable=tuple(t for t in known if t.auth_type != "credentials_and_ip"),
    )


def assign(
    trunks: Iterable[Trunk],
    customer: Customer | None,
    *,
    actor: Actor,
    credentials: Credentials | None = None,
    reason: str = "",
) -> Assigned:
    """Give trunks, and their DIDs that no one has, to a customer; None takes them back.

    Trunks whose credentials another customer knows need `credentials`: "new" regenerates them,
    "kept" waives that, with a reason. History stays with whom it happened to. Raises `Denied`,
    `Invalid`; then nothing was done.
    """
    if not actor.may("assign_trunk"):
        raise Denied(f"{actor.label} may not assign trunks")
    with transaction.atomic():
        locked = _locked(trunks)
        moving = [t for t in locked if t.customer_id != (customer.pk if customer else None)]
        plan = preview(moving, customer)
        _check(plan, credentials, reason)
        for trunk in moving:
            _record(trunk, customer, credentials if trunk in plan.known else None, actor, reason)
        lend(moving, customer, at=database_now())
        again = plan.known if credentials == "new" else ()
        made = [_regenerate(trunk, actor, reason) for trunk in again]
    return Assigned(tuple(moving), made)


def assign_by_rule(
    rule: Rule,
    customer: Customer,
    *,
    shown: Iterable[object],
    actor: Actor,
    credentials: Credentials | None = None,
    reason: str = "",
) -> Assigned:
    """Assign what the rule finds of what was shown: neither what appeared since nor what somebody
    has been given meanwhile."""
    trunks = trunks_by_rule(rule).filter(pk__in=list(shown))
    return assign(trunks, customer, actor=actor, credentials=credentials, reason=reason)


def assign_dids(
    dids: Iterable[Did], customer: Customer | None, *, actor: Actor, reason: str = ""
) -> list[Did]:
    """Give DIDs themselves to a customer, or take them back. Raises `Denied`."""
    if not actor.may("assign_trunk"):
        raise Denied(f"{actor.label} may not assign DIDs")
    with transaction.atomic():
        rows = Did.objects.select_for_update(of=("self",)).filter(pk__in=[d.pk for d in dids])
        moving = [d for d in rows.order_by("pk") if d.customer != customer or d.is_shared]
        for did in moving:
            audit.record("did_withdrawn", actor=actor, subject=did, reason=reason)
            did.customer, did.is_shared = customer, False
            did.save(update_fields=["customer", "is_shared"])
            audit.record("did_assigned", actor=actor, subject=did, reason=reason)
    return moving


def is_known_to_another(trunk: Trunk, customer: Customer) -> bool:
    """Whether someone else's people know the credentials it has now: its customer's, or those of
    the last one it was taken from, unless they were made new since."""
    if trunk.customer_id is not None:
        return trunk.customer_id != customer.pk
    if trunk.left_at is None or trunk.left_id == customer.pk:
        return False
    renewed = trunk.credentials_known_at
    has_any = trunk.auth_type == "credentials_and_ip"
    return not (has_any and renewed is not None and renewed > trunk.left_at)


def _locked(trunks: Iterable[Trunk]) -> list[Trunk]:
    rows = Trunk.objects.select_for_update(of=("self",)).filter(pk__in=[t.pk for t in trunks])
    found = list(rows.select_related("account", "customer").order_by("pk"))
    if gone := [trunk for trunk in found if trunk.is_gone]:
        raise Invalid([Problem("", f"{trunk} no longer exists upstream") for trunk in gone])
    return found


def _check(plan: Assignment, credentials: str | None, reason: str) -> None:
    if not plan.needs_decision:
        return
    if credentials not in ("new", "kept"):
        names = ", ".join(str(trunk) for trunk in plan.known[:3])
        why = f"must be made new, or kept by an explicit waiver: another customer knows {names}"
        raise Invalid([Problem("credentials", why)])
    if credentials == "new" and plan.unchangeable:
        names = ", ".join(str(trunk) for trunk in plan.unchangeable[:3])
        raise Invalid([Problem("credentials", f"cannot be made new, only waived: {names}")])
    if not reason.strip():
        raise Invalid([Problem("reason", "can't be blank")])


def _record(
    trunk: Trunk, customer: Customer | None, credentials: str | None, actor: Actor, reason: str
) -> None:
    """An entry for each side: neither reads of the other."""
    if trunk.customer is not None:
        audit.record("trunk_withdrawn", actor=actor, subject=trunk, reason=reason)
    if customer is not None:
        detail = {"credentials": credentials} if credentials else {}
        audit.record(
            "trunk_assigned",
            actor=actor,
            subject=trunk,
            customer=customer,
            reason=reason,
            **detail,
        )


def _regenerate(trunk: Trunk, actor: Actor, reason: str) -> Change:
    fresh = Trunk.objects.select_related("account", "customer").get(pk=trunk.pk)
    kind = Change.Kind.REGENERATE
    plan = propose(fresh, {}, kind=kind, actor=actor, origin=Change.Origin.STAFF, reason=reason)
    return submit(plan, actor=actor)


__all__: Sequence[str] = (
    "Assigned",
    "Assignment",
    "Credentials",
    "Rule",
    "assign",
    "assign_by_rule",
    "assign_dids",
    "is_known_to_another",
    "preview",
    "trunks_by_rule",
)
