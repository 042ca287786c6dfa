"""One sitemap as a file: XML, streamed and without any entity of its own, or plain text.

Everything here runs in a native thread. The limits are those of the protocol (sitemaps.org): 50,000
URLs and 50 MiB unpacked; URLs beyond them become bad lines, and are reported.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from xml.parsers import expat

from crawler.sources.lines import MAX_LINE_BYTES, Pieces, Steps, cut, sliced
from crawler.sources.reading import Opened, pieces

MAX_URLS = 50_000
MAX_BYTES = 50 * 1024 * 1024
BAD = b"\0"
"""Begins a line that stands for a problem; the rest is its reason."""
_BEYOND = b"beyond the 50,000 URLs of one sitemap: "
_MAX_DEPTH = 64
_MAX_TAG = 1 << 20
"""Longest stretch without a tag's end: expat begins a tag anew with every piece of it."""
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}


def kind_of(file: Path) -> str:
    """Return urlset, sitemapindex or text.

    Raises:
        ValueError: it is XML of another kind, or none.
    """
    opened = Opened(file)
    try:
        opened.open()
        xml = _Xml()
        for piece in pieces(opened.descriptor):
            if not piece:
                continue
            if not xml.fed and not _is_xml(piece):
                return "text"
            xml.feed(piece)
            if xml.root:
                return xml.root
        raise ValueError("it holds nothing")
    finally:
        opened.close()


def entries(descriptor: int) -> Steps:
    """Yield the URLs of a sitemap, as lines.

    Raises:
        ValueError: it is not well formed.
        EOFError, zlib.error: its gzip is torn or broken.
    """
    content = _limited(pieces(descriptor))
    first = next(filter(None, content), b"")
    whole = chain((first,), content)
    count = 0
    try:
        for block in _locations(whole) if _is_xml(first) else cut(whole):
            lines, room = block or [], max(0, MAX_URLS - count)
            count += len(lines)
            yield lines[:room] + [BAD + _BEYOND + line for line in lines[room:]]
    except _TooBigError:
        yield [BAD + b"the rest of this sitemap, beyond its 50 MiB"]


class _TooBigError(Exception):
    """A sitemap goes on beyond its 50 MiB."""


def _limited(source: Pieces) -> Iterator[bytes]:
    left = MAX_BYTES
    for piece in source:
        data = piece or b""
        yield data[:left]
        left -= len(data)
        if left < 0:
            raise _TooBigError  # also past what has no end yet: half a URL is another URL


def _locations(source: Iterator[bytes]) -> Steps:
    xml = _Xml()
    for piece in source:
        yield from sliced(xml.feed(piece))
    yield xml.finish()


class _Xml:
    """The <loc> of every <url> or <sitemap>; prefixes count, so <image:loc> is another element."""

    def __init__(self) -> None:
        self.root = ""
        """urlset or sitemapindex, once it is known."""
        self.fed = 0
        self._wanted: list[str] = []
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._lines: list[bytes] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the lines that a piece completes."""
        self.fed += len(piece)
        self._parse(piece, last=False)
        if self.fed - self._parser.CurrentByteIndex > _MAX_TAG:
            raise ValueError(f"it has a tag of more than {_MAX_TAG} bytes")
        lines, self._lines = self._lines, []
        return lines

    def finish(self) -> list[bytes]:
        """Return the last lines."""
        self._parse(b"", last=True)
        return self._lines

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise ValueError(f"line {error.lineno}: it is not well-formed XML: {what}") from None
        except LookupError as error:
            raise ValueError(f"its encoding is unknown: {error}") from None

    def _doctype(self, *_: object) -> None:
        raise ValueError("it has a DOCTYPE, which no sitemap needs; is it a web page?")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if not self._path:
            self._begin(name)
        elif len(self._path) > _MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {_MAX_DEPTH} elements")
        self._path.append(name)
        if len(self._path) == 3 and self._path[1:] == self._wanted:
            self._text, self._length = [], 0

    def _begin(self, name: str) -> None:
        prefix, colon, root = name.rpartition(":")
        if root not in _ROOTS:
            raise ValueError(f"its root is <{name[:64]}>; <urlset> or <sitemapindex> is needed")
        self.root = root
        self._wanted = [prefix + colon + _ROOTS[root], prefix + colon + "loc"]

    def _end(self, _: str) -> None:
        if self._text is not None and len(self._path) == 3:
            line = "".join(self._text).strip().encode()
            self._lines.append(line[: MAX_LINE_BYTES + 1])
            self._text = None
        self._path.pop()

    def _characters(self, text: str) -> None:
        if self._text is not None and self._length <= MAX_LINE_BYTES:
            text = text.replace("\n", "")
            self._text.append(text)
            self._length += len(text)


def _is_xml(first: bytes) -> bool:
    """Tell XML, also in UTF-16, from text."""
    return first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"\xff\xfe", b"\xfe\xff"))
