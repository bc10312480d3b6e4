"""The same meaning written differently: what a comparison in normal form hides is still told.

Upstream may write `3000.00` where it wrote `3000.0`, or `192.0.2.1` for `192.0.2.1/32`. Nothing
has moved, so it is no drift; it is said all the same, for whoever compares the two by eye.
"""

from collections.abc import Mapping
from typing import Any

from trunks.domain.attributes import ATTRIBUTES
from trunks.domain.authentication import SETTABLE, AuthenticationMethod
from trunks.domain.lists import without
from trunks.domain.units import LISTS, METHOD, normal, same

SPELLING = "spelling"  # the `why` of such a line
Line = dict[str, Any]


def written_of(
    attributes: Mapping[str, Any], method: AuthenticationMethod | None
) -> dict[str, Any]:
    """The settings by unit, letter by letter as they were sent; what was not sent is missing."""
    written = {name: attributes[name] for name in ATTRIBUTES if name in attributes}
    if method is None:
        return written
    for name in SETTABLE.get(method.type, ()):
        if name not in method.absent:
            held = None if name in method.nulls else getattr(method, name)
            written[METHOD + name] = held
    return written


def respelled(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Line]:
    """A line for each unit that both write, differently, and that means the same in both.

    Lines are those of a diff, with `why`. Another order of a list is no other spelling.
    """
    return [
        {"field": unit, **line, "why": SPELLING}
        for unit, old in before.items()
        if unit in after and (line := _line(unit, old, after[unit]))
    ]


def _line(unit: str, old: Any, new: Any) -> Line | None:
    if old == new or not same(unit, normal(unit, old), normal(unit, new)):
        return None
    if unit not in LISTS:
        return {"old": old, "new": new}
    added, removed = without(new or (), old or ()), without(old or (), new or ())
    if added or removed:
        return {"added": list(added), "removed": list(removed)}
    return None if (old is None) == (new is None) else {"old": old, "new": new}
