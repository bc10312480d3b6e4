"""What an uploaded sheet is once it is read: lines of cells, under columns that are known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from trunks.domain.columns import COLUMNS, READ_ONLY, SECRET
from trunks.domain.networks import shown

NAMED_AT_MOST = 6  # columns, in a complaint
MOST_COLUMNS = 200  # several times what there is; comparing names takes time
READ_OF_NAME = 100  # characters, to guess what was meant


class FileRefused(ValueError):
    """Nothing of the file can be used; each complaint is a sentence."""

    def __init__(self, *complaints: str):
        self.complaints = complaints
        super().__init__(" ".join(complaints))


@dataclass(frozen=True, slots=True)
class Line:
    """`number`: of its first line in a CSV file, its place in a JSON list. `complaint`: why its
    cells cannot be told apart."""

    number: int
    cells: Mapping[str, Any] = field(default_factory=dict)
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`is_text`: cells are text, as CSV has nothing else. `notes`: what was left out."""

    lines: Sequence[Line]
    is_text: bool
    notes: Sequence[str] = ()


def columns_of(names: Sequence[str]) -> Sequence[str]:
    if len(names) > MOST_COLUMNS:
        count = f"{len(names):,}"
        raise FileRefused(f"The first line has {count} columns; at most {MOST_COLUMNS} are read.")
    unknown, counts = unknown_among(names), Counter(names)
    twice = sorted(name for name in counts if counts[name] > 1 and name not in unknown)
    complaints = [unknown_column(name) for name in unknown[:NAMED_AT_MOST]]
    complaints += [f"The column “{name}” is there twice." for name in twice]
    if not set(names) & set(COLUMNS) and not any(map(_meant, unknown)):
        complaints = ["The first line must name the columns, such as id, name, capacity_limit."]
    if complaints:
        raise FileRefused(*complaints)
    return names


def unknown_among(names: Sequence[str]) -> list[str]:
    known = {*COLUMNS, *SECRET, *READ_ONLY}
    return list(dict.fromkeys(name for name in names if name not in known))


def unknown_column(name: str, where: str = "") -> str:
    if not name:
        return "A column has no name: fill the header, or take the column out."
    close = _meant(name)
    meant = f" Did you mean “{close}”?" if close else ""
    return f"{where}The column “{shown(name)}” is not known.{meant}"


def _meant(name: str) -> str:
    return next(iter(get_close_matches(name[:READ_OF_NAME], COLUMNS, n=1)), "")


def notes_on(names: Sequence[str]) -> list[str]:
    secret = [name for name in names if name in SECRET]
    others = [name for name in names if name in READ_ONLY]
    notes = []
    if secret:
        notes.append(f"Not read: {', '.join(secret)}. Only upstream makes credentials.")
    if others:
        notes.append(f"Not read: {', '.join(others)}. Only upstream sets that.")
    return notes
