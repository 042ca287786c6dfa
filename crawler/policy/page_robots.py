"""Words of a page to robots about itself: X-Robots-Tag and <meta name=robots>. Pure.

Only words for all robots or for our product token count. They are kept on the outcome, for the
programs that follow links or index pages.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from html.parser import HTMLParser

DIRECTIVES = ("noindex", "nofollow", "noarchive", "nosnippet", "noimageindex", "notranslate")
HEAD_BYTES = 32_768
"""Bytes of a page in which its <meta> are looked for."""

_VALUED = frozenset({
    "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview",
})  # fmt: skip
_TEXT = re.compile("<(?![A-Za-z/!?])")
"""A < that begins nothing (HTML standard, tag open state)."""
_AGENT = re.compile(r"(?=[0-9./-]*+[a-z_])[\w./-]++", re.IGNORECASE | re.ASCII)
"""An agent before a colon may look like this; `25-Jun-10 15` before `:00` is part of a date.

No character is looked at more than twice: a server may send a header of any letters.
"""


def of_headers(values: Iterable[str], token: str) -> frozenset[str]:
    """Return the words of X-Robots-Tag lines; a line may begin with the agent that it is for."""
    words: set[str] = set()
    for value in values:
        ours = True
        for part in value.split(","):
            name, colon, tail = part.strip().partition(":")
            agent = name.strip().lower()
            if colon and agent not in _VALUED and _AGENT.fullmatch(agent):
                ours = agent == token.lower()
                part = tail  # noqa: PLW2901  what follows the agent
            if ours:
                words |= _words(part)
    return frozenset(words)


def of_page(head: bytes, token: str) -> frozenset[str]:
    """Return the words of the <meta> elements in the beginning of a page."""
    text = head[:HEAD_BYTES].decode("utf-8", "replace")
    names = {"robots", token.lower()}
    lower = text.lower()
    if "<meta" not in lower or not any(name in lower for name in names):
        return frozenset()  # most pages are spared the parser
    reader = _Metas(names)
    with suppress(
        AssertionError, ValueError
    ):  # html.parser gives up; the words found until then count
        text = _TEXT.sub("&lt;", text)  # on each of which it would begin anew
        reader.feed(text.replace("<![", "<!x"))  # a comment in HTML, on which it often does
    return frozenset(reader.words)


def joined(words: Iterable[str]) -> str:
    """Return words in their fixed order, as the ledger and the log have them."""
    found = set(words)
    return ",".join(word for word in DIRECTIVES if word in found)


def _words(text: str) -> set[str]:
    found = text.strip().lower()
    if found == "none":
        return {"noindex", "nofollow"}
    return {found} & set(DIRECTIVES)


class _Metas(HTMLParser):
    def __init__(self, names: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._names = names
        self.words: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one <meta>; html.parser calls this name."""
        if tag != "meta":
            return
        fields = {name: value or "" for name, value in reversed(attrs)}  # the first one counts
        if fields.get("name", "").strip().lower() in self._names:
            for part in fields.get("content", "").split(","):
                self.words |= _words(part)
