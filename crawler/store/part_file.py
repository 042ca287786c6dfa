"""A body too big for memory, on its way into its `.part`."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gevent.lock import BoundedSemaphore

from crawler.store.faults import FileFaultError, fault_of
from crawler.store.folders import Folders
from crawler.store.writing import (
    Digest,
    Read,
    close,
    create,
    locate,
    open_end,
    pour,
    write_all,
)
from crawler.threads import Native

P = ParamSpec("P")
T = TypeVar("T")


class PartFile:
    """A body on its way into its `.part`.

    The descriptor is set by the native thread itself: a greenlet that is killed while the file
    opens still finds it to close.
    """

    def __init__(
        self,
        folders: Callable[[], Folders],
        name: str,
        native: Native,
        pours: BoundedSemaphore,
        *,
        append: bool,
    ) -> None:
        """`pours` is what all parts that are poured share."""
        self.name = name
        self._append = append
        self._folders = folders
        self._native = native
        self._pours = pours
        self._descriptor = -1

    def write(self, data: bytes | bytearray, digest: Digest | None = None) -> None:
        """Append to the part; the first write opens it. The data must not change meanwhile.

        `digest` is fed the data just before it is written, while it is in the processor's cache.

        Raises:
            FileFaultError: the part cannot be opened or written.
        """
        self._call(self._write, data, digest)

    def pour(self, read: Read, most: int, digest: Digest) -> tuple[int, OSError | None]:
        """Append what `read` brings without a wait, up to `most` bytes, all in one hand-off.

        Returns how many bytes that was, and what broke the connection after them, if anything did.

        Raises:
            FileFaultError: the part cannot be opened or written.
        """
        with self._pours:
            return self._call(self._pour, read, most, digest)

    def close(self) -> None:
        """End the writing; the part stays until it is saved or discarded."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._native.call(close, descriptor)

    def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return self._native.call(function, *args, **kwargs)
        except FileFaultError:
            raise
        except OSError as error:
            raise fault_of(error) from error

    def _open(self) -> None:
        if self._descriptor < 0:
            open_or_create = open_end if self._append else create
            with self._folders() as folders:
                self._descriptor = open_or_create(*locate(folders, self.name))

    def _write(self, data: bytes | bytearray, digest: Digest | None) -> None:
        self._open()
        if digest is not None:
            digest.update(data)
        write_all(self._descriptor, data)

    def _pour(self, read: Read, most: int, digest: Digest) -> tuple[int, OSError | None]:
        self._open()
        return pour(self._descriptor, read, most, digest)
