"""What a job's options make of values that stand in lines of its lists, as one mark."""

import re
from collections.abc import Mapping
from hashlib import blake2b

from crawler.policy.naming import FIELDS, fields_of

IN_HEADER = re.compile(r"\{([A-Za-z_]\w*)\}")
"""A value of a line in a header."""


def mark_of(path: str, headers: Mapping[str, str], *, checks: bool = False) -> str:
    """Return a mark of `path`, and of what else uses values of lines; it has no colon."""
    lined = sorted(map(": ".join, from_lines(headers).items()))
    return f"{_hash(path)}.{_hash(*lined, *['checksums'] * checks)}"


def asks_lines(path: str, headers: Mapping[str, str], *, checks: bool = False) -> bool:
    """Tell whether `path`, a header or a check of bodies uses values of lines.

    Raises:
        ValueError: the path is not well formed.
    """
    used = {*fields_of(path), *IN_HEADER.findall("\n".join(headers.values()))}
    return checks or not used <= {*FIELDS}


def from_lines(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that use values of lines."""
    return {name: text for name, text in headers.items() if IN_HEADER.search(text)}


def _hash(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=8).hexdigest() if texts else ""
