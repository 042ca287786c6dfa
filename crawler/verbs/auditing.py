"""Files beside the ledger, page by page; a daemon may be at work on both."""

import glob
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from crawler.config import Settings
from crawler.frontier import Frontier, Rename, Revisit, Still, StoredFiles, Unnamed, pages
from crawler.policy import naming
from crawler.state_address import StateAddress
from crawler.store import comparing
from crawler.store.comparing import owner_of
from crawler.store.mark import NAME
from crawler.stored_files import StoredFile
from crawler.threads import Native
from crawler.verbs.adopting import Adoption
from crawler.verbs.stores import Stores

THREADS = 2
"""Files that are read at once."""
NAMES_AT_ONCE = 2000
"""Names of files that are looked up in one transaction."""
MAX_LOST = 100_000
"""Files that nobody seems to know, held in memory at once."""


class Fault(NamedTuple):
    """A file that is not as the ledger has it."""

    file: StoredFile
    what: str
    """missing, short or different; or unreadable, and why."""


def _files_of(state: StateAddress) -> Iterator[Path]:
    """Yield the files of a ledger, and what is beside it; none where a server has it."""
    if isinstance(state, Path):
        yield from (state.with_name(state.name + end) for end in ("", "-wal", "-shm", "-journal"))
        yield from state.parent.glob(f"{glob.escape(state.name)}.*")


class Audit:
    """Compares the files of a ledger, or those of one job, with what it says of them."""

    def __init__(
        self,
        frontier: Frontier,
        settings: Settings,
        native: Native,
        job: str | None,
        stores: Stores,
    ) -> None:
        self._frontier = frontier
        self._root = settings.crawler.output
        self._native = native
        self._job = job
        self._jobs = {one.name: one for one in settings.jobs}
        self._state = settings.crawler.state
        self.stores = stores
        self.elsewhere = 0
        """Number of files that lie in other stores."""
        self.adoption = Adoption(frontier, settings, native, job, stores.own)
        self.looked_at = 0
        """Number of files of the ledger in this one."""
        self.due = 0
        """Number of URLs that were made due again."""

    def faults(self, *, fix: bool) -> Iterator[Fault]:
        """Yield the files that are not as they should be; with `fix` their URLs become due.

        A file may change while it is read, or after the ledger was: what is told was still so in
        the ledger when it had been read, and nobody visited its URL.
        """
        self.elsewhere = 0
        for page in self._of_job():
            self.looked_at += len(page)
            faults = self._wrong(page)
            if fix and faults:
                self._fix(faults)
            yield from faults

    def _wrong(self, page: list[StoredFile]) -> list[Fault]:
        told = dict(zip(page, self._native.each(self._compare, page), strict=True))
        wrong = [file for file, what in told.items() if what]
        return [Fault(file, told[file]) for file in self._still(wrong)]

    def _still(self, wrong: list[StoredFile]) -> Sequence[StoredFile]:
        return self._frontier.entry(Still(wrong)) if wrong else ()

    def _fix(self, faults: list[Fault]) -> None:
        gone = [file for file, what in faults if not what.startswith("unreadable")]
        self.due += self._frontier.change(Revisit(gone)).counts.total()

    def lost(self) -> Iterator[str]:
        """Yield the files below the output folder that no URL of the ledger has, by their names."""
        names = comparing.names(self._root, self._beside(), NAMES_AT_ONCE)
        batch: set[str] = set()
        while True:
            some = self._native.call(next, names, None)
            if some is not None:
                batch |= self._unnamed(some)
            if len(batch) >= MAX_LOST or (some is None and batch):
                yield from sorted(self._without_owner(batch))
                batch = set()
            if some is None:
                return

    def _unnamed(self, some: comparing.Names) -> set[str]:
        owners = {name: owner_of(name) for name in some.files}
        asked = Unnamed([*{*owners, *owners.values()}], some.parts, self.stores.own)
        lost = {*self._frontier.entry(asked)}
        parts = {name for name, _ in some.parts}
        return {name for name in lost if name in parts or owners.get(name) in lost}

    def renamed(self, *, dry: bool) -> "Counter[str]":
        """Give files the names that `path` says today; return how many, and how many could not.

        Only names that follow from the URL alone are known here. `dry` counts and changes nothing.
        """
        counts: Counter[str] = Counter()
        for page in self._of_job():
            for file in page:
                counts[self._rename(file, dry=dry)] += 1
        return counts

    def _of_job(self) -> Iterator[list[StoredFile]]:
        for page in pages(self._frontier, StoredFiles()):
            meant = [file for file in page if self._job in {None, file.job}]
            here = [file for file in meant if file.store == self.stores.own]
            self.elsewhere += len(meant) - len(here)
            yield here

    def _compare(self, file: StoredFile) -> str:
        """Compare one file, in a native thread."""
        try:
            return comparing.compare(self._root, file.path, file.size, file.digest).what
        except OSError as error:
            return f"unreadable: {error.strerror or error}"

    def _without_owner(self, names: set[str]) -> set[str]:
        """Leave out names that were not reserved: where a folder was in the way of another."""
        for page in pages(self._frontier, StoredFiles()):
            paths = {file.path for file in page if file.store == self.stores.own}
            names = {name for name in names if not {name, owner_of(name)} & paths}
        return names

    def _beside(self) -> frozenset[Path]:
        """Return what may be below the output folder and is no file of a URL."""
        return frozenset({self._root / NAME, *_files_of(self._state)})

    def _rename(self, file: StoredFile, *, dry: bool) -> str:
        """Rename one file; return what came of it, in a word."""
        wanted = self._wanted(file)
        if wanted is None:
            return "unknown"
        second = naming.suffixed(wanted, file.fingerprint)
        if file.path in {wanted, second}:
            return "kept"
        if dry:
            return "renamed"
        (path,) = self._frontier.claim([(file.task, wanted, second)], store=file.store)
        try:
            return self._move(file, path) if path != file.path else "kept"
        except OSError as error:
            return f"failed: {error.strerror or error}"

    def _move(self, file: StoredFile, path: str) -> str:
        """Give a file another name: it has both until the ledger knows the new one."""
        self._native.call(comparing.give_name, self._root, file.path, path)
        told = self._frontier.change(Rename(file, path)).counts.total()
        if told:
            self._native.call(comparing.take_old_name, self._root, file.path, path)
        else:
            self._native.call(comparing.take_name, self._root, path)
        return "renamed" if told else "changed"

    def _wanted(self, file: StoredFile) -> str | None:
        """Return the file that `path` names today; None if only a line of a list can tell."""
        job = self._jobs.get(file.job)
        if job is None or naming.is_from_answer(job.path, job.ext):  # files stay as they are
            return file.path
        if naming.bound_by_lists(job.path):
            return None
        return naming.path_of(job.path, job.name, file.url, file.fingerprint, {})
