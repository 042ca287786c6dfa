"""Tables: CSV (RFC 4180) and TSV, a record a line; the first line names the columns. Pure."""

import csv
from collections.abc import Sequence

from crawler.policy import checksums
from crawler.sources.contract import Entries, Fields
from crawler.sources.heads import BOM
from crawler.sources.texts import checked, named, text_of
from crawler.urls import INVISIBLE

_DELIMITERS = ",;\t|"
"""Tried in this order, until one makes a header that names the column of the URLs."""


class Table:
    """Records of as many cells as the header has."""

    def __init__(self, fields: Fields, delimiter: str = "") -> None:
        self._base = self.salt = fields.salt("csv")
        self._fields = fields
        self._delimiter = fields.delimiter or delimiter
        self._header = b""
        self._columns: list[str] = []
        self._positions: dict[str, int] = {}
        self._url = 0
        self._checks: dict[str, int] = {}
        """Columns that say what the body is, by the names under which they are bound."""

    def start(self, first: bytes) -> None:
        """Take in the header."""
        self._header = first.removeprefix(BOM).strip()
        header = text_of(self._header)
        self._delimiter = self._delimiter or _delimiter_of(header, self._fields.url_column)
        self._columns = _names(header, self._delimiter)
        urls = _places(self._columns, self._fields.url_column)
        missing = self._fields.needed.difference(self._columns)
        if missing or not urls:
            missing |= set() if urls else {self._fields.url_column}
            found = ", ".join(self._columns) or "empty"
            raise ValueError(
                f"its first line must name a column {named(missing, '{}')}, it is: {found}"
            )
        self._url = urls[0]
        self._positions = {name: self._columns.index(name) for name in self._used(len(urls))}
        self._checks = self._checked_columns() if self._fields.checks else {}
        self.salt = self._base + b"\n" + first

    def _used(self, urls: int) -> list[str]:
        """Return the names of the columns that are used beside that of the URLs."""
        used = sorted((self._fields.needed | self._fields.wanted).intersection(self._columns))
        twice = [self._columns[self._url]] if urls > 1 else []
        twice += [name for name in used if self._columns.count(name) > 1]
        if twice:
            raise ValueError(f"its first line names {twice[0]} twice")
        return used

    def _checked_columns(self) -> dict[str, int]:
        found = {name: _places(self._columns, name) for name in checksums.COLUMNS}
        if twice := [name for name, places in found.items() if len(places) > 1]:
            raise ValueError(f"its first line names {twice[0]} twice")
        return {checksums.BOUND + name: places[0] for name, places in found.items() if places}

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""
        text = text_of(line)  # one too long is told, even if what is left of it is blank
        shown = line.removeprefix(BOM).strip()
        if not shown or shown == self._header:
            return  # also where two such lists were joined to one
        cells = _cells(text, self._delimiter)
        if len(cells) != len(self._columns):
            raise ValueError(f"it has {len(cells)} columns, the first line {len(self._columns)}")
        bound = {name: cells[at] for name, at in self._positions.items()}
        bound = dict(checked(bound, self._fields))
        bound |= {name: cells[at] for name, at in self._checks.items()}
        yield cells[self._url].strip(INVISIBLE), bound


def is_header(first: bytes, fields: Fields) -> bool:
    """Tell the header of a table of two columns and more from a URL."""
    try:
        header = text_of(first)
    except ValueError:
        return False
    delimiter = fields.delimiter or _delimiter_of(header, fields.url_column, least=2)
    return (
        bool(delimiter)
        and "://" not in header
        and len(header.split(delimiter)) > 1
        and bool(_places(_names(header, delimiter), fields.url_column))
    )


def _delimiter_of(header: str, column: str, least: int = 1) -> str:
    """Return the delimiter that makes a header name the column of the URLs; else a comma."""
    for delimiter in _DELIMITERS:
        names = _tried(header, delimiter)
        if len(names) >= least and _places(names, column):
            return delimiter
    return _DELIMITERS[0]


def _tried(header: str, delimiter: str) -> list[str]:
    try:
        return _names(header, delimiter)
    except ValueError:
        return []


def _places(columns: Sequence[str], name: str) -> list[int]:
    """Return where a column stands, in any case of its letters where none has that very name."""
    exact = [at for at, one in enumerate(columns) if one == name]
    folded = name.casefold()
    return exact or [at for at, one in enumerate(columns) if one.casefold() == folded]


def _names(header: str, delimiter: str) -> list[str]:
    return [name.strip(INVISIBLE) for name in _cells(header, delimiter)]


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader((text,), strict=True, delimiter=delimiter), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise ValueError("a quote is not closed; a record is on one line") from None
        raise ValueError(f"it is not CSV: {error}") from None
