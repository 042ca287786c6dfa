"""Files that are newer than the ledger, which was restored from a copy: it learns what they are."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from crawler.config import Settings
from crawler.frontier import STATES, Adopt, Entry, Frontier, Unnamed, Wanted, pages
from crawler.model import FIRST_STORE
from crawler.policy import naming
from crawler.store import comparing
from crawler.stored_files import FoundFile
from crawler.threads import Native

LEASED = STATES.index("leased")


class Adoption:
    """Looks for such files under the names that URLs have, or would get, in one store."""

    def __init__(
        self, frontier: Frontier, settings: Settings, native: Native, job: str | None, store: int
    ) -> None:
        self._frontier = frontier
        self._root = settings.crawler.output
        self._jobs = {one.name: one for one in settings.jobs if job in {None, one.name}}
        self._native = native
        self._job = job
        self._store = store

    def found(self, *, dry: bool) -> Iterator[tuple[Entry, str]]:
        """Yield the URLs whose files are adopted, each with the file; `dry` changes nothing.

        A name that a line of a list decides is known once it is reserved.
        """
        for page in pages(self._frontier, Wanted(self._job)):
            meant = [entry for entry in page if self._is_meant(entry)]
            places = self._unowned([(one, self._name_of(one)) for one in meant])
            for entry, file in zip(meant, self._native.each(self._measured, places), strict=True):
                if file and self._frontier.change(Adopt([file], dry)).counts.total():
                    yield entry, file.path

    def _is_meant(self, entry: Entry) -> bool:
        here = entry.digest is None or (entry.store or FIRST_STORE) == self._store
        return entry.job in self._jobs and entry.state != LEASED and here

    def _name_of(self, entry: Entry) -> str | None:
        """Return the file of a URL, or the one that it would get; None if only a list can tell."""
        job = self._jobs[entry.job]
        if entry.path is not None:
            return entry.path
        if naming.bound_by_lists(job.path) or naming.is_from_answer(job.path, job.ext):
            return None
        return naming.path_of(job.path, job.name, entry.url, entry.fingerprint, {})

    def _unowned(
        self, places: Sequence[tuple[Entry, str | None]]
    ) -> list[tuple[Entry, str | None]]:
        """Leave out names that are not reserved for a URL, and are for another one."""
        asked = [name for entry, name in places if name and entry.path is None]
        free = {*self._frontier.entry(Unnamed(asked, (), self._store))} if asked else set()
        return [(one, name if one.path or name in free else None) for one, name in places]

    def _measured(self, place: tuple[Entry, str | None]) -> FoundFile | None:
        """Look at a file, in a native thread; one that cannot be read is told by the comparison."""
        entry, name = place
        before = entry.digest.hex() if entry.digest else ""
        after = entry.finished_at if entry.digest else None
        with suppress(OSError):
            file = comparing.measure(self._root, name, after) if name else None
            if name and file and file.digest != before:
                return FoundFile(
                    entry.id, name, before, file.size, file.digest, file.at, self._store
                )
        return None
