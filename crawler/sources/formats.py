"""Formats of lists, by lines: plain text, CSV with a header, JSON lines. Pure."""

import csv
import json
from collections.abc import Mapping
from typing import Protocol

from crawler.sources.contract import MEANING, Entries, Fields

MAX_LINE_BYTES = 65_536
"""Bytes of a line; a longer line is cut off after one byte more when it is read."""
_BOM = b"\xef\xbb\xbf"
_BLANKS = "\ufeff \t\r\n\v\f"
_NOTHING: Mapping[str, str] = {}
_JSON_LINES = frozenset(
    f"application/{name}" for name in ("jsonl", "json-lines", "ndjson", "x-ndjson", "x-jsonlines")
)


class Format(Protocol):
    """How the lines of one list are to be understood."""

    salt: bytes

    def start(self, first: bytes) -> None:
        """Look at the first line, b"" if there is none.

        Raises:
            ValueError: the list as a whole cannot be used; the message says why.
        """

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""


def format_of(name: str, fields: Fields, content_type: str = "") -> Format:
    """Return the format of a list by the end of its name, or by its media type."""
    name = name.lower().removesuffix(".gz")
    media_type = content_type.partition(";")[0].strip().lower()
    if name.endswith(".csv") or media_type == "text/csv":
        return Csv(fields)
    if name.endswith((".jsonl", ".ndjson")) or media_type in _JSON_LINES:
        return JsonLines(fields)
    return Plain(fields)


class Plain:
    """One URL a line; # starts a comment."""

    def __init__(self, fields: Fields) -> None:
        self.salt = MEANING + b"plain"
        self._needed = fields.needed

    def start(self, first: bytes) -> None:
        _refuse_page(first)
        if self._needed:
            raise ValueError(
                f"plain lines bind no {_named(self._needed)}, which path uses; "
                "columns of a CSV list or members of a JSON Lines list do"
            )

    def parse(self, line: bytes) -> Entries:
        text = line.removeprefix(_BOM).strip()
        if text and not text.startswith(b"#"):
            yield _text(line).strip(_BLANKS), _NOTHING


class Csv:
    """RFC 4180, every record on one line; the first line names the columns."""

    def __init__(self, fields: Fields) -> None:
        self._base = self.salt = fields.salt("csv")
        self._fields = fields
        self._header = b""
        self._columns: list[str] = []
        self._positions: dict[str, int] = {}
        self._url = 0

    def start(self, first: bytes) -> None:
        self._header = first.removeprefix(_BOM)
        self._columns = [name.strip() for name in _cells(_text(self._header))]
        missing = {"url", *self._fields.needed}.difference(self._columns)
        if missing:
            named = ", ".join(self._columns) or "empty"
            raise ValueError(
                f"its first line must name a column {_named(missing, '{}')}, it is: {named}"
            )
        names = sorted((self._fields.needed | self._fields.wanted).intersection(self._columns))
        twice = [name for name in ("url", *names) if self._columns.count(name) > 1]
        if twice:
            raise ValueError(f"its first line names {twice[0]} twice")
        self._positions = {name: self._columns.index(name) for name in names}
        self._url = self._columns.index("url")
        self.salt = self._base + b"\n" + first

    def parse(self, line: bytes) -> Entries:
        if not line.strip() or line.removeprefix(_BOM) == self._header:
            return  # also where two such lists were joined to one
        cells = _cells(_text(line))
        if len(cells) != len(self._columns):
            raise ValueError(f"it has {len(cells)} columns, the first line {len(self._columns)}")
        bound = {name: cells[at] for name, at in self._positions.items()}
        yield cells[self._url].strip(), _checked(bound, self._fields)


class JsonLines:
    """An object a line, with `url` and the other members that are used."""

    def __init__(self, fields: Fields) -> None:
        self.salt = fields.salt("jsonl")
        self._fields = fields
        self._names = fields.needed | fields.wanted
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str)

    def start(self, first: bytes) -> None:
        _refuse_page(first)

    def parse(self, line: bytes) -> Entries:
        if not line.removeprefix(_BOM).strip():
            return
        members = self._members(_text(line).strip(_BLANKS))
        bound = _checked(self._bound(members), self._fields)
        yield members["url"], bound

    def _bound(self, members: dict[str, str]) -> dict[str, str]:
        """Return the members that are used, all of them texts."""
        bound = {name: members[name] for name in self._names if name in members}
        missing = sorted({"url", *self._fields.needed}.difference(members))
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
        odd = sorted(name for name in ("url", *bound) if not isinstance(members[name], str))
        if odd:
            raise ValueError(f"its {', '.join(odd)} is neither text nor a number")
        return bound

    def _members(self, text: str) -> dict[str, str]:
        try:
            members = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            what = error.msg.removesuffix(" starting at")
            raise ValueError(f"it is not JSON: {what} at column {error.colno}") from None
        except RecursionError:
            raise ValueError("it is nested too deep") from None
        if isinstance(members, dict):
            return members
        raise ValueError('it is no object, as in {"url": "https://example.org/"}')


def check_headers(bound: Mapping[str, str], fields: Fields) -> None:
    """Check that the values of a line can be sent.

    Raises:
        ValueError: it would end its header, or is beyond Latin-1.
    """
    for name in fields.wanted.intersection(bound):
        if not bound[name].isprintable() or max(map(ord, bound[name]), default=0) > 255:
            raise ValueError(f"its {name} cannot stand in a header")


def _text(line: bytes) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"it is longer than {MAX_LINE_BYTES} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader((text,), strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise ValueError("a quote is not closed; a record is on one line") from None
        raise ValueError(f"it is not CSV: {error}") from None


def _checked(bound: dict[str, str], fields: Fields) -> Mapping[str, str]:
    """Return the values of a line; refuse one that would make no file name, or another header."""
    for name, value in bound.items():
        if name in fields.needed and not value.strip():
            raise ValueError(f"its {name} is empty")
    check_headers(bound, fields)
    return bound


def _refuse_page(first: bytes) -> None:
    """Keep an error page, or a sitemap, from passing for a list that has lost all its URLs."""
    if first.removeprefix(_BOM).lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise ValueError("it is a web page or XML, and no list; a sitemap goes under sitemap")


def _named(names: frozenset[str] | set[str], form: str = "{{{}}}") -> str:
    return ", ".join(form.format(name) for name in sorted(names))
