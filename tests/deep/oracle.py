"""What is known to be true of every change, told from what really happened at the upstream.

The oracle keeps each trunk's past as upstream had it, moment by moment and by whose hand. It knows
nothing of how the engine works, only what the engine promises.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.deep.witness import Effect, Witness, check_the_mirror, credentials_of, units_upstream
from trunks.domain.merge import is_shown
from trunks.domain.patch import Edit, Op, apply_patch, load_patch
from trunks.domain.units import (
    CREDENTIALS,
    LISTS,
    MANAGED_BY,
    METHOD,
    TYPE,
    Units,
    difference,
    same,
)
from trunks.models import Account, Change
from trunks.services.mirroring import fingerprint_key
from trunks.upstream.values import credentials_fingerprint

OTHERS, START = "others", "start"
NOTHING_SENT = ("planned", "cancelled", "superseded", "expired")


@dataclass(frozen=True)
class Moment:
    """A trunk from here on, until the next; `units` is None while there is no such trunk."""

    at: int
    by: str  # the id of a change, OTHERS or START
    units: Units | None
    credentials: object


class Oracle:
    def __init__(self, witness: Witness, account: Account):
        self.witness, self.account = witness, account
        self.past: dict[str, list[Moment]] = {}
        self.asked: dict[str, int] = {}  # when a change was first seen, by its id
        self.clock = 0
        self.fresh: list[tuple[Effect, int]] = []  # effects that are still to be judged
        self.believed: set[str] = set()  # settled changes and drift that were found true
        witness.told = self._note_effect
        self.note(START)

    # --- what happens ---

    def note(self, by: str) -> None:
        """Something has, or may have, changed at the upstream."""
        now = {trunk["id"]: trunk for trunk in self.witness.sandbox.trunks()}
        for id_ in {**self.past, **now}:
            self._note(id_, by, now.get(id_))

    def _note(self, id_: str, by: str, trunk: dict[str, object] | None) -> None:
        units = units_upstream(trunk) if trunk else None
        credentials = credentials_of(trunk) if trunk else None
        moments = self.past.setdefault(id_, [])
        last = moments[-1] if moments else None
        if last is None or (last.units, last.credentials) != (units, credentials):
            self.clock += 1
            moments.append(Moment(self.clock, by, units, credentials))

    def _note_effect(self, effect: Effect) -> None:
        self._note(effect.trunk_id, effect.by, effect.after)  # type: ignore[arg-type]
        self.fresh.append((effect, len(self.past[effect.trunk_id]) - 1))

    def note_asked(self, change_id: str) -> None:
        self.asked.setdefault(change_id, self.clock)

    # --- what was written: nothing but what was asked for, over nothing that others had changed ---

    def judge_effects(self) -> None:
        while self.fresh:
            self._judge(*self.fresh.pop(0))

    def _judge(self, effect: Effect, index: int) -> None:
        assert effect.by, "a write on nobody's behalf"
        change = Change.objects.get(pk=effect.by)
        assert change.kind == effect.kind
        if change.kind == "create":
            return
        assert str(change.trunk_id) == effect.trunk_id
        before, after = self.past[effect.trunk_id][index - 1], self.past[effect.trunk_id][index]
        assert before.units is not None
        if change.kind == "regenerate":
            key = fingerprint_key(self.account)
            seen = credentials_fingerprint(before.credentials, key)  # type: ignore[arg-type]
            assert seen == change.credentials_before, "credentials nobody had seen were renewed"
            return
        if change.kind == "delete":
            for unit in difference(change.base, before.units):
                self._check_known(change, unit, None, index)
            return
        assert after.units is not None
        self._check_only_what_was_asked(change, before.units, after.units)
        for unit, op in change.ops().items():
            if not same(unit, before.units.get(unit), after.units.get(unit)):
                self._check_unit(change, unit, op, before.units, index)

    def _check_only_what_was_asked(self, change: Change, before: Units, after: Units) -> None:
        ops = change.ops()
        beyond = set(difference(apply_patch(before, ops), after))
        beyond -= {linkage for linkage, flag in MANAGED_BY.items() if flag in ops}
        assert not beyond, f"{beyond} was written unasked"

    def _check_unit(self, change: Change, unit: str, op: Op, before: Units, index: int) -> None:
        if unit not in change.base:
            return
        held, seen = before.get(unit) or (), change.base[unit] or ()
        if not isinstance(op, Edit):
            if not same(unit, before.get(unit), change.base[unit]):
                self._check_known(change, unit, None, index)
            return
        for element in op.add:
            if element in seen and element not in held:
                self._check_known(change, unit, element, index)
        for element in op.remove:
            if element not in seen and element in held:
                self._check_known(change, unit, element, index)

    def _check_known(self, change: Change, unit: str, element: str | None, index: int) -> None:
        """What stood there was not what the author saw: then a change of ours that was on its way
        before theirs has put it there."""
        by = self._writer(str(change.trunk_id), unit, element, index - 1)
        earlier = None if by in (OTHERS, START) else Change.objects.get(pk=by)
        assert earlier is not None, f"{unit} was overwritten, which {by} had changed"
        if earlier == change:
            return
        assert earlier.submitted_at is not None
        assert earlier.submitted_at < change.created_at
        assert earlier.settled_at is None or earlier.settled_at >= change.created_at

    def _writer(self, trunk_id: str, unit: str, element: str | None, index: int) -> str:
        """By whose hand a unit, or one element's being there, is as it is at a moment."""
        moments = self.past[trunk_id]

        def held(moment: Moment) -> object:
            value = (moment.units or {}).get(unit)
            if element is not None:
                return element in (value or ())
            return frozenset(value or ()) if unit in LISTS else value

        while index > 0 and held(moments[index]) == held(moments[index - 1]):
            index -= 1
        return moments[index].by

    # --- what is said of a change is so ---

    def check_states(self) -> None:
        rows = Change.objects.exclude(pk__in=self.believed)
        for change in rows.order_by("created_at"):
            if change.state == "observed":
                if change.is_drift:
                    self._check_drift(change)
            else:
                if change.state != "planned":
                    self.note_asked(str(change.pk))
                self._check_state(change)
            if change.is_settled:
                self.believed.add(str(change.pk))

    def _check_state(self, change: Change) -> None:
        standing = [e for e in self._effects(change) if not self._is_undone(e, change)]
        told = f"{change.kind} {change.trunk_label} is {change.state}: {change.waiting_reason}"
        told += f" {change.errors} {change.conflicts}"
        assert len(standing) <= 1, f"twice: {told}"
        if change.state in NOTHING_SENT:
            assert not list(self._effects(change)), told
        elif change.state in ("pending", "refused", "conflicted"):
            given_up = any(error.get("title") == "Given up" for error in change.errors)
            assert not standing or given_up, told
            assert change.state != "refused" or change.errors
            assert change.state != "conflicted" or change.conflicts
        elif change.state == "applied":
            assert self._has_been_so(change), told
        if change.state == "conflicted":
            self._check_conflicts(change)
        self._check_superseded(change)
        if change.is_settled:
            assert not change.is_in_doubt
            assert change.lease_until is None
        if change.state == "pending" and not change.sends:
            assert not list(self._effects(change)), told

    def _check_conflicts(self, change: Change) -> None:
        """Somebody has moved it whom the author cannot have known of; theirs is what was there."""
        moments = self.past[str(change.trunk_id)]
        for conflict in change.conflicts:
            unit = conflict["field"]
            near = {unit, TYPE, MANAGED_BY.get(unit, unit)}
            movers = {m.by for was, m in pairwise(moments) if _moves(was, m, near)}
            assert any(self._is_news(change, by) for by in movers), f"nobody moved {conflict}"
            if change.kind == "update":
                held = [(m.units or {}).get(unit) for m in moments]
                assert any(same(unit, h, conflict["theirs"]) for h in held), conflict

    def _is_news(self, change: Change, by: str) -> bool:
        if by == OTHERS:
            return True
        other = Change.objects.get(pk=by)
        assert other.submitted_at is not None
        known = other.submitted_at < change.created_at and (
            other.settled_at is None or other.settled_at >= change.created_at
        )
        renewed = "regenerate" in (other.kind, change.kind)
        return other != change and (renewed or not known)

    def _check_superseded(self, change: Change) -> None:
        """Only by what says all of it again."""
        if not change.superseded_units:
            return
        assert change.superseded_by is not None
        assert change.superseded_by.actor_kind == change.actor_kind
        for unit in change.superseded_units:
            later = load_patch(change.superseded_by.patch)
            is_said = unit in later and not isinstance(later[unit], Edit)
            assert (
                is_said or (unit.startswith(METHOD) and TYPE in later) or self._is_chained(change)
            )

    def _is_chained(self, change: Change) -> bool:
        """Taken over bit by bit, by more than one."""
        later = Change.objects.filter(trunk=change.trunk_id, created_at__gt=change.created_at)
        units = {
            u for c in later for u, op in load_patch(c.patch).items() if not isinstance(op, Edit)
        }
        return units.issuperset(change.superseded_units)

    def _effects(self, change: Change) -> Iterator[Moment]:
        for moments in self.past.values():
            yield from (moment for moment in moments if moment.by == str(change.pk))

    def _is_undone(self, effect: Moment, change: Change) -> bool:
        """Others have been at the trunk since: nothing tells any more that it was done."""
        moments = next(m for m in self.past.values() if effect in m)
        return any(m.by == OTHERS for m in moments[moments.index(effect) + 1 :])

    def _has_been_so(self, change: Change) -> bool:
        """Since it was asked for, upstream has held what was asked for."""
        if change.kind == "create":
            maker = self.past[str(change.trunk_id)][0].by
            assert maker == str(change.pk), f"{change.trunk_label}: {maker}, not {change.pk}"
            return True
        since = self._since(change)
        if change.kind == "delete":
            return any(moment.units is None for moment in since)
        if change.kind == "regenerate":
            return len({moment.credentials for moment in since}) > 1
        ops = change.ops()
        return any(is_shown(ops, m.units) for m in since if m.units is not None)

    def _since(self, change: Change) -> list[Moment]:
        asked = self.asked[str(change.pk)]
        moments = self.past[str(change.trunk_id)]
        before = [moment for moment in moments if moment.at <= asked]
        return before[-1:] + [moment for moment in moments if moment.at > asked]

    # --- drift is what others did, and nothing else ---

    def _check_drift(self, change: Change) -> None:
        assert change.diff, "an alarm without a word"
        moments = self.past[str(change.trunk_id)]
        theirs = [(before, after) for before, after in pairwise(moments) if after.by == OTHERS]
        for line in change.diff:
            assert any(_explains(before, after, line) for before, after in theirs), (
                f"drift that nobody made: {line}"
            )

    # --- the end ---

    def check_the_end(self) -> None:
        unsettled = Change.objects.unsettled()
        assert not unsettled, [f"{c.kind} {c.state} {c.waiting_reason}" for c in unsettled]
        self.account.refresh_from_db()
        assert (self.account.pause, self.account.failures) == ("", 0)
        check_the_mirror(self.witness.sandbox)


def _moves(before: Moment, after: Moment, units: set[str]) -> bool:
    if units & set(CREDENTIALS) and before.credentials != after.credentials:
        return True
    was, now = before.units or {}, after.units or {}
    return any(not same(unit, was.get(unit), now.get(unit)) for unit in units)


def _explains(before: Moment, after: Moment, line: dict[str, object]) -> bool:
    unit = str(line["field"])
    if unit == "presence":
        return before.units is not None and after.units is None
    if unit == "credentials":
        return before.credentials != after.credentials
    was, now = (before.units or {}).get(unit), (after.units or {}).get(unit)
    if unit not in LISTS:
        return not same(unit, was, now) and same(unit, now, line["new"])
    return not same(unit, was, now)
