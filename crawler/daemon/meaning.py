"""What the lines of a job's lists mean: the options that use values of lines, and when they hold.

Paths and columns are written with the row of a URL when a line of it is read. So a `path` or a
header that uses such values holds for a URL when its lists were read again, and a process that
finds rows of another meaning holds the job until then.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b

from crawler.config import Job
from crawler.frontier import Frontier
from crawler.sources import Fields

_IN_HEADER = re.compile(r"\{[A-Za-z_]\w*\}")


def until_synced(before: Job | None, job: Job) -> Job:
    """Return a job as its visits are made until its lists were read again."""
    if before is None or mark_of(before) == mark_of(job):
        return job
    path = before.path if Fields.of(before).needed or Fields.of(job).needed else job.path
    fixed = {name: text for name, text in job.headers.items() if not _IN_HEADER.search(text)}
    return job.model_copy(update={"path": path, "headers": {**fixed, **_from_lines(before)}})


def mark_of(job: Job) -> str:
    """Return a mark of `path`, and of the headers that use values of lines."""
    return f"{_hash(job.path)}.{_hash(*sorted(map(': '.join, _from_lines(job).items())))}"


def path_changed(mark: str, job: Job) -> bool:
    """Tell whether a mark is that of a job with another `path`; nobody knows that of ''."""
    return bool(mark) and mark.partition(".")[0] != mark_of(job).partition(".")[0]


def _hash(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=8).hexdigest() if texts else ""


def _from_lines(job: Job) -> Mapping[str, str]:
    return {name: text for name, text in job.headers.items() if _IN_HEADER.search(text)}


def is_unread(mark: str, job: Job) -> bool:
    """Tell whether the rows of a job's URLs, of this mark, lack what its options ask of lines."""
    fields = Fields.of(job)
    return mark != mark_of(job) and bool(fields.needed or fields.wanted)


class Meanings:
    """Knows for every job whether the rows of its URLs are what its options ask for."""

    def __init__(self, frontier: Frontier, in_force: Callable[[Job], None]) -> None:
        self._frontier = frontier
        self._in_force = in_force
        self._held: set[str] = set()
        self._marks: dict[str, str] = {}

    def open(self, jobs: Mapping[str, Job]) -> None:
        """Hold the jobs whose URLs the ledger knows by other options: their lists are to be read.

        Raises:
            LocalFaultError: the ledger cannot be asked.
        """
        self._marks = self._frontier.meanings()
        for name, job in jobs.items():
            if not is_unread(self._marks.get(name, ""), job):
                continue
            if self._frontier.sources(name):
                self._held.add(name)
            else:
                self._note(job)
        self._frontier.hold(self._held)

    def synced(self, job: Job) -> None:
        """Note that all lists of a job were read: what they say is written with every URL.

        Raises:
            LocalFaultError: the ledger cannot be written; the next reading does it.
        """
        if self._marks.get(job.name) != mark_of(job):
            if not Fields.of(job).needed:
                self._free_paths(job.name)
            self._note(job)
        self._in_force(job)
        if job.name in self._held:
            self._held.remove(job.name)
            self._frontier.hold(self._held)

    def _note(self, job: Job) -> None:
        self._frontier.meant(job.name, mark_of(job))
        self._marks[job.name] = mark_of(job)

    def _free_paths(self, job: str) -> None:
        """Let URLs that have no file yet go by the new `path`, which asks no line."""
        after: int | None = 0
        while after is not None:
            after = self._frontier.free_paths(job, after)
