"""What a page says to robots about itself: X-Robots-Tag and <meta name=robots>. Pure.

Only words for everybody or for our product token count. They are kept on the outcome; whoever
follows links or indexes pages obeys them.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from html.parser import HTMLParser

WORDS = ("noindex", "nofollow", "noarchive", "nosnippet", "noimageindex", "notranslate")
HEAD = 32_768
"""Bytes of a page in which its <meta> are looked for."""

_VALUED = frozenset({
    "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview",
})  # fmt: skip
_MENTION = re.compile(rb"<meta\s[^>]*robots|<meta\s[^>]*name", re.IGNORECASE)


def of_headers(values: Iterable[str], token: str) -> frozenset[str]:
    """Return the words of X-Robots-Tag lines; a line may begin with the agent that it is for."""
    words: set[str] = set()
    for value in values:
        ours = True
        for part in value.split(","):
            name, colon, rest = part.strip().partition(":")
            if colon and name.strip().lower() not in _VALUED:
                ours = name.strip().lower() == token.lower()
                part = rest  # noqa: PLW2901  what follows the agent
            if ours:
                words |= _words(part)
    return frozenset(words)


def of_page(head: bytes, token: str) -> frozenset[str]:
    """Return the words of the <meta> elements in the beginning of a page."""
    if not _MENTION.search(head):
        return frozenset()
    reader = _Metas(token)
    with suppress(AssertionError, ValueError):  # html.parser on declarations that make no sense
        reader.feed(head[:HEAD].decode("utf-8", "replace"))
    return frozenset(reader.words)


def told(words: Iterable[str]) -> str:
    """Return words in their fixed order, as the ledger and the log have them."""
    found = set(words)
    return ",".join(word for word in WORDS if word in found)


def _words(text: str) -> set[str]:
    found = text.strip().lower()
    if found == "none":
        return {"noindex", "nofollow"}
    return {found} & set(WORDS)


class _Metas(HTMLParser):
    def __init__(self, token: str) -> None:
        super().__init__(convert_charrefs=True)
        self._names = {"robots", token.lower()}
        self.words: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one <meta>; html.parser calls this name."""
        if tag != "meta":
            return
        fields = {name.lower(): value or "" for name, value in attrs}
        if fields.get("name", "").strip().lower() in self._names:
            for part in fields.get("content", "").split(","):
                self.words |= _words(part)
