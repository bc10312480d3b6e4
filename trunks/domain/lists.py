"""Lists without repeats: small, but on the way of every comparison."""

from collections.abc import Iterable


def without(values: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """What of `values` is not among the others, in its order."""
    out = frozenset(others)
    return tuple(value for value in values if value not in out)
