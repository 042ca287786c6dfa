"""The mark of an output folder: `.crawlerd`, which names the folder and the ledger that knows it.

The folder's own name is that of a store: machines that share the folder see one store in it, and
the files of a ledger may lie in several. It stays when the folder moves, or gets another ledger.
"""

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from gevent.monkey import get_original

NAME = ".crawlerd"
LOST = f"its {NAME} is gone or another one: the folder was removed, or its disk unmounted"
_MAX_BYTES = 4096
_LACKS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_close = get_original("os", "close")


class Mark(NamedTuple):
    """What a mark says; '' of what it does not."""

    ledger: str
    """Id of the ledger that knows the files."""
    store: str
    """Id of the folder."""


NO_MARK = Mark("", "")


def mark_of(output: Path) -> Mark:
    """Return the mark of an output folder; an empty one if none can be read there."""
    try:
        return _read(output / NAME, None)[0]
    except OSError:
        return NO_MARK


def store_named(output: Path) -> str:
    """Return the id of an output folder, or the one that it gets; '' if there is no mark."""
    try:
        return _read(output / NAME, None)[1]
    except OSError:
        return ""


def ledger_named(output: Path) -> str:
    """Return the id of the ledger of an output folder, '' if none can be read there."""
    return mark_of(output).ledger


def seen_named(output: Path) -> str | None:
    """Return likewise; None where this process lacks what it takes to look."""
    try:
        return _read(output / NAME, None)[0].ledger
    except OSError as error:
        return None if error.errno in _LACKS else ""


def check_named(folder: int, uid: str) -> None:
    """See that an open folder names the ledger `uid`.

    Raises:
        OSError: it does not, as the folder below a disk that was unmounted; or it cannot be read.
    """
    with suppress(FileNotFoundError):
        if _read(NAME, folder)[0].ledger == uid:
            return
    raise OSError(errno.ENOENT, LOST)


def name_ledger(output: Path, uid: str) -> None:
    """Write the mark, whole or not at all; not where the folder may not be written just now.

    A start without a mark is a start like any other, and writes it. Of machines that do so at once
    in one folder all read the same one afterwards.
    """
    with suppress(OSError):
        try:
            mark, name = _read(output / NAME, None)
        except FileNotFoundError:
            return _write(output, Mark(uid, token_hex(16)), os.link)
        if mark != (uid, name):
            _write(output, Mark(uid, name), os.replace)
    return None


def _write(output: Path, mark: Mark, give_name: Callable[[Path, Path], None]) -> None:
    part = output / f"{NAME}.{token_hex(4)}.part"
    try:
        part.write_text(json.dumps(mark._asdict()) + "\n")
        try:
            give_name(part, output / NAME)
        except FileExistsError:
            pass  # another machine was faster: its mark holds
        except OSError:  # a file system without links
            part.replace(output / NAME)
    finally:
        part.unlink(missing_ok=True)


def _read(file: str | Path, folder: int | None) -> tuple[Mark, str]:
    """Return a mark, and the name of its folder.

    One of an earlier version has no such name: it follows from the file, so that all who look at
    once find the same.
    """
    opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        content, stat = os.read(opened, _MAX_BYTES), os.fstat(opened)
    finally:
        _close(opened)
    mark = _parsed(content)
    seen = f"{stat.st_ino} {stat.st_mtime_ns}".encode()
    return mark, mark.store or blake2b(content + seen, digest_size=16).hexdigest()


def _parsed(content: bytes) -> Mark:
    try:
        found = json.loads(content)
    except ValueError:
        return NO_MARK
    said = found if isinstance(found, dict) else {}
    ledger, store = (one if isinstance(one := said.get(key), str) else "" for key in Mark._fields)
    return Mark(ledger, store)
