"""Where upstream's errors belong in a form: JSON pointers into a request → units."""

from collections.abc import Iterable, Mapping
from typing import Any

from trunks.domain.problems import Problem
from trunks.domain.units import METHOD

ATTRIBUTES = "/data/attributes/"
RELATIONSHIPS = "/data/relationships/"
METHOD_ATTRIBUTES = "authentication_method/attributes/"


def unit_at(pointer: str) -> str:
    """The unit a pointer names, "" when it names none of ours.

    `/data/attributes/authentication_method/attributes/tech_prefix` →
    `authentication_method.tech_prefix`; an index (`/data/relationships/dids/0`) is left out.
    """
    if pointer.startswith(RELATIONSHIPS):
        return pointer.removeprefix(RELATIONSHIPS).partition("/")[0]
    if not pointer.startswith(ATTRIBUTES):
        return ""
    path = pointer.removeprefix(ATTRIBUTES)
    if path.startswith(METHOD_ATTRIBUTES):
        return METHOD + path.removeprefix(METHOD_ATTRIBUTES).partition("/")[0]
    first, _, rest = path.partition("/")
    return METHOD + rest if first == "authentication_method" and rest else first


def problems_in(errors: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Upstream's error objects as problems, in upstream's own words."""
    return [_problem(error) for error in errors]


def _problem(error: Mapping[str, Any]) -> Problem:
    source = error.get("source")
    unit = unit_at(str(source.get("pointer") or "") if isinstance(source, Mapping) else "")
    title, detail = error.get("title"), error.get("detail")
    words = (title or detail) if unit else (detail or title)
    return Problem(unit, str(words or "upstream refused this without saying why"))
