"""Trunks as CSV or JSON, a few hundred at a time; credentials never leave this way."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from tablib import Dataset

from trunks.domain.actor import Actor
from trunks.domain.columns import ACCOUNT, COLUMNS, CUSTOMER, ID, cell_of, neutral, values_of
from trunks.models import Trunk
from trunks.models.trunk import TrunkQuerySet
from trunks.services import audit

AT_ONCE = 500
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet guesses at the encoding
Row = dict[str, Any]


def export_trunks(
    trunks: TrunkQuerySet, format_: str, *, actor: Actor, selection: str
) -> Iterator[str]:
    """`format_`: csv or json. `selection` tells in the audit which trunks these are."""
    count = trunks.count()
    audit.record("export_trunks", actor=actor, format=format_, count=count, selection=selection)
    rows = (row_of(trunk) for trunk in trunks.with_linkage().iterator(AT_ONCE))
    return csv_of(rows) if format_ == "csv" else json_of(rows)


def row_of(trunk: Trunk) -> Row:
    """One trunk by column, in values of JSON."""
    return {
        ID: str(trunk.pk),
        ACCOUNT: trunk.account.name,
        CUSTOMER: trunk.customer.name if trunk.customer else None,
        **values_of(trunk.units(), numbers_of(trunk)),
    }


def numbers_of(trunk: Trunk) -> dict[str, str]:
    """The numbers linked to it, by their DIDs' ids."""
    linked = (*trunk.dids.all(), *trunk.emergency_dids.all())
    return {str(did.pk): did.number for did in linked if did.number}


def csv_of(rows: Iterable[Row]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + Dataset(COLUMNS).export("csv")
    for some in _chunks(rows):
        cells = [[neutral(cell_of(row[column])) for column in COLUMNS] for row in some]
        yield Dataset(*cells).export("csv")


def json_of(rows: Iterable[Row]) -> Iterator[str]:
    between = "["
    for some in _chunks(rows):
        values = [[row[column] for column in COLUMNS] for row in some]
        yield between + Dataset(*values, headers=COLUMNS).export("json")[1:-1]
        between = ",\n"
    yield "]" if between != "[" else "[]"


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some
