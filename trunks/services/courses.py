"""What planning works with: what is asked for, where it starts and leads, what must be known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trunks.domain.patch import Patch, apply_patch
from trunks.domain.units import LINKAGES, Units
from trunks.models import Account, Change, Customer, Trunk
from trunks.models.search import is_uuid


@dataclass(frozen=True, slots=True)
class Ask:
    """One act on one trunk, as somebody asks for it.

    `patch`: unit by unit (empty for delete and regenerate; everything for a create, which has no
    trunk and needs `account`). `base`: what the actor saw of those units; without it, what the
    mirror holds now.
    """

    trunk: Trunk | None
    patch: Patch
    kind: str = Change.Kind.UPDATE
    base: Units | None = None
    account: Account | None = None
    customer: Customer | None = None  # whose a new trunk will be
    seen_at: datetime | None = None  # since when the actor had `base` before their eyes
    on_request: bool = False  # what goes beyond the actor's guard rails is for staff to approve


@dataclass(frozen=True, slots=True)
class Course:
    """An ask with where it starts and where it leads.

    `before`: the settings as mirrored; `planned`: with what waits for upstream laid over them,
    which is what the change will meet; `wanted`: with the patch laid over that.
    """

    ask: Ask
    before: Units
    planned: Units
    wanted: Units

    @classmethod
    def of(cls, ask: Ask, before: Units, unsettled: Sequence[Patch] = ()) -> "Course":
        """`unsettled`: the patches that wait for upstream, the earliest first."""
        planned = before
        for patch in unsettled:
            planned = apply_patch(planned, patch)
        return cls(ask, before, planned, apply_patch(planned, ask.patch))

    @property
    def is_create(self) -> bool:
        return self.ask.trunk is None

    @property
    def account_id(self) -> int | None:
        if self.ask.trunk is not None:
            return self.ask.trunk.account_id
        return self.ask.account.pk if self.ask.account else None

    @property
    def moved_dids(self) -> set[str]:
        return _dids_in(self.before) ^ _dids_in(self.wanted)

    @property
    def stated_dids(self) -> dict[str, set[str]]:
        """What the linkages that the ask touches will hold."""
        units = (*LINKAGES, "default_did")
        return {unit: _ids(self.wanted.get(unit)) for unit in units if unit in self.ask.patch}


@dataclass(frozen=True, slots=True)
class Known:
    """A DID that is mirrored here."""

    number: str | None
    account_id: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known besides the trunks themselves: the hour, the DIDs that they name, and
    whose guard rails bind whoever asks (None: nobody's)."""

    at: datetime
    dids: Mapping[str, Known] = field(default_factory=dict)
    bound_by: Customer | None = None

    def numbers(self, ids: Iterable[str]) -> dict[str, str]:
        return {i: n for i in ids if i in self.dids and (n := self.dids[i].number)}

    def is_foreign(self, id_: str, account_id: int | None) -> bool:
        """Whether it is no DID at all, or known to be one of another account."""
        if not is_uuid(id_):
            return True
        known = self.dids.get(str(UUID(id_)))
        return known is not None and known.account_id != account_id


def _ids(value: Any) -> set[str]:
    """The DIDs in the value of a linkage or of the default."""
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(value)


def _dids_in(units: Units) -> set[str]:
    return {id_ for name in (*LINKAGES, "default_did") for id_ in _ids(units.get(name))}
