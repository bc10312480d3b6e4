"""Columns read as the text the database holds, where making values of them would cost the most.

On a page of 100 trunks, Django's JSON and UUID values take longer than all the SQL.
"""

from django.db.models import TextField
from django.db.models.functions import Cast
from orjson import Fragment

EMPTY_LIST = "[]"


def as_text(column: str) -> Cast:
    return Cast(column, TextField())


def id_of(text: str) -> str:
    """An id in its usual form: SQLite keeps it without dashes."""
    if len(text) == 36:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def as_json(text: str | None) -> Fragment | None:
    """Written into an answer as it is, without being read."""
    return None if text is None else Fragment(text)
