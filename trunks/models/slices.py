"""A customer's slice of the changes: what happened to their trunks, without what is the house's.

Rows are cleaned as they are read, so that no page and no answer can forget to: what staff wrote
as a reason, numbers that are not theirs, and what a change keeps for itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models.query import ModelIterable

from trunks.domain.units import LINKAGES

# Of a change that the house made, what is for those alone who send it. Of their own it stays:
# what they asked for is what they submit.
INTERNAL: Mapping[str, Callable[[], Any]] = {
    "reason": str,
    "patch": dict,
    "base": dict,
    "candidates": list,
    "known_ids": lambda: None,
    "credentials_before": str,
    "hold_reason": str,
    "request_id": str,
}
LINES = ("diff", "consequences", "conflicts")
NOT_READ_AS_VALUES = {*INTERNAL, *LINES, "risks", "did_numbers"}
OURS = ("staff", "system")  # kinds of actors whose reasons are internal
NAMING_DIDS = (*LINKAGES, "default_did")


def slice_of(customer_id: int) -> type[ModelIterable]:
    """How the rows of a queryset of changes are read for a customer."""

    class Slice(ModelIterable):
        def __iter__(self) -> Iterator[Any]:
            changes = list(super().__iter__())
            visible = _visible({i for c in changes for i in _dids_in(c)}, customer_id)
            for change in changes:
                _clean(change, visible)
                yield change

    return Slice


def _visible(ids: set[str], customer_id: int) -> set[str]:
    if not ids:
        return set()
    from trunks.models.did import Did

    theirs = Did.objects.of_customer(customer_id).filter(pk__in=ids)
    return {str(pk) for pk in theirs.values_list("pk", flat=True)}


def _clean(change: Any, visible: set[str]) -> None:
    deferred = change.get_deferred_fields()
    internal = INTERNAL if change.actor_kind in OURS else {}
    for name, empty in internal.items():
        if name not in deferred:
            setattr(change, name, empty())
    for name in LINES:
        if name not in deferred:
            lines = (_clean_line(line, visible) for line in getattr(change, name))
            setattr(change, name, [line for line in lines if line])
    if "did_numbers" not in deferred:
        numbers = change.did_numbers.items()
        change.did_numbers = {id_: number for id_, number in numbers if id_ in visible}


def _clean_line(line: dict[str, Any], visible: set[str]) -> dict[str, Any] | None:
    """The line without DIDs that are not theirs; None when nothing of it is left."""
    if line.get("field") not in NAMING_DIDS:
        return line
    kept = {name: _kept(value, visible) for name, value in line.items() if name != "field"}
    return {"field": line["field"], **kept} if any(kept.values()) else None


def _kept(value: Any, visible: set[str]) -> Any:
    if isinstance(value, str):
        return value if value in visible else None
    if isinstance(value, Iterable):
        return [id_ for id_ in value if id_ in visible]
    return value


def _dids_in(change: Any) -> set[str]:
    deferred = change.get_deferred_fields()
    found = set() if "did_numbers" in deferred else set(change.did_numbers)
    for name in LINES:
        for line in () if name in deferred else getattr(change, name):
            if line.get("field") in NAMING_DIDS:
                found |= {id_ for k, v in line.items() if k != "field" for id_ in _ids(v)}
    return found


def _ids(value: Any) -> Iterable[str]:
    return (value,) if isinstance(value, str) else value or ()
