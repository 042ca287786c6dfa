"""Local files: `.part` beside the target, fsync, rename, fsync of the folder.

`writing` has the functions that run in native threads.
"""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from gevent.lock import BoundedSemaphore

from crawler.model import Seconds
from crawler.policy.body_search import BodySearch
from crawler.store.changes import Ignored, differences
from crawler.store.digests import Digests
from crawler.store.folders import Folders
from crawler.store.part_file import PartFile
from crawler.store.removing import judge, remove
from crawler.store.versions import Versions
from crawler.store.writing import (
    Body,
    Measured,
    discard,
    exists,
    locate,
    measure,
    publish,
    taken,
    times,
    try_out,
    write_part,
)
from crawler.stored_files import Stayed, StoredFile
from crawler.threads import Native
from crawler.urls import hex_of

__all__ = ["Body", "Files", "Measured", "PartFile", "part_name"]

THREADS = 4


def part_name(path: str, fingerprint: int, owner: int) -> str:
    """Return the `.part` of a file; it names the URL and the process that writes it."""
    return f"{path}.{hex_of(fingerprint)}.{owner}.part"


class Files:
    """The output folder, made at once or with the first file. Native threads do all of its work."""

    def __init__(self, root: Path, *, durable: bool, make: bool = True) -> None:
        self._root = root
        self._durable = durable
        self._make = make
        self._ledger = ""
        self._native = Native(THREADS)
        self._pours = BoundedSemaphore(min(THREADS, os.cpu_count() or 1))
        """More at once than there are cores would only keep the hub from one."""

    def __enter__(self) -> Self:
        self._native.__enter__()
        if self._make:
            self._native.call(self._root.mkdir, parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._native.__exit__()

    @property
    def root(self) -> Path:
        """Return the output folder."""
        return self._root

    def keep_to(self, ledger: str) -> None:
        """From now on store only where the folder is there and names this ledger.

        A disk that was unmounted leaves an empty folder, where nobody looks for files later.
        """
        self._ledger = ledger

    def fault(self) -> OSError | None:
        """Try to write a small file, and return what keeps this machine from it."""
        return self._native.call(try_out, self._root, self._ledger)

    def save(self, bodies: Sequence[Body]) -> list[str | OSError]:
        """Store bodies and return, for each, its final path or the error that kept it from one.

        Threads that wait for a disk go side by side; threads that do not wait would only take the
        interpreter from each other, and from the hub.
        """
        count = THREADS if self._durable else 1
        chunks = [bodies[start::count] for start in range(min(count, len(bodies)))]
        results: list[str | OSError] = [OSError("not stored")] * len(bodies)
        for start, stored in enumerate(self._native.each(self._save, chunks)):
            results[start :: len(chunks)] = stored
        return results

    def part(self, name: str, *, append: bool = False) -> "PartFile":
        """Begin or continue a body too big for memory; the caller closes it, or discards it."""
        return PartFile(self._folders, name, self._native, self._pours, append=append)

    def measure(
        self,
        part: str,
        total: int,
        search: BodySearch | None = None,
        digests: Digests | None = None,
    ) -> "Measured | None":
        """Return the size and the running digest of a part to be continued, if it is there.

        It is one of a body of `total` bytes, and shorter. `search` and `digests` are fed with its
        bytes, and with those that follow.
        """
        return self._native.call(measure, self._root, part, total, self._ledger, search, digests)

    def exists(self, path: str) -> bool:
        """Tell whether a stored file is still there."""
        return self._native.call(exists, self._root, path, self._ledger)

    def taken(self, path: str) -> bool:
        """Tell whether anything has the name of a file: a file, a folder, a link."""
        return self._native.call(taken, self._root, path, self._ledger)

    def times(self, path: str) -> tuple[Seconds, Seconds] | None:
        """Return the times of a file that is there: of its content, and of its change here."""
        return self._native.call(times, self._root, path, self._ledger)

    def differences(
        self, path: str, body: bytes | str, ignored: Collection[Ignored]
    ) -> tuple[tuple[Ignored, int], ...]:
        """Return how many bytes of a body, or of a part, differ from a file, by what is ignored."""
        return self._native.call(differences, self._root, path, body, ignored, self._ledger)

    def discard(self, parts: Sequence[str]) -> int:
        """Remove parts, and return how many there were."""
        return self._native.call(discard, self._root, parts, self._ledger)

    def remove(self, files: Sequence[StoredFile]) -> Stayed:
        """Remove files with their older versions; return those that stay.

        Each is read whole first: what is not as it was stored is somebody else's by now.
        """
        if not self._native.call(self._is_there):  # files of a disk that was unmounted are not gone
            return Stayed([], [file.path for file in files])
        judged = list(self._native.each(lambda file: judge(self._root, file), files))
        return self._native.call(remove, self._root, judged)

    def _folders(self, *, durable: bool = False) -> Folders:
        return Folders(self._root, durable=durable, ledger=self._ledger)

    def _is_there(self) -> bool:
        try:
            with self._folders():
                return True
        except OSError:
            return False

    def _save(self, bodies: Sequence[Body]) -> list[str | OSError]:
        try:
            with self._folders(durable=self._durable) as folders:
                versions = Versions()
                stored = [self._save_one(folders, versions, body) for body in bodies]
                folders.sync()
        except OSError as error:
            return [error] * len(bodies)
        return stored

    def _save_one(self, folders: Folders, versions: Versions, body: Body) -> str | OSError:
        try:
            here, name = locate(folders, body.part)
            write_part(here, name, body, sync=self._durable)
            return publish(folders, versions, (here, name), body)
        except UnicodeEncodeError as error:  # a locale that has no such file names
            return OSError(str(error))
        except OSError as error:
            with suppress(OSError):
                here, name = locate(folders, body.part)
                os.unlink(name, dir_fd=here)
            return error
