"""What a job's options make of values that stand in lines of its lists, as one mark."""

import re
from collections.abc import Mapping
from hashlib import blake2b

from crawler.policy.naming import FIELDS, fields_of

IN_HEADER = re.compile(r"\{([A-Za-z_]\w*)\}")
"""A value of a line in a header."""


def mark_of(path: str, headers: Mapping[str, str]) -> str:
    """Return a mark of `path`, and of the headers that use values of lines; it has no colon."""
    return f"{_hash(path)}.{_hash(*sorted(map(': '.join, from_lines(headers).items())))}"


def asks_lines(path: str, headers: Mapping[str, str]) -> bool:
    """Tell whether `path` or a header uses values of lines.

    Raises:
        ValueError: the path is not well formed.
    """
    used = {*fields_of(path), *IN_HEADER.findall("\n".join(headers.values()))}
    return not used <= {*FIELDS}


def from_lines(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that use values of lines."""
    return {name: text for name, text in headers.items() if IN_HEADER.search(text)}


def _hash(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=8).hexdigest() if texts else ""
