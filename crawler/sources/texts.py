"""Plain lists, and what all formats share: the text of a line, the values that it binds. Pure."""

import re
from collections.abc import Mapping

from crawler.policy.checksums import BOUND, MIRRORS
from crawler.sources.contract import MEANING, Entries, Fields
from crawler.sources.heads import BOM
from crawler.sources.lines import MAX_LINE_BYTES
from crawler.urls import INVISIBLE

_NOTHING: Mapping[str, str] = {}
_BLANKS = " \t\v\f\r\n\x1a"
"""What of INVISIBLE is ASCII: few characters are looked for faster."""
_NOTE = re.compile(rb"(?:[ \t\v\f]|\xc2\xa0)#")


class Plain:
    """One URL a line; # starts a comment, behind a URL after white space."""

    def __init__(self, fields: Fields) -> None:
        self.salt = MEANING + (b"plain,mirrors" if fields.checks else b"plain")
        self._checks = fields.checks
        """Whether mirrors follow a URL, each behind a tab, as aria2 has them."""
        self._needed = fields.needed
        self._column = fields.url_column.casefold()
        self._header = ""

    def start(self, first: bytes) -> None:
        """Look at the first line: it may be the header of a table of one column."""
        if self._needed:
            raise ValueError(
                f"plain lines bind no {named(self._needed)}, which path uses; "
                "columns of a CSV list or members of a JSON Lines list do"
            )
        header = first.decode("utf-8", "replace").strip(INVISIBLE)
        if header.casefold() == self._column:
            self._header = header

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""
        text = text_of(_without_note(line) if b"#" in line else line)
        text = text.strip(_BLANKS if line.isascii() else INVISIBLE)
        if not text or text == self._header:
            return ()
        if self._checks:
            text, _, mirrors = text.partition("\t")
            return ((text, {BOUND + MIRRORS: mirrors}),)
        return ((text, _NOTHING),)


def check_headers(bound: Mapping[str, str], fields: Fields) -> None:
    """Check that the values of a line can be sent.

    Raises:
        ValueError: it would end its header, or is beyond Latin-1.
    """
    for name in fields.wanted.intersection(bound):
        if not bound[name].isprintable() or max(map(ord, bound[name]), default=0) > 255:
            raise ValueError(f"its {name} cannot stand in a header")


def checked(bound: dict[str, str], fields: Fields) -> Mapping[str, str]:
    """Return the values of a line.

    Raises:
        ValueError: one would make no file name, or another header.
    """
    for name, value in bound.items():
        if name in fields.needed and not value.strip():
            raise ValueError(f"its {name} is empty")
    check_headers(bound, fields)
    return bound


def text_of(line: bytes) -> str:
    """Return a line as text.

    Raises:
        ValueError: it is too long, or not UTF-8.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"it is longer than {MAX_LINE_BYTES} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def named(names: frozenset[str] | set[str], form: str = "{{{}}}") -> str:
    """Return names in a row, for people."""
    return ", ".join(form.format(name) for name in sorted(names))


def _without_note(line: bytes) -> bytes:
    """Return what stands before the # of a note; a # right behind a URL begins its fragment."""
    if line.removeprefix(BOM).lstrip().startswith(b"#"):
        return b""
    note = _NOTE.search(line)
    return line[: note.start()] if note else line
