"""Back to how a trunk was: what of that can be asked for again, and what cannot, and why."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trunks.domain import authentication
from trunks.domain.authentication import SETTABLE
from trunks.domain.history import Past
from trunks.domain.lists import without
from trunks.domain.patch import Patch, apply_patch, patch_between
from trunks.domain.problems import Problem
from trunks.domain.rules import check_trunk
from trunks.domain.units import LINKAGES, METHOD, TYPE, Units, same

CLI = "on_cli_mismatch_action"
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Loss:
    """A setting that stays as it is now, and why. `values`: of a list only these are left out."""

    unit: str
    why: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What has changed around the trunk: names that other trunks of the account have now, DIDs
    that the account still has, and the numbers of all that are known (id → number)."""

    names: Container[str] = frozenset()
    dids: Container[str] = frozenset()
    numbers: Mapping[str, str] | None = None

    def named(self, ids: Iterable[str]) -> str:
        words = [f"+{number}" if (number := (self.numbers or {}).get(i)) else i for i in ids]
        if len(words) <= NAMED_AT_MOST:
            return ", ".join(words)
        return f"{', '.join(words[: NAMED_AT_MOST - 1])} and {len(words) - NAMED_AT_MOST + 1} more"


@dataclass(frozen=True, slots=True)
class Restoration:
    """The patch from now to then, and what of then it leaves out."""

    patch: Patch
    losses: tuple[Loss, ...] = ()


def find_restoration(now: Units, then: Past, world: World) -> Restoration:
    """What to ask for so that a trunk holds again what it held, as far as rules still allow."""
    losses = list(_losses(now, then, world))
    wanted = dict(then.settings)
    for loss in losses:
        wanted = _without(wanted, loss)
    while found := _first_problem(now, wanted):
        if (less := _without(wanted, found)) == wanted:
            break  # propose says what is wrong
        wanted = less
        losses.append(found)
    return Restoration(patch_between(now, wanted), tuple(losses))


def _losses(now: Units, then: Past, world: World) -> Iterator[Loss]:
    was = then.settings
    for unit in sorted(then.doubtful & was.keys()):
        if not same(unit, now.get(unit), was[unit]):
            yield Loss(_whole(unit, now, was), "What it was then is not certain.")
    yield from _method(now, was)
    if was.get(CLI) == "replace_cli" != now.get(CLI):
        yield Loss(CLI, "It needs a default DID, and which one it was upstream never shows.")
    if was.get("name") != now.get("name") and was.get("name", "") in world.names:
        yield Loss("name", "Another trunk of the account has that name now.")
    for unit in LINKAGES:
        asked = without(was.get(unit) or (), now.get(unit) or ())
        lost = tuple(id_ for id_ in asked if id_ not in world.dids)
        if lost:
            yield Loss(unit, f"No longer the account's: {world.named(lost)}.", lost)


def _method(now: Units, was: Units) -> Iterator[Loss]:
    type_, own = was.get(TYPE), [unit for unit in was if unit.startswith(METHOD)]
    if all(same(unit, now.get(unit), was[unit]) for unit in own):
        return
    if type_ == "ip_only":
        yield Loss(TYPE, "IP only, and its networks, can be set by DIDWW alone.")
    elif type_ not in SETTABLE:
        label = authentication.label(type_)
        yield Loss(TYPE, f"The settings of the method “{label}” are kept sealed, never known here.")


def _first_problem(now: Units, wanted: Units) -> Loss | None:
    """What the rules of today refuse of it."""
    patch = patch_between(now, wanted)
    problems = check_trunk(now, apply_patch(now, patch), set(patch))
    if not problems:
        return None
    problem: Problem = problems[0]
    return Loss(_whole(problem.unit, now, wanted), f"Not accepted any more: {problem.message}.")


def _whole(unit: str, now: Units, wanted: Units) -> str:
    """A switch of method is all or nothing."""
    switches = unit.startswith(METHOD) and now.get(TYPE) != wanted.get(TYPE)
    return TYPE if switches else unit


def _without(wanted: Units, loss: Loss) -> dict[str, Any]:
    if loss.values:
        return {**wanted, loss.unit: without(wanted.get(loss.unit) or (), loss.values)}
    if loss.unit == TYPE:
        return {u: v for u, v in wanted.items() if not u.startswith(METHOD)}
    return {u: v for u, v in wanted.items() if u != loss.unit}
