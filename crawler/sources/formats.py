"""Formats of lists: plain text, CSV and TSV, JSON lines and arrays, Metalink. Pure.

The options of a job say the format, else the end of the list's name, else its media type, else its
first bytes.
"""

from collections.abc import Callable
from itertools import chain
from typing import Protocol

from crawler.sources import heads
from crawler.sources.contract import Entries, Fields
from crawler.sources.json_elements import elements
from crawler.sources.json_lines import JsonLines
from crawler.sources.lines import Pieces, Steps, cut
from crawler.sources.metalink import files, of_metalink
from crawler.sources.tables import Table, is_header
from crawler.sources.texts import Plain

_BY_ENDING = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json?",
    ".meta4": "metalink",
    ".metalink": "metalink",
}
_BY_TYPE = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json?",
    "application/metalink4+xml": "metalink",
    "application/metalink+xml": "metalink",
    **{
        f"application/{name}": "jsonl"
        for name in ("jsonl", "json-lines", "ndjson", "x-ndjson", "x-jsonlines")
    },
}


class Reading(Protocol):
    """What the lines of one format mean."""

    salt: bytes

    def start(self, first: bytes) -> None:
        """Look at the first line, b"" if there is none.

        Raises:
            ValueError: the list as a whole cannot be used; the message says why.
        """

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""


_READINGS: dict[str, Callable[[Fields], Reading]] = {
    "text": Plain,
    "csv": Table,
    "tsv": lambda fields: Table(fields, "\t"),
    "jsonl": JsonLines,
    "json": lambda fields: JsonLines(fields, array=True),
    "metalink": lambda fields: JsonLines(of_metalink(fields)),
}

_CUTS: dict[str, Callable[[Pieces], Steps]] = {"json": elements, "metalink": files}
"""What makes lines of a format whose lines are none."""


class Format:
    """How the lines of one list are to be understood; its head may be needed to tell."""

    def __init__(self, fields: Fields, named: str = "", *, file: bool = True) -> None:
        self._fields = fields
        self._named = fields.format or named
        self._file = file
        """Whether its head may show that it is no list; a program just has lines."""
        self._reading: Reading | None = None

    @property
    def salt(self) -> bytes:
        """Bytes that, with its own, decide what a line means; final once the first lines are."""
        return self._reading.salt if self._reading else self._fields.salt(f"{self._named}?")

    def lines(self, source: Pieces) -> Steps:
        """Yield the lines of a list.

        Raises:
            ValueError: the list as a whole cannot be used, or breaks off; the message says why.
        """
        head = b""
        for piece in source:
            if piece is None:
                yield None
                continue
            head += piece
            if heads.complete(head):
                break
        name = self._told(head)
        if self._file and name != "metalink":
            heads.refuse_others(head)
        self._reading = _READINGS[name](self._fields)
        self._reading.start(heads.first_line(head))
        yield from _CUTS.get(name, cut)(chain((head,), source))

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""
        if self._reading is None:
            raise ValueError("its list was not begun")
        return self._reading.parse(line)

    def _told(self, head: bytes) -> str:
        """Return the name of the format, as the options have it."""
        if self._named in _READINGS:
            return self._named
        if heads.is_array(head):
            return "json"
        if heads.is_metalink(head):
            return "metalink"
        if self._named or heads.is_object(head):
            return "jsonl"
        return "csv" if is_header(heads.first_line(head), self._fields) else "text"


def format_of(name: str, fields: Fields, content_type: str = "") -> Format:
    """Return the format of a list by the end of its name, or by its media type."""
    name = name.lower().removesuffix(".gz")
    media_type = content_type.partition(";")[0].strip().lower()
    by_name = (told for ending, told in _BY_ENDING.items() if name.endswith(ending))
    return Format(fields, next(by_name, _BY_TYPE.get(media_type, "")))
