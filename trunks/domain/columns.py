"""The columns of an exported or imported sheet, and how a setting is written into a cell.

Columns are upstream's attribute names with the method's under its dotted path. In CSV everything is
text: an empty cell is null or an empty list (of what can be neither, it says nothing), lists stand
with spaces between. In JSON values have their own types. Credentials have no column.
"""

import re
from collections.abc import Mapping
from typing import Any

from trunks.domain.attributes import ATTRIBUTES, UNIT_LABELS
from trunks.domain.authentication import SETTABLE
from trunks.domain.units import LINKAGES, LISTS, METHOD, TYPE, Units

ID, ACCOUNT, CUSTOMER = "id", "account", "customer"
ABOUT = (ID, ACCOUNT, CUSTOMER)  # which trunk; no settings
SETTINGS = (
    "name",
    TYPE,
    *dict.fromkeys(METHOD + name for names in SETTABLE.values() for name in names),
    *(name for name in ATTRIBUTES if name != "name"),
    *LINKAGES,
    "default_did",  # upstream never shows it: always empty in an export
)
COLUMNS = (*ABOUT, *SETTINGS)
# Never imported; credentials never exported either.
SECRET = frozenset({"username", "password", METHOD + "username", METHOD + "password"})
READ_ONLY = frozenset({"created_at", "threshold_reached", "spent_amount", "type"})
NUMBERS = (*LINKAGES, "default_did")
LABELS = {**UNIT_LABELS, ID: "Id", ACCOUNT: "Account", CUSTOMER: "Customer"}

SEPARATORS = re.compile(r"[\s,;]+")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def values_of(units: Units, numbers: Mapping[str, str]) -> dict[str, Any]:
    """The settings as values of JSON, by column; `numbers`: the DIDs' by their ids."""
    found: dict[str, Any] = {}
    for column in SETTINGS:
        value = None if column == "default_did" else units.get(column)
        if column in LINKAGES and value is not None:
            value = [f"+{numbers[id_]}" if numbers.get(id_) else id_ for id_ in value]
        found[column] = list(value) if isinstance(value, tuple) else value
    return found


def cell_of(value: Any) -> str:
    """A value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(str(element) for element in value)
    return str(value)


def typed(column: str, cell: str) -> Any:
    """The text of a cell in JSON's types; what makes no sense stays text, to be complained of."""
    if column in LISTS:
        return tuple(part for part in SEPARATORS.split(cell) if part)
    text = cell.strip()
    kind = ATTRIBUTES[column].kind if column in ATTRIBUTES else "text"
    if kind == "integer" and WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return WORDS.get(text.lower(), text or None)
    return text or None


# --- Spreadsheets ---------------------------------------------------------------------------------

# What begins with one of these is a formula to a spreadsheet, which would run it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
QUOTE = "'"


# A cell begins there for a program that parts cells at semicolons or tabs, whatever parts ours.
BEGINS = r"(?:\A|(?<=[;\t\r\n]))"
RUNS = rf"(?=['\"]*[{''.join(re.escape(character) for character in FORMULA)}])"


def neutral(cell: str) -> str:
    """The text so that no spreadsheet takes it, or a part of it, for a formula; `plain` gives it
    back unchanged."""
    return re.sub(BEGINS + RUNS, QUOTE, cell)


def plain(cell: str) -> str:
    return re.sub(BEGINS + QUOTE + RUNS, "", cell)


def differs(one: Any, other: Any) -> bool:
    """True is not 1 here."""
    return type(one) is not type(other) or one != other
