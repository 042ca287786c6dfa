"""How much a body differs from the file that it is to replace, in a native thread."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from crawler.policy.differences import MAX_BYTES, difference
from crawler.store.folders import Folders
from crawler.store.writing import locate

Ignored = tuple[str, ...]
"""Regular expressions whose matches are no difference."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def differences(
    root: Path,
    path: str,
    body: bytes | str,
    ignored: Collection[Ignored],
    ledger: str = "",
) -> tuple[tuple[Ignored, int], ...]:
    """Return the bytes that differ, by what is ignored; nothing where that cannot be told.

    `body` is a content, or the name of the part that has it.
    """
    try:
        with Folders(root, durable=False, ledger=ledger) as folders:
            old = _read(folders, path)
            new = _read(folders, body) if isinstance(body, str) else body
    except OSError:
        return ()
    return tuple(_differences(old, new, ignored)) if max(len(old), len(new)) <= MAX_BYTES else ()


def _differences(
    old: bytes, new: bytes, ignored: Collection[Ignored]
) -> Iterator[tuple[Ignored, int]]:
    for one in ignored:
        size = difference(old, new, one)
        if size is not None:
            yield one, size


def _read(folders: Folders, path: str) -> bytes:
    """Return the content of a file, of one that is too long to be compared its beginning."""
    here, name = locate(folders, path, make=False)
    with os.fdopen(os.open(name, _FLAGS, dir_fd=here), "rb") as file:
        return file.read(MAX_BYTES + 1)
