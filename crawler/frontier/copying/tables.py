"""The tables of a ledger as a copier sees them, read from the statements that make them. Pure."""

import re
from collections.abc import Container, Iterable
from typing import Any, NamedTuple

from crawler.frontier.sql.tables.ledger import TABLES

Row = tuple[Any, ...]
Key = tuple[Any, ...]
"""The values of a row that tell it from the others of its table."""
_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\) STRICT", re.DOTALL)
_COLUMN = re.compile(r"^\s+(\"?\w+\"?) (INTEGER|REAL|BLOB|TEXT)\b(.*)$", re.MULTILINE)
_KEY = re.compile(r"^\s+PRIMARY KEY \((.*)\)", re.MULTILINE)
_LATER = ("CREATE INDEX ", "CREATE TRIGGER ")


class Table(NamedTuple):
    """A table: its columns, as they are written in SQL, and those of its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    integers: frozenset[str]
    """Columns of whole numbers, or of what is true or false."""
    counts: bool
    """Whether its engine gives numbers that it never gives again."""

    def key_of(self, row: Row) -> Key:
        """Return the key of a row."""
        return tuple(row[self.columns.index(one)] for one in self.key)

    def page(self, after: Key | None, flags: Container[str]) -> str:
        """Return the statement for a page: its parameters are those of `after`, and how many rows.

        `flags` are columns that the engine has as true or false: they become 1 or 0.
        """
        true = [one for one in self.integers if one in flags]
        columns = (f"CAST({one} AS INTEGER)" if one in true else one for one in self.columns)
        key = ", ".join(self.key)
        places = ", ".join("?" * len(self.key))
        beyond = f"WHERE ({key}) > ({places})" if after is not None else ""
        return f"SELECT {', '.join(columns)} FROM {self.name} {beyond} ORDER BY {key} LIMIT ?"


def tables() -> list[Table]:
    """Return the tables of a ledger, in the order in which they are made."""
    text = re.sub(r"--[^\n]*", "", TABLES)
    return [_table(name, body) for name, body in _TABLE.findall(text)]


def _table(name: str, body: str) -> Table:
    columns = _COLUMN.findall(body)
    inline = [column for column, _, rest in columns if "PRIMARY KEY" in rest]
    apart = _KEY.search(body)
    key = re.split(r",\s*", apart[1]) if apart else inline
    return Table(
        name,
        tuple(column for column, *_ in columns),
        tuple(key),
        frozenset(column for column, kind, _ in columns if kind == "INTEGER"),
        counts="AUTOINCREMENT" in body,
    )


def without_rows(statements: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part the statements that make an empty ledger: what a copy begins with, and its end.

    Indexes and triggers come when the rows are there; the rows of an empty ledger never.
    """
    made = [one.strip() for one in statements]
    names = {table.name for table in tables()}
    begin = [one for one in made if not one.startswith(_LATER) and not _is_row(one, names)]
    return begin, [_repeatable(one) for one in made if one.startswith(_LATER)]


def _is_row(statement: str, names: Container[str]) -> bool:
    words = statement.split(maxsplit=3)
    return words[:2] == ["INSERT", "INTO"] and words[2] in names


def _repeatable(statement: str) -> str:
    """Let a statement be said again after a copy that broke off at its end."""
    index, trigger = _LATER
    again = statement.replace(trigger, "CREATE OR REPLACE TRIGGER ", 1)
    return again.replace(index, f"{index}IF NOT EXISTS ", 1)
