"""What is being done right now: what log lines and recorded requests belong to.

It explains and never decides: no rule reads it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_facts: ContextVar[Mapping[str, str]] = ContextVar("occasion", default=MappingProxyType({}))


@contextmanager
def occasion(**facts: object) -> Iterator[None]:
    """Within, `facts()` has these besides what stood before; `None` leaves a name as it was."""
    known = {name: str(value) for name, value in facts.items() if value is not None}
    token = _facts.set({**_facts.get(), **known})
    try:
        yield
    finally:
        _facts.reset(token)


def facts() -> Mapping[str, str]:
    """`change`, `account`, `sync`, `request`: the ids of what is under way, as text."""
    return _facts.get()
