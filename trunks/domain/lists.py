"""Lists without repeats: small, but on the way of every comparison."""

from collections.abc import Iterable

MAX_COMPLAINTS = 20  # about one list; nobody reads more, and a pasted file would drown the page


def without(values: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """What of `values` is not among the others, in its order."""
    out = frozenset(others)
    return tuple(value for value in values if value not in out)


def first_complaints(complaints: list[str]) -> list[str]:
    """The first ones, and how many more there are."""
    more = len(complaints) - MAX_COMPLAINTS
    if more <= 0:
        return complaints
    return [*complaints[:MAX_COMPLAINTS], f"has {more} more problems of this kind"]
