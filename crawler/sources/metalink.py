"""Metalink files (RFC 5854, and version 3 before it): each of its files becomes a JSON line. Pure.

The members of a line are `url`, `mirrors`, `name`, `size`, and the digests of the whole file. Only
URLs of HTTP count; torrents, digests of pieces and signatures are passed over.
"""

import codecs
import json
import re
from dataclasses import dataclass, field, replace

from crawler.policy.checksums import COLUMNS, MAX_MIRRORS, MIRRORS, SIZE, algorithm_of
from crawler.sources.contract import Fields
from crawler.sources.lines import MAX_LINE_BYTES, Pieces, Steps, sliced
from crawler.sources.markup import Markup, unescaped
from crawler.urls import INVISIBLE

_ROOT = "metalink"
_MAX_DEPTH = 64
_LEAST = 999_999
"""Priority of a URL that says none (RFC 5854, section 4.2.16.1)."""
_SCHEMES = ("http://", "https://")
_ATTRIBUTE = r"\s{}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
_OF = {
    name: re.compile(_ATTRIBUTE.format(name), re.IGNORECASE)
    for name in ("name", "type", "priority", "preference")
}
_NUMBER = re.compile(r"[0-9]{1,6}")
_PARTS = frozenset({"pieces", "signature"})
"""Elements whose digests are not those of the file."""


def files(source: Pieces) -> Steps:
    """Yield the files of a Metalink document, each as a line of JSON.

    Raises:
        ValueError: it breaks off, or is none; what was complete has been yielded.
    """
    document = Document()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    markup = Markup(document)
    for piece in source:
        if piece is None:
            yield None
            continue
        markup.feed(decoder.decode(piece))
        yield from sliced(document.take())
    if not document.ended:
        raise ValueError("it breaks off before </metalink>")


def of_metalink(fields: Fields) -> Fields:
    """Return what a job needs of the lines that are made of a document.

    Raises:
        ValueError: it does not check bodies.
    """
    if not fields.checks:
        raise ValueError("it is a Metalink file: set checksums: true, and bodies are checked by it")
    return replace(fields, url_column="url")


@dataclass
class _File:
    """What is known of one file."""

    name: str = ""
    said: dict[str, str] = field(default_factory=dict)
    urls: list[tuple[int, str]] = field(default_factory=list)
    """Each with its priority; the lowest comes first."""
    length: int = 0
    """Characters of its texts."""


class Document:
    """Takes a document's tags and texts, and gives its files as lines."""

    def __init__(self) -> None:
        self.ended = False
        """Whether its root was closed; what follows is not read."""
        self._path: list[str] = []
        self._file: _File | None = None
        self._text: list[str] | None = None
        """Text of the element that is open, where it is wanted."""
        self._tag = ""
        self._lines: list[bytes] = []

    def take(self) -> list[bytes]:
        """Return the lines that were completed since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def opened(self, name: str, tag: str) -> None:
        """Do as `markup.Listener.opened`.

        Raises:
            ValueError: the root is another one, or the document is nested too deep.
        """
        name = name.rpartition(":")[2]
        if self.ended:
            return
        self._check(name)
        self._path.append(name)
        if name == "file":
            self._file = _File(_attribute("name", tag))
        elif self._file and name in {"url", "hash", SIZE} and not _PARTS & {*self._path}:
            self._text, self._tag = [], tag

    def _check(self, name: str) -> None:
        if not self._path and name != _ROOT:
            raise ValueError(f"its root is <{name[:64]}>; <metalink> is needed")
        if len(self._path) > _MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {_MAX_DEPTH} elements")

    def closed(self, name: str) -> None:
        """Do as `markup.Listener.closed`; an element left open ends with the one around it."""
        name = name.rpartition(":")[2]
        if self.ended or name not in self._path:
            return
        last = ""
        while last != name:
            last = self._path.pop()
            self._end(last)
        self.ended = not self._path

    def said(self, text: str) -> None:
        """Do as `markup.Listener.said`."""
        if self._text is None or self._file is None:
            return
        self._file.length += len(text)
        if self._file.length <= MAX_LINE_BYTES:
            self._text.append(text)

    def _end(self, name: str) -> None:
        file = self._file
        if file and name == "file":
            self._lines.append(_line(file))
            self._file = self._text = None
        elif file and self._text is not None:
            text, self._text = unescaped("".join(self._text)).strip(INVISIBLE), None
            _take(file, name, text, self._tag)


def _take(file: _File, name: str, text: str, tag: str) -> None:
    if name == "url" and text.lower().startswith(_SCHEMES):
        file.urls.append((_priority(tag), text))
    elif name == SIZE:
        file.said[SIZE] = text
    elif name == "hash" and (algorithm := algorithm_of(_attribute("type", tag))):
        file.said[algorithm] = text


def _line(file: _File) -> bytes:
    """Return the line of a file; one without a URL, or too long, is bad when it is parsed."""
    urls = [url for _, url in sorted(file.urls, key=lambda one: one[0])][: MAX_MIRRORS + 1]
    said = {name: file.said[name] for name in COLUMNS if name in file.said}
    line = json.dumps(
        {"name": file.name, **({"url": urls[0], MIRRORS: urls[1:]} if urls else {}), **said}
    ).encode()
    return b" " * (MAX_LINE_BYTES + 1) if file.length > MAX_LINE_BYTES else line


def _priority(tag: str) -> int:
    """Return the place of a URL: its priority, or in version 3 what is left of its preference."""
    if _NUMBER.fullmatch(said := _attribute("priority", tag)):
        return int(said)
    if _NUMBER.fullmatch(said := _attribute("preference", tag)):
        return _LEAST - int(said)
    return _LEAST


def _attribute(name: str, tag: str) -> str:
    match = _OF[name].search(tag)
    return unescaped(match.group(1) or match.group(2) or "") if match else ""
