"""A body beside what its list says of it: its size as it comes, its digests at its end."""

from collections.abc import Callable

from crawler.model import Kind, Task, Trouble
from crawler.policy.checksums import Checks, checks_of
from crawler.store import Digests, Measured
from crawler.urls import host_of

_OURS = "sha256"
"""The digest that every body has anyway."""


def is_listed(host: str, task: Task) -> bool:
    """Tell whether the list of a task names a host: for its URL, or as a mirror."""
    mirrors = checks_of(task.checks).mirrors if task.checks else ()
    return any(host == host_of(url) for url in (task.url, *mirrors))


class BodyCheck:
    """Ends a visit whose body is not the one that its list means.

    `had` is what an earlier visit left of it, with its digests.
    """

    def __init__(self, text: str, had: Measured | None, status: int | None = None) -> None:
        self._checks: Checks = checks_of(text)
        self._digests = had.digests if had and had.digests else digests_of(text)
        self._came = had.size if had else 0
        self._status = status

    def declared(self, length: int | None) -> None:
        """Refuse a body before it is read, if it is declared of another length.

        Raises:
            Trouble: `mismatch`.
        """
        size = self._checks.size
        if size is not None and length is not None and self._came + length != size:
            raise self._mismatch(f"{self._came + length} bytes declared, {size} listed")

    def taking(self, take: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return what looks at the pieces of a body before `take` takes them."""
        size = self._checks.size
        feed = self._digests.feed if self._digests else None

        def look(piece: bytes) -> None:
            self._came += len(piece)
            if size is not None and self._came > size:
                raise self._mismatch(f"more than {size} bytes, as they are listed")
            if feed:
                feed(piece)
            take(piece)

        return look

    def whole(self, size: int, sha256: str) -> None:
        """Judge a body that has come to its end.

        Raises:
            Trouble: `mismatch`.
        """
        listed = self._checks.size
        if listed is not None and size != listed:
            raise self._mismatch(f"{size} bytes, {listed} listed")
        for name, wanted in self._checks.digests:
            others = self._digests.of(name) if self._digests else ""
            found = sha256 if name == _OURS else others
            if found != wanted:
                raise self._mismatch(f"{name} is {found}, {wanted} listed")

    def _mismatch(self, reason: str) -> Trouble:
        return Trouble(Kind.MISMATCH, reason, status=self._status)


def digests_of(text: str) -> Digests | None:
    """Return digests that a body needs beside its SHA-256; None where it needs none."""
    names = [name for name, _ in checks_of(text).digests if name != _OURS] if text else []
    return Digests(names) if names else None


def fits(text: str, sha256: str) -> bool:
    """Tell whether a stored file is the one that its list means, as far as that is known."""
    wanted = checks_of(text).digest(_OURS)
    return not wanted or wanted == sha256
