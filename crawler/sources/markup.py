"""XML as it is found in the wild, split into tags and texts: streaming, bounded, forgiving. Pure.

There is no table of entities but HTML's, so nothing a document declares is ever expanded or opened.
A bare `&` or `<` is text, a tag's name has no case, comments may be of any length.
"""

import re
from html.entities import html5
from typing import Protocol

MAX_TAG = 1 << 20
"""Longest tag, in characters: what has no end yet is looked at anew with every piece."""
_SPECIAL = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_NAME = re.compile(r"</?([^\s<>/]+)")
_STOP = re.compile(r"[\"'>]")
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
_DOCTYPE_END = re.compile(r"[\[>]")
_OWN_DOCTYPE = re.compile(r"<!DOCTYPE\s+(?:urlset|sitemapindex|rss|feed|rdf:rdf)\b", re.IGNORECASE)


class Listener(Protocol):
    """What is told about a document."""

    def opened(self, name: str, tag: str) -> None:
        """Take the beginning of an element: its name in lower case, and its whole tag."""

    def closed(self, name: str) -> None:
        """Take the end of an element."""

    def said(self, text: str) -> None:
        """Take text, entities as they stand; CDATA has its `&` as an entity."""


class Markup:
    """One document, piece by piece."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._rest = ""
        self._until = ""
        """End of the comment, CDATA or instruction in which the next piece begins."""
        self._cdata = False

    def feed(self, piece: str) -> None:
        """Take in a piece.

        Raises:
            ValueError: a tag is too long, or it has a DOCTYPE that no sitemap needs.
        """
        text, at = self._rest + piece, 0
        while at < len(text):
            after = self._through(text, at) if self._until else self._past(text, at)
            if after < 0:
                break
            at = after
        self._rest = text[at:] if at < len(text) else ""
        if len(self._rest) > MAX_TAG:
            raise ValueError(f"it has a tag of more than {MAX_TAG} bytes")

    def _through(self, text: str, at: int) -> int:
        """Go on in a comment, CDATA or instruction; return its end, or how far it is known."""
        end = text.find(self._until, at)
        known = end if end >= 0 else max(at, len(text) - len(self._until) + 1)
        if self._cdata:
            self._listener.said(text[at:known].replace("&", "&amp;"))
        if end >= 0:
            end += len(self._until)
            self._until, self._cdata = "", False
            return end
        return known if known > at else -1

    def _past(self, text: str, at: int) -> int:
        """Go past the text and the tag that come next; -1 where more is needed."""
        start = text.find("<", at)
        if start != at:
            start = len(text) if start < 0 else start
            self._listener.said(text[at:start])
            return start
        sign = text[at + 1 : at + 2]
        if sign in {"!", "?"}:
            return self._special(text, at)
        if sign == "/" or sign.isalpha() or sign == "_":
            return self._tag(text, at)
        if not sign:
            return -1
        self._listener.said("<")
        return at + 1

    def _tag(self, text: str, at: int) -> int:
        end = _end_of_tag(text, at)
        if end < 0:
            return -1
        tag = text[at:end]
        if (match := _NAME.match(tag)) is None:
            return end
        name = match.group(1).lower()
        if tag.startswith("</"):
            self._listener.closed(name)
            return end
        self._listener.opened(name, tag)
        if tag.endswith("/>"):
            self._listener.closed(name)
        return end

    def _special(self, text: str, at: int) -> int:
        for begin, until in _SPECIAL.items():
            if text.startswith(begin, at):
                self._until, self._cdata = until, until == "]]>"
                return at + len(begin)
        shown = text[at : at + 9]
        if any(begin.startswith(shown) for begin in _SPECIAL):
            return -1
        end = _DOCTYPE_END.search(text, at + 2)
        if end is None:
            return -1
        if end.group() == "[" or not _OWN_DOCTYPE.match(text, at):
            raise ValueError("it has a DOCTYPE, which no sitemap needs; is it a web page?")
        return end.end()


def unescaped(text: str) -> str:
    """Return a text with the entities of XML and HTML replaced, others as they stand."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: "re.Match[str]") -> str:
    decimal, digits, name = match.groups()
    if name:
        return html5.get(f"{name};", match.group())
    number = int(decimal) if decimal else int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return "\ufffd"
    return chr(number)


def _end_of_tag(text: str, at: int) -> int:
    """Return where a tag ends, -1 if that is not known yet; a > within quotes does not end it."""
    while (stop := _STOP.search(text, at)) is not None:
        if stop.group() == ">":
            return stop.end()
        at = text.find(stop.group(), stop.end()) + 1
        if not at:
            break
    return -1
