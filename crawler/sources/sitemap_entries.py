"""The locations in one sitemap, RSS or Atom document, sound or not. Pure."""

import re
from typing import NamedTuple

from crawler.policy.lastmod import modified_at
from crawler.sources.lines import MAX_LINE_BYTES
from crawler.sources.markup import Markup, unescaped
from crawler.urls import INVISIBLE, canonical

BAD = b"\0"
"""Begins a line that stands for a problem; the rest is its reason."""
MAX_BEFORE_ROOT = 65_536
"""Characters of notices and comments that may stand before the root."""
_MAX_DEPTH = 64


class _Shape(NamedTuple):
    entry: tuple[str, ...]
    """Names of the elements from below the root to an entry."""
    locations: frozenset[str]
    dates: frozenset[str] = frozenset({"lastmod"})


_SHAPES = {
    "urlset": _Shape(("url",), frozenset({"loc"})),
    "sitemapindex": _Shape(("sitemap",), frozenset({"loc"})),
    "rss": _Shape(("channel", "item"), frozenset({"link"}), frozenset({"pubdate"})),
    "rdf": _Shape(("item",), frozenset({"link"}), frozenset({"dc:date"})),
    "feed": _Shape(("entry",), frozenset({"link"}), frozenset({"updated", "modified"})),
}
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HREF = re.compile(r"\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_REL = re.compile(r"\srel\s*=\s*(?![\"']?alternate\b)", re.IGNORECASE)
_INNER = str.maketrans({"\t": "\v", "\n": "\v", "\r": "\v", "\0": "\x01"})


class Document:
    """Takes a document in pieces, and gives its locations as lines: URL, or URL<tab>seconds.

    The seconds are the wall time at which it was changed last, if the entry says so.

    Locations that are relative are resolved against `base`, the URL of the document.
    """

    def __init__(self, base: str) -> None:
        self.root = ""
        """urlset, sitemapindex, rss, rdf or feed, once it is known."""
        self.ended = False
        """Whether the root was closed; what follows is not read."""
        self._base = base
        self._markup = Markup(self)
        self._fed = 0
        self._first = ""
        """Name of the first element, if it is no root of ours."""
        self._prefix = ""
        self._shape = _SHAPES["urlset"]
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._lines: list[bytes] = []
        self._entry: list[bytes] = []
        """Lines of the entry that is open."""
        self._modified: int | None = None

    def feed(self, piece: str) -> None:
        """Take in a piece.

        Raises:
            ValueError: it is no sitemap; the lines before that can still be taken.
        """
        self._fed += len(piece)
        self._markup.feed(piece)
        if not self.root and self._fed > MAX_BEFORE_ROOT:
            raise ValueError(self._rootless())

    def finish(self) -> None:
        """Check that the document is whole.

        Raises:
            ValueError: it breaks off.
        """
        if not self.root:
            raise ValueError(self._rootless())
        if not self.ended:
            raise ValueError(f"it breaks off before </{self._prefix}{self.root}>")

    def take(self, *, last: bool = False) -> list[bytes]:
        """Return the lines that were completed since the last call; at last those of no entry."""
        if last:
            self._end_entry()
        lines, self._lines = self._lines, []
        return lines

    def opened(self, name: str, tag: str) -> None:
        """Do as `markup.Listener.opened`."""
        if not self.root:
            self._begin(name)
        elif not self.ended:
            self._deeper(name, tag)

    def _deeper(self, name: str, tag: str) -> None:
        if len(self._path) > _MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {_MAX_DEPTH} elements")
        name = name.removeprefix(self._prefix)
        self._close_entry(name)
        self._path.append(name)
        if name in self._shape.locations | self._shape.dates and self._at_location():
            self._text, self._length = [], 0
            if self.root == "feed" and name == "link":
                self._link(tag)

    def closed(self, name: str) -> None:
        """Do as `markup.Listener.closed`; an element left open ends with the one around it."""
        name = name.removeprefix(self._prefix)
        if self.ended or name not in self._path:
            return
        last = ""
        while last != name:
            if self._text is not None and self._at_location():
                self._end(self._path[-1], whole=self._path[-1] == name)
            elif len(self._path) == len(self._shape.entry) + 1:
                self._end_entry()
            last = self._path.pop()
        self.ended = not self._path

    def said(self, text: str) -> None:
        """Do as `markup.Listener.said`."""
        if self._text is None or self._length > MAX_LINE_BYTES:
            return
        if self._at_location() and not (self.root == "feed" and self._path[-1] == "link"):
            self._text.append(text[: MAX_LINE_BYTES + 1])
            self._length += len(text)

    def _begin(self, name: str) -> None:
        prefix, colon, root = name.rpartition(":")
        if root in _SHAPES:
            self.root, self._shape = root, _SHAPES[root]
            self._prefix = prefix + colon
            self._path.append(root)
        elif name == "html":
            raise ValueError("its root is <html>: it is a web page, and no sitemap")
        else:
            self._first = self._first or name

    def _close_entry(self, name: str) -> None:
        """End the entry that was left open where the next one begins."""
        if name == self._shape.entry[-1] and self._inside():
            self.closed(name)

    def _inside(self) -> bool:
        depth = len(self._shape.entry) + 1
        return tuple(self._path[1:depth]) == self._shape.entry

    def _at_location(self) -> bool:
        return len(self._path) == len(self._shape.entry) + 2 and self._inside()

    def _link(self, tag: str) -> None:
        """Take the location of Atom, which is an attribute; other relations are not the entry."""
        match = None if _REL.search(tag) else _HREF.search(tag)
        self._text = [match.group(1) or match.group(2) or ""] if match else None

    def _end_entry(self) -> None:
        """Give the lines of an entry with the time of its change; in an index that says nothing."""
        tail = b""
        if self._modified is not None and self.root != "sitemapindex":
            tail = b"\t%d" % self._modified
        self._lines += [line if line.startswith(BAD) else line + tail for line in self._entry]
        self._entry, self._modified = [], None

    def _end(self, name: str, *, whole: bool) -> None:
        text, self._text = "".join(self._text or ()), None
        if name in self._shape.dates:
            found = modified_at(text) if whole else None
            if found is not None and found > 0:
                self._modified = max(found, self._modified or 0)
        elif self._length > MAX_LINE_BYTES:
            self._entry.append(BAD + b"it is longer than %d bytes" % MAX_LINE_BYTES)
        elif whole:
            self._entry.append(self._line(unescaped(text).strip(INVISIBLE)))
        else:
            self._entry.append(BAD + b"a location is not closed: " + _bytes(text.strip())[:200])

    def _line(self, text: str) -> bytes:
        if "\ufffd" in text:
            return BAD + b"it holds a byte that is not of its encoding: " + _bytes(text)[:200]
        text = text.translate(_INNER).replace(" ", "%20")
        if text and not _ABSOLUTE.match(text):
            try:
                text = _resolved(text, self._base)
            except ValueError as error:
                return BAD + _bytes(f"{error}: {text}")[:400]
        return _bytes(text)[: MAX_LINE_BYTES + 1]

    def _rootless(self) -> str:
        if not self._first:
            return "it holds no element; <urlset> or <sitemapindex> is needed"
        return f"its root is <{self._first[:64]}>; <urlset> or <sitemapindex> is needed"


def _resolved(text: str, base: str) -> str:
    """Return a relative location as a URL; a name without its scheme is none.

    Raises:
        ValueError: it is no URL.
    """
    if "\v" in text:
        raise ValueError("it holds white space")
    if not base or text.lower().startswith("www."):
        raise ValueError("it has no scheme; write it as in https://example.org/")
    return canonical(text, base)


def _bytes(text: str) -> bytes:
    return text.translate({10: " ", 13: " "}).encode("utf-8", "replace")
