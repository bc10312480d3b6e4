"""Reading an uploaded sheet: bytes → lines of cells, or what is wrong with the file as a whole.

CSV (commas, semicolons or tabs; UTF-8, or UTF-16 with its mark) and JSON (a list of objects).
"""

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any

from trunks.domain.columns import COLUMNS, plain
from trunks.domain.networks import shown
from trunks.domain.sheets import (
    NAMED_AT_MOST,
    FileRefused,
    Line,
    Sheet,
    columns_of,
    notes_on,
    unknown_among,
    unknown_column,
)

MOST_BYTES = 5_000_000
MOST_LINES = 10_000
SEP = re.compile(r"sep=(.)\r?\n")  # how a spreadsheet may name its own separator
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_sheet(content: bytes) -> Sheet:
    """Raises `FileRefused`."""
    if len(content) > MOST_BYTES:
        raise FileRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    text = _decoded(content)
    sheet = _read_json(text) if text.lstrip()[:1] in ("[", "{") else _read_csv(text)
    if not sheet.lines:
        raise FileRefused("The file names no trunk.")
    return sheet


def _decoded(content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise FileRefused("This is a spreadsheet's own file. Save it as “CSV UTF-8” first.")
    mark, encoding = next((m for m in MARKS if content.startswith(m[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileRefused(
            f"Line {line:,} is not written in UTF-8. Save the file as “CSV UTF-8”."
        ) from None
    if "\0" in text:
        raise FileRefused("The file holds bytes that no text has.")
    return text


def _too_many(count: str) -> FileRefused:
    return FileRefused(f"The file has {count}; at most {MOST_LINES:,} are read at once.")


# --- CSV ------------------------------------------------------------------------------------------


def _read_csv(text: str) -> Sheet:
    named = SEP.match(text)
    text = text[named.end() :] if named else text
    offset = 1 if named else 0
    rows = _rows(text, named[1] if named else _delimiter(text), offset)
    _, header = next(rows, (1, []))
    columns = columns_of([name.strip().lower() for name in header])
    told = ((number, row) for number, row in rows if any(cell for cell in row))
    lines = [_line(number, columns, row) for number, row in islice(told, MOST_LINES + 1)]
    if len(lines) > MOST_LINES:  # the rest is not looked at
        raise _too_many(f"{len(lines):,} lines or more")
    return Sheet(lines, True, notes_on(columns))


def _rows(text: str, delimiter: str, offset: int) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1 + offset
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(f"Line {number:,} cannot be read as CSV: {error}.") from None


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _line(number: int, columns: Sequence[str], row: Sequence[str]) -> Line:
    if len(row) != len(columns):
        return Line(number, complaint=f"has {len(row)} cells where the header has {len(columns)}")
    cells = {c: plain(cell) for c, cell in zip(columns, row, strict=True) if c in COLUMNS}
    return Line(number, cells)


# --- JSON -----------------------------------------------------------------------------------------


def _read_json(text: str) -> Sheet:
    try:
        entries = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except FileRefused:
        raise
    except json.JSONDecodeError as error:
        raise FileRefused(f"Line {error.lineno:,} is not JSON: {error.msg}.") from None
    except (RecursionError, ValueError):
        raise FileRefused("This is no JSON that makes sense.") from None
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise FileRefused("JSON must be a list of objects, one for each trunk.")
    if len(entries) > MOST_LINES:
        raise _too_many(f"{len(entries):,} lines")
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    if unknown := unknown_among(names):
        raise FileRefused(*(_unknown_entry(entries, name) for name in unknown[:NAMED_AT_MOST]))
    lines = [
        Line(number, {name: value for name, value in entry.items() if name in COLUMNS})
        for number, entry in enumerate(entries, 1)
    ]
    return Sheet(lines, False, notes_on(names))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise FileRefused(f"An object names “{shown(twice)}” twice.")
    return found


def _no_constant(text: str) -> None:
    raise FileRefused(f"{text} is no value of JSON.")


def _unknown_entry(entries: Sequence[Mapping[str, Any]], name: str) -> str:
    number = next(n for n, entry in enumerate(entries, 1) if name in entry)
    return unknown_column(name, f"Entry {number:,}: ")
