"""One sitemap as a file: XML of any encoding, RSS, Atom, or plain text.

Everything here runs in a native thread. The limits are those of the protocol (sitemaps.org): 50,000
URLs and 50 MiB unpacked; URLs beyond them become bad lines, and are reported.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from crawler.policy import robots
from crawler.sources.heads import BOM, refuse_others
from crawler.sources.lines import Pieces, Steps, cut, sliced
from crawler.sources.reading import Opened, pieces
from crawler.sources.sitemap_entries import BAD, MAX_BEFORE_ROOT, Document
from crawler.urls import canonical

ROBOTS = "robots"
"""Kind of a robots.txt, beside those of sitemaps."""
MAX_URLS = 50_000
MAX_BYTES = 50 * 1024 * 1024
_BEYOND = b"beyond the 50,000 URLs of one sitemap: "
_ROOT = re.compile(
    rb"<\?xml\s|<(?:[\w.-]{1,32}:)?(?:urlset|sitemapindex|rss|feed|rdf)[\s>/]", re.IGNORECASE
)
_DECLARED = re.compile(
    rb"<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE
)
_ENCODINGS = re.compile(
    r"utf-(8|16|32).*|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|gb\w+|hz|big5\w*|shift_jis\w*|euc_\w+"
    r"|iso2022_\w+|johab|mac-\w+|tis-620|ptcp154"
)
"""Names of codecs that make text of bytes, each at a cost that is linear."""
_MARKED = {
    b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16", b"<\0\0\0": "utf-32-le", b"<\0": "utf-16-le", b"\0<": "utf-16-be",
}  # fmt: skip


def kind_of(file: Path) -> str:
    """Return urlset, sitemapindex, rss, rdf, feed or text.

    Raises:
        ValueError: it is XML of another kind, or none.
    """
    opened = Opened(file)
    try:
        opened.open()
        content = _limited(pieces(opened.descriptor))
        first = _first(content)
        if not _is_xml(first):
            return "text"
        document = Document("")
        for text in _decoded(chain((first,), content), first):
            document.feed(text)
            if document.root:
                return document.root
        document.finish()
        raise ValueError("it holds nothing")
    finally:
        opened.close()


def entries(descriptor: int, base: str = "") -> Steps:
    """Yield the URLs of a sitemap, as lines; relative ones stand below `base`, its own URL.

    Raises:
        ValueError: it is no sitemap, or breaks off.
        EOFError, zlib.error: its gzip is torn or broken.
    """
    content = _limited(pieces(descriptor))
    first = _first(content)
    whole = chain((first,), content)
    count = 0
    try:
        for block in _locations(whole, first, base) if _is_xml(first) else _text(whole, first):
            lines, room = block or [], max(0, MAX_URLS - count)
            count += len(lines)
            yield lines[:room] + [BAD + _BEYOND + line for line in lines[room:]]
    except _TooBigError:
        yield [BAD + b"the rest of this sitemap, beyond its 50 MiB"]


def is_robots(url: str) -> bool:
    """Tell the URL of a robots.txt."""
    return url == robots.url_of(url)


def named_by_robots(descriptor: int, base: str = "") -> Steps:
    """Yield what the `Sitemap` lines of a robots.txt name (sitemaps.org), as lines."""
    body = b""
    for piece in pieces(descriptor):
        body += piece or b""
        if len(body) >= robots.MAX_BYTES:
            break
    if body.lstrip().startswith(b"<"):
        raise ValueError("it is a web page, and no robots.txt")
    named = robots.parse(body, "").sitemaps
    yield [(canonical_or(one, base)).encode() for one in named]


def canonical_or(text: str, base: str) -> str:
    """Return a location in its canonical form, or as it stands if it is no URL."""
    try:
        return canonical(text, base or None)
    except ValueError:
        return text


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


def _first(content: Iterator[bytes]) -> bytes:
    """Return the first piece that is not empty: 256 KiB, where there is as much."""
    return next(filter(None, content), b"")


def _locations(source: Iterator[bytes], first: bytes, base: str) -> Steps:
    document = Document(base)
    for text in _decoded(source, first):
        try:
            document.feed(text)
        except ValueError:
            yield from sliced(document.take(last=True))
            raise
        yield from sliced(document.take())
        if document.ended:
            return  # whatever follows, also what is no gzip
    yield document.take(last=True)
    document.finish()


def _text(source: Iterator[bytes], first: bytes) -> Steps:
    if first:
        refuse_others(first)
    yield from cut(source)


def _decoded(source: Iterator[bytes], first: bytes) -> Iterator[str]:
    """Yield the text of pieces; a byte that is not of their encoding becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(_encoding_of(first))("replace")
    for piece in source:
        yield decoder.decode(piece).removeprefix("\ufeff")
    yield decoder.decode(b"", final=True)


def _encoding_of(first: bytes) -> str:
    """Return the encoding that the first bytes show, else the one that is declared, else UTF-8.

    Raises:
        ValueError: it is unknown.
    """
    shown = first.lstrip(b" \t\r\n")
    for mark, encoding in _MARKED.items():
        if shown.startswith(mark):
            return encoding
    declared = None if first.startswith(BOM) else _DECLARED.search(first[:MAX_BEFORE_ROOT])
    name = declared.group(1).decode("ascii", "replace") if declared else "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if not _ENCODINGS.fullmatch(encoding):
        raise ValueError(f"its encoding is unknown: {name}")
    wide = encoding.startswith(("utf-16", "utf-32"))
    return "utf-8" if wide else encoding  # that it is not so wide has been seen


def _is_xml(first: bytes) -> bool:
    """Tell XML, also in UTF-16 or behind a notice, from text."""
    shown = first.removeprefix(BOM).lstrip()
    if shown.startswith((b"<", *_MARKED)):
        return True
    return _ROOT.search(first[:MAX_BEFORE_ROOT]) is not None
