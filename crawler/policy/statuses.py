"""Sets of HTTP statuses as operators write them: numbers, and classes as `5xx` or `52x`. Pure."""

import re
from collections.abc import Iterable

ALL = range(200, 1000)
"""Statuses that an answer may have; beyond 599 they are none of any standard (RFC 9110, 15)."""
PATTERN = r"[2-9](?:[0-9]{2}|[0-9]x|xx)"
_WRITTEN = re.compile(PATTERN)


def written(value: object) -> str:
    """Return a status or a class of them in its one spelling.

    Raises:
        ValueError: it is neither.
    """
    text = str(value).lower() if isinstance(value, str | int) else ""
    if isinstance(value, bool) or not _WRITTEN.fullmatch(text):
        raise ValueError("is no status: 200 is one, 5xx and 52x are many")
    return text


def statuses_of(said: Iterable[str]) -> frozenset[int]:
    """Return all statuses that are meant."""
    found: set[int] = set()
    for text in said:
        first = int(text.replace("x", "0"))
        found.update(range(first, first + 10 ** text.count("x")))
    return frozenset(found)
