"""Sheets as other programs write them: read truthfully, or refused with the line at fault."""

import csv
import io
import json
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunks.domain.columns import COLUMNS, neutral, plain
from trunks.domain.sheet_reading import MOST_LINES, read_sheet
from trunks.domain.sheets import FileRefused

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
FORMULAS = st.text("=+-@\t\r\n'＝a1;\"", max_size=6)


@given(CELLS | FORMULAS)
def test_no_cell_is_a_formula_and_every_one_comes_back(cell):
    assert not neutral(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert plain(neutral(cell)) == cell


@given(st.lists(st.tuples(CELLS | FORMULAS, CELLS), min_size=1, max_size=5))
def test_what_was_written_as_csv_is_read(rows):
    rows = [row for row in rows if any(row)] or [("a", "b")]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("name", "callback_url"), *(map(neutral, row) for row in rows)])
    sheet = read_sheet(("\ufeff" + file.getvalue()).encode())
    assert [tuple(line.cells.values()) for line in sheet.lines] == rows


def read(text: str, encoding: str = "utf-8"):
    return read_sheet(text.encode(encoding))


@pytest.mark.parametrize(
    "content",
    [
        b"name,capacity_limit\nRiga,5\n",
        b"\xef\xbb\xbfname,capacity_limit\r\nRiga,5\r\n",
        b"name;capacity_limit\r\nRiga;5\r\n",
        b"sep=;\r\nname;capacity_limit\r\nRiga;5\r\n",
        b"name\tcapacity_limit\nRiga\t5\n\n,\n".replace(b",", b"\t"),
        b" Name , CAPACITY_LIMIT \nRiga,5",
        "name,capacity_limit\nRiga,5\n".encode("utf-16"),
    ],
)
def test_every_way_of_writing_the_same_csv_is_read_alike(content):
    (line,) = read_sheet(content).lines
    assert line.cells == {"name": "Riga", "capacity_limit": "5"}


def test_lines_keep_their_numbers_through_line_breaks_in_cells_and_empty_lines():
    sheet = read('name,callback_url\n"one\ntwo\nthree",x\n\nlast,y\n')
    assert [line.number for line in sheet.lines] == [2, 6]
    assert [line.number for line in read("sep=,\nname\na\nb\n").lines] == [3, 4]


def test_a_line_of_another_length_is_told_and_the_others_are_read():
    sheet = read("name,capacity_limit\nRiga\nOslo,5\nBern,5,6\n")
    assert [line.complaint for line in sheet.lines] == [
        "has 1 cells where the header has 2",
        "",
        "has 3 cells where the header has 2",
    ]


def test_credentials_and_what_only_upstream_sets_are_left_out_and_said():
    sheet = read("name,username,password,created_at\nRiga,u,hunter2,2026\n")
    assert sheet.lines[0].cells == {"name": "Riga"}
    assert sheet.notes == [
        "Not read: username, password. Only upstream makes credentials.",
        "Not read: created_at. Only upstream sets that.",
    ]
    assert "hunter2" not in repr(sheet)


REFUSED = {
    "": "The first line must name the columns, such as id, name, capacity_limit.",
    "Riga,5\nOslo,6\n": "The first line must name the columns, such as id, name, capacity_limit.",
    "name,capacity\nRiga,5\n": "The column “capacity” is not known. Did you mean “capacity_limit”?",
    "name,\nRiga,5\n": "A column has no name: fill the header, or take the column out.",
    "name,name\nRiga,Riga\n": "The column “name” is there twice.",
    "name\n": "The file names no trunk.",
    'name\n"Riga\n': "Line 2 cannot be read as CSV: unexpected end of data.",
    "name\nR\0ga\n": "The file holds bytes that no text has.",
    '[{"name": "Riga"}, {"nmae": "Oslo"}]': "Entry 2: The column “nmae” is not known."
    " Did you mean “name”?",
    '[{"name": "Riga", "name": "Oslo"}]': "An object names “name” twice.",
    '[\n{"name": }]': "Line 2 is not JSON: Expecting value.",
    '{"name": "Riga"}': "JSON must be a list of objects, one for each trunk.",
    "[1, 2]": "JSON must be a list of objects, one for each trunk.",
    "[]": "The file names no trunk.",
    '[{"capacity_limit": NaN}]': "NaN is no value of JSON.",
    f'[{{"capacity_limit": {"9" * 5000}}}]': "This is no JSON that makes sense.",
    "[" * 100_000: "This is no JSON that makes sense.",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_file_of_which_nothing_can_be_used_says_why(text):
    with pytest.raises(FileRefused) as refused:
        read(text)
    assert refused.value.complaints == (REFUSED[text],)


def test_another_encoding_is_told_with_its_line():
    with pytest.raises(FileRefused, match="Line 3 is not written in UTF-8"):
        read("name\nOslo\nTromsø\n", "latin-1")
    with pytest.raises(FileRefused, match="spreadsheet's own file"):
        read_sheet(b"PK\x03\x04 and so on")


def test_too_much_is_refused():
    with pytest.raises(FileRefused, match="10,001 lines"):
        read("name\n" + "x\n" * (MOST_LINES + 1))
    with pytest.raises(FileRefused, match="larger than 5 MB"):
        read("name\n" + "x" * 5_000_001)
    assert len(read("name\n" + "x\n" * MOST_LINES).lines) == MOST_LINES


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_it(content):
    with suppress(FileRefused):
        read_sheet(content)


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.none() | st.integers() | CELLS)))
def test_json_is_read_as_it_stands(entries):
    try:
        sheet = read(json.dumps(entries))
    except FileRefused:
        assert entries == []
    else:
        assert [line.cells for line in sheet.lines] == entries
        assert not sheet.is_text


# --- Sheets made to do harm -----------------------------------------------------------------------


@given(CELLS | FORMULAS)
def test_no_formula_begins_where_another_program_takes_a_cell_apart(cell):
    """One set to semicolons or tabs, or one that ends the line in the middle of a cell."""
    for part in re.split("[;\t\r\n]", neutral(cell)):
        assert not part.lstrip('"').startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{n}" for n in range(300_000)),
        "id" + "," * 300_000,
        ",".join(f"zzname{n}" for n in range(100_000)),
        "id," * 300_000,
        '[{"' + "x" * 3_000_000 + '": 1}]',
        "[{" + "".join(f'"c{n}": 1, ' for n in range(100_000)) + '"c99999": 2}]',
        "[{" + ", ".join(f'"c{n}": 1' for n in range(100_000)) + "}]",
        "name\n" + "x\n" * 2_000_000,
        "[" + "{}, " * 1_000_000 + "{}]",
    ],
    ids=lambda content: content[:12].strip(),
)
def test_what_nobody_could_have_meant_is_refused_in_no_time(content):
    began = time.process_time()
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert time.process_time() - began < 5
    assert len(str(refused.value)) < 2000
