"""What is known here of the trunks, names and numbers that some lines of a sheet speak of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from trunks.domain.attributes import printable
from trunks.domain.columns import ID, NUMBERS, SEPARATORS
from trunks.domain.imported import Find
from trunks.models import Did, Trunk
from trunks.models.search import digits_of, is_uuid

AT_ONCE = 200  # lines
ASKED_AT_ONCE = 10_000  # numbers; a database takes so many in one query, not any number


@dataclass(frozen=True)
class Facts:
    """`trunks` by id; `names` in use by account; `dids`: ids by account and number, or id."""

    trunks: Mapping[str, Trunk]
    names: frozenset[tuple[int, str]]
    dids: Mapping[tuple[int, str], str]

    @classmethod
    def of(cls, lines: Sequence[Mapping[str, Any]]) -> "Facts":
        """In a constant number of queries."""
        ids = {id_ for line in lines if is_uuid(id_ := id_in(line))}
        trunks = Trunk.objects.with_linkage().filter(pk__in=ids)
        names = {str(n).strip() for line in lines if (n := line.get("name")) and not line.get(ID)}
        used = Trunk.objects.present().filter(name__in=filter(printable, names))
        return cls(
            {str(trunk.pk): trunk for trunk in trunks},
            frozenset(used.values_list("account_id", "name")),  # type: ignore[arg-type]  # named
            _dids({part for line in lines for part in _named(line)}),
        )

    def finder(self, account_id: int | None, own: Mapping[str, str]) -> Find:
        """Finds the account's DIDs, and those that a trunk has already (`own`: numbers by id)."""
        linked = {number: id_ for id_, number in own.items()}

        def find(text: str) -> str | None:
            key = _key(text)
            if key in own:
                return key
            return linked.get(key) or self.dids.get((account_id or 0, key))

        return find


def id_in(cells: Mapping[str, Any]) -> str:
    """The trunk's id as it is kept here; "" without one, as it stands when it is none."""
    return _key(str(cells.get(ID) or "").strip()) if cells.get(ID) else ""


def _key(text: str) -> str:
    return str(UUID(text)) if is_uuid(text) else digits_of(text) or text


def _named(line: Mapping[str, Any]) -> Iterator[str]:
    for column in NUMBERS:
        value = line.get(column)
        parts = SEPARATORS.split(value) if isinstance(value, str) else value
        if isinstance(parts, list):
            yield from (_key(part) for part in parts if isinstance(part, str))


def _dids(named: set[str]) -> dict[tuple[int, str], str]:
    ids = {text for text in named if is_uuid(text)}
    found: dict[tuple[int, str], str] = {}
    for field, some in (("pk", ids), ("number", {text for text in named if digits_of(text)})):
        left = iter(some)
        while asked := list(islice(left, ASKED_AT_ONCE)):
            rows = Did.objects.present().filter(**{f"{field}__in": asked})
            for account_id, key, pk in rows.values_list("account_id", field, "pk"):
                found[account_id, str(key)] = str(pk)
    return found
