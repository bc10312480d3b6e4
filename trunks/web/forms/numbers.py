"""Choosing numbers: found by searching, never from one long list.

The same picker serves caller IDs, emergency numbers and the one default. What is chosen travels
as the numbers' ids under the unit's own name; its search box is `<unit>-q`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from trunks.domain.attributes import label_of, printable
from trunks.domain.units import Units
from trunks.models.did import DidQuerySet
from trunks.web.countries import number_in_words

PAGE = 20


@dataclass(frozen=True)
class Kind:
    """`usable`: which numbers upstream would take. `single`: one at most."""

    usable: Callable[[DidQuerySet], DidQuerySet]
    single: bool = False


KINDS: Mapping[str, Kind] = {
    "dids": Kind(DidQuerySet.can_call_out),
    "emergency_dids": Kind(DidQuerySet.can_call_emergency),
    "default_did": Kind(DidQuerySet.can_call_out, single=True),
}


@dataclass(frozen=True)
class Number:
    """A number as a chip or a line of results."""

    id: str
    text: str
    note: str = ""
    chosen: bool = True
    seen: bool = False


@dataclass
class NumberPicker:
    """One picker. `numbers`: its chosen numbers; `page`: what a search found, None before one."""

    name: str
    ids: tuple[str, ...] = ()
    query: str = ""
    page_number: str = "1"
    numbers: Sequence[Number] = ()
    page: Page | None = None
    results: Sequence[Number] = field(default_factory=list)
    odd: tuple[str, ...] = ()  # sent as chosen, and no ids at all

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    @property
    def label(self) -> str:
        return label_of(self.name)

    @property
    def id(self) -> str:
        return f"id_{self.name}"

    @classmethod
    def of(cls, name: str, seen: Units, data: Any = None) -> "NumberPicker":
        if data is None or f"{name}-q" not in data:
            return cls(name, tuple(seen.get(name) or ()) if not KINDS[name].single else ())
        ids = read_ids(data.getlist(name))
        query = tidy(data.get(f"{name}-q", ""))
        picker = cls(
            name, ids[:1] if KINDS[name].single else ids, query, data.get(f"{name}-page", "1")
        )
        picker.odd = tuple(v for v in data.getlist(name) if v and not read_ids([v]))
        return picker

    def name_chosen(self, known: Mapping[str, Any], seen: Units) -> None:
        held = set(seen.get(self.name) or ()) if not self.kind.single else set()
        self.numbers = [number(i, known.get(i), chosen=True, seen=i in held) for i in self.ids]

    def search(self, dids: DidQuerySet) -> None:
        """Finds a page of usable numbers that are not chosen yet (`dids`: of one account)."""
        found = (
            self.kind.usable(dids).exclude(pk__in=self.ids) if self.ids else self.kind.usable(dids)
        )
        if self.query:
            found = found.matching(self.query)
        self.page = Paginator(found.order_by("number", "pk"), PAGE).get_page(self.page_number)
        self.results = [number(str(did.pk), did, chosen=False) for did in self.page]


def read_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Ids as they are written, each once; what is none cannot have been chosen on the page."""
    found: dict[str, None] = {}
    for value in values:
        try:
            found[str(UUID(value))] = None
        except ValueError:
            continue
    return tuple(found)


def tidy(query: str) -> str:
    return "".join(c for c in query[:100] if printable(c)).strip()


def number(id_: str, did: Any, *, chosen: bool, seen: bool = False) -> Number:
    if did is None:
        return Number(id_, id_, "not a number of this account", chosen, seen)
    place = ", ".join(part for part in (did.city, did.country) if part)
    note = " · ".join(part for part in (place, did.description) if part)
    return Number(id_, number_in_words(did.number), note, chosen, seen)
