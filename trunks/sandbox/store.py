"""What the sandbox knows: records in memory, written through to a SQLite file when one is given.

Records are never changed in place: a changed one replaces the old under its id, so that
rendered text may be kept on it and a reader never sees half a change.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    type TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (type, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Record:
    """One resource. `relations` holds a list of ids for to-many, an id or None for to-one."""

    type: str
    id: str
    attributes: dict[str, Any]
    relations: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] | None = None
    listed_at: float = 0.0
    position: int = 0
    texts: dict[Any, str] = field(default_factory=dict, repr=False, compare=False)

    def to_one(self, name: str) -> str | None:
        value = self.relations.get(name)
        return value if isinstance(value, str) else None

    def to_many(self, name: str) -> list[str]:
        value = self.relations.get(name)
        return value if isinstance(value, list) else []

    def body(self) -> str:
        stored = {"attributes": self.attributes, "relations": self.relations, "meta": self.meta}
        return json.dumps(stored)


class Store:
    """All records by type and id, in the order of their creation; `lock` guards every use.

    `on_replace` is told of each record that takes the place of an older one.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.lock = threading.RLock()
        self._records: dict[str, dict[str, Record]] = {}
        self._facts: dict[str, Any] = {}
        self._next_position = 1
        self.on_replace: Callable[[Record, Record], None] = lambda before, after: None
        self._file = _open(path) if path else None
        if self._file:
            self._load(self._file)

    def _load(self, file: sqlite3.Connection) -> None:
        query = "SELECT type, id, position, body FROM records ORDER BY position"
        for type_, id_, position, body in file.execute(query):
            stored = json.loads(body)
            record = Record(type_, id_, stored["attributes"], stored["relations"], stored["meta"])
            record.position = position
            self._records.setdefault(type_, {})[id_] = record
            self._next_position = position + 1
        for name, body in file.execute("SELECT name, body FROM facts"):
            self._facts[name] = json.loads(body)

    def all(self, type_: str) -> list[Record]:
        return list(self._records.get(type_, {}).values())

    def count(self, type_: str) -> int:
        return len(self._records.get(type_, {}))

    def get(self, type_: str, id_: str | None) -> Record | None:
        return self._records.get(type_, {}).get(id_) if id_ else None

    def put(self, record: Record) -> None:
        self.put_all([record])

    def put_all(self, records: Iterable[Record]) -> None:
        """Stores records, each in the place of an older one of its id; one transaction."""
        placed = [self._place(record) for record in records]
        if not self._file:
            return
        rows = [(r.type, r.id, r.position, r.body()) for r in placed]
        with self._file:
            self._file.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", rows)

    def _place(self, record: Record) -> Record:
        of_type = self._records.setdefault(record.type, {})
        before = of_type.get(record.id)
        if before:
            record.position = before.position
            record.listed_at = before.listed_at
            self.on_replace(before, record)
        else:
            record.position = self._next_position
            self._next_position += 1
        of_type[record.id] = record
        return record

    def delete(self, record: Record) -> None:
        self._records[record.type].pop(record.id, None)
        if self._file:
            with self._file:
                key = (record.type, record.id)
                self._file.execute("DELETE FROM records WHERE type = ? AND id = ?", key)

    def clear(self) -> None:
        self._records.clear()
        self._facts.clear()
        if self._file:
            with self._file:
                self._file.execute("DELETE FROM records")
                self._file.execute("DELETE FROM facts")

    def fact(self, name: str) -> Any:
        """A single remembered value (settings, how it was seeded), or None."""
        return self._facts.get(name)

    def remember(self, name: str, value: Any) -> None:
        self._facts[name] = value
        if self._file:
            with self._file:
                row = (name, json.dumps(value))
                self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", row)

    def close(self) -> None:
        with self.lock:
            if self._file:
                self._file.close()
                self._file = None


def _open(path: Path | str) -> sqlite3.Connection:
    file = sqlite3.connect(path, check_same_thread=False, timeout=20)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=NORMAL")
    file.executescript(_SCHEMA)
    return file
