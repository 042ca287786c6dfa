"""When options that use values of lines come into force, as for `path`: see sources.meaning.

Such a `path` or header holds for a URL when its lists were read again, and a process that finds
rows of another meaning holds the job until then.
"""

from collections.abc import Callable, Mapping, Sequence

from crawler.config import Job
from crawler.frontier import Frontier, Understand, tidied
from crawler.sources import Fields
from crawler.sources.meaning import asks_lines, from_lines, is_unread, mark_of


def until_synced(before: Job | None, job: Job) -> Job:
    """Return a job as its visits are made until its lists were read again."""
    if before is None or mark_of(before) == mark_of(job):
        return job
    path = before.path if Fields.of(before).needed or Fields.of(job).needed else job.path
    lined = from_lines(job).keys()
    fixed = {name: text for name, text in job.headers.items() if name not in lined}
    return job.model_copy(update={"path": path, "headers": {**fixed, **from_lines(before)}})


class Meanings:
    """Knows for every job whether the rows of its URLs are what its options ask for."""

    def __init__(
        self, frontier: Frontier, owner: int, in_force: Callable[[Job, bool], None]
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._in_force = in_force
        """Gets a job whose lists were read, and whether rows of its URLs may have changed."""
        self._held: set[str] = set()
        self._marks: dict[str, str] = {}
        """Of the jobs that the ledger knew when it was asked, and those noted since."""

    def look(self) -> None:
        """Learn which jobs the ledger knows, before lists of others are read.

        Raises:
            LocalFaultError: the ledger cannot be asked.
        """
        jobs = self._frontier.sums().jobs
        self._marks = {job.name: job.meaning for job in jobs if job.meaning or job.listed}

    def open(self, jobs: Mapping[str, Job]) -> None:
        """Hold the jobs whose URLs the ledger knows by other options: their lists are to be read.

        Raises:
            LocalFaultError: the ledger cannot be asked.
        """
        self.look()
        self._held = {
            name
            for name, job in jobs.items()
            if is_unread(self._marks.get(name, mark_of(job)), job)
        }
        self._frontier.hold(self._held)

    def synced(self, jobs: Sequence[Job]) -> None:
        """Note that all lists of jobs were read: what they say is written with every URL.

        Raises:
            LocalFaultError: the ledger cannot be written; the next reading does it.
        """
        marks = {job.name: mark_of(job) for job in jobs}
        other = {job.name for job in jobs if self._marks.get(job.name) != marks[job.name]}
        self._note([job for job in jobs if job.name in other], marks)
        for job in jobs:
            known = job.name in self._marks
            self._in_force(job, known and (job.name in other or asks_lines(job)))
        self._marks |= marks
        if self._held & marks.keys():
            self._held -= marks.keys()
            self._frontier.hold(self._held)

    def _note(self, jobs: Sequence[Job], marks: Mapping[str, str]) -> None:
        """Note marks; URLs without a file go by the new `path` where that asks no line."""
        freed = frozenset(job.name for job in jobs if self._had_other_paths(job))
        work = Understand({job.name: marks[job.name] for job in jobs}, freed)
        for _ in tidied(self._frontier, self._owner, work) if jobs else ():
            pass

    def _had_other_paths(self, job: Job) -> bool:
        """Tell whether lines may have given URLs of a job files that it does not ask lines for."""
        known = job.name in self._marks or job.renamed_from is not None
        return known and not Fields.of(job).needed
