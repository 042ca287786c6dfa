"""Texts that every engine can hold (rule 9 of `contract`), in what is asked from outside.

A word of a command line that is no UTF-8 has lone surrogates (PEP 383); servers refuse a NUL.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass

from crawler.errors import UsageError
from crawler.frontier.questions import FilesNamed, Unnamed

_NOT_HELD = re.compile("[\0\ud800-\udfff]")
_OF_FILES = (FilesNamed, Unnamed)
"""What asks for the names of files that lie on a disk: these are compared by `naming.path_key`."""


def require_text(asked: object) -> None:
    """See that an engine can hold the texts of what is asked for, or done.

    Raises:
        UsageError: one holds a NUL or a lone surrogate.
    """
    for text in () if isinstance(asked, _OF_FILES) else _texts(asked):
        if _NOT_HELD.search(text):
            raise UsageError(f"{text!a} is no text: it is not UTF-8, or holds a NUL")


def held(text: str) -> str:
    r"""Return a text as every engine can hold it, with \xff or \x00 for what it cannot."""
    return _NOT_HELD.sub(lambda found: ascii(found[0])[1:-1], text)


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a value; rows of the ledger, as it has told them, are left out."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))
    elif isinstance(value, Sequence) and not hasattr(value, "_fields"):
        for part in value:
            yield from _texts(part) if isinstance(part, str) else ()
