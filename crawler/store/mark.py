"""The mark of an output folder: `.crawlerd`, which names the ledger that knows its files."""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path

from gevent.monkey import get_original

NAME = ".crawlerd"
LOST = f"its {NAME} is gone or another one: the folder was removed, or its disk unmounted"
_MAX_BYTES = 4096
_LACKS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_close = get_original("os", "close")


def ledger_named(output: Path) -> str:
    """Return the id of the ledger of an output folder, '' if none can be read there."""
    try:
        return _named(output / NAME, None)
    except OSError:
        return ""


def seen_named(output: Path) -> str | None:
    """Return likewise; None where this process lacks what it takes to look."""
    try:
        return _named(output / NAME, None)
    except OSError as error:
        return None if error.errno in _LACKS else ""


def check_named(folder: int, uid: str) -> None:
    """See that an open folder names the ledger `uid`.

    Raises:
        OSError: it does not, as the folder below a disk that was unmounted; or it cannot be read.
    """
    with suppress(FileNotFoundError):
        if _named(NAME, folder) == uid:
            return
    raise OSError(errno.ENOENT, LOST)


def name_ledger(output: Path, uid: str) -> None:
    """Write the mark, whole or not at all; not where the folder may not be written just now.

    A start without a mark is a start like any other, and writes it.
    """
    part = output / f"{NAME}.part"
    with suppress(OSError):
        part.write_text(json.dumps({"ledger": uid}) + "\n")
        part.replace(output / NAME)


def _named(file: str | Path, folder: int | None) -> str:
    """Return the ledger that a mark names, '' if it is none."""
    mark = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        found = json.loads(os.read(mark, _MAX_BYTES))
    except ValueError:
        return ""
    finally:
        _close(mark)
    uid = found.get("ledger") if isinstance(found, dict) else None
    return uid if isinstance(uid, str) else ""
