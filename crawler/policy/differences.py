"""How much two versions of a file differ, but for what is ignored. Pure, and of linear time."""

from collections.abc import Sequence
from functools import lru_cache

import re2

MAX_BYTES = 2 * 1024 * 1024
"""Longest version that is compared: of a longer one only is known that it is another."""
MAX_MATCHES = 5000
"""Matches that are taken out of a version; one that has as many is not compared either."""
MAX_PATTERN = 1000
"""Characters of a pattern."""


def check(text: str) -> str:
    """Return a regular expression of RE2 as it is.

    Raises:
        ValueError: it is none, or one that matches nothing of any length.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(f"is longer than {MAX_PATTERN} characters")
    try:
        matches_nothing = _compiled((text,)).search(b"") is not None
    except re2.error as error:
        raise ValueError(f"is no regular expression of RE2: {_words(error)}") from None
    if matches_nothing:
        raise ValueError("matches an empty text; leave out what may be missing")
    return text


def difference(old: bytes, new: bytes, ignored: Sequence[str]) -> int | None:
    """Return the bytes from the first to the last that differ, in the version that has more there.

    What the regular expressions match is taken out of both before; 0 says that nothing differs,
    None that they match too often.
    """
    if ignored:
        pattern = _compiled(tuple(ignored))
        old, in_old = pattern.subn(b"", old, MAX_MATCHES)
        new, in_new = pattern.subn(b"", new, MAX_MATCHES)
        if max(in_old, in_new) == MAX_MATCHES:
            return None
    begin = _common(old, new)
    end = _common(old[begin:][::-1], new[begin:][::-1])
    return max(len(old), len(new)) - begin - end


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes both begin with, by halves: each is compared about once."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> "re2._Regexp":
    options = re2.Options()
    options.log_errors = False
    return re2.compile("|".join(f"(?:{one})" for one in patterns).encode(), options)


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
