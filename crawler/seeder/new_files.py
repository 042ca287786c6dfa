"""New jobs of one short file each: many are read at once, and taken in by few transactions.

They have a greenlet of their own. What is not short or not whole, and what hangs, is read as every
other list is.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import gevent

from crawler.config import Job
from crawler.frontier import NewList
from crawler.model import Seconds
from crawler.policy.stillness import STILL_S
from crawler.seeder.admission import SyncSums
from crawler.seeder.new_jobs import JOBS_AT_ONCE, Taken, Turn, take_in
from crawler.seeder.reading import MAX_LINES_HERE, Reader, SyncTools
from crawler.sources import FileList, Short, read_short
from crawler.threads import Native

READ_S: Seconds = 1.0
"""Longest time for the files of one transaction: one that hangs holds up the others so long."""
_Files = Mapping[str, tuple[Job, FileList]]
"""Jobs by name, each with its file."""


class NewFiles:
    """Takes in the files of jobs; `taken` gets those of a transaction, `left` the others."""

    def __init__(
        self,
        tools: SyncTools,
        taken: Callable[[Sequence[Taken]], None],
        left: Callable[[Collection[str]], None],
    ) -> None:
        self._tools = tools
        self._taken = taken
        self._left = left
        self._native = Native(1)
        self._hangs = False

    def run(self, files: _Files) -> None:
        """Take in files by the names of their jobs; those that were just written are waited for.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger cannot be written.
        """
        deadline = time.monotonic() + STILL_S
        self._native.__enter__()
        try:
            while files:
                patient = time.monotonic() < deadline
                waits: dict[str, Seconds] = {}
                for some in _batches(files):
                    waits |= self._take_in(some, patient=patient)
                files = {name: files[name] for name in waits}
                gevent.sleep(max(waits.values(), default=0.0))
        finally:
            self._native.abandon()

    def _take_in(self, files: _Files, *, patient: bool) -> dict[str, Seconds]:
        """Take in files of one transaction; return how long those are to be waited for."""
        read = dict(zip(files, self._read([file for _, file in files.values()]), strict=True))
        waits = {name: short.wait for name, short in read.items() if short.wait and patient}
        taken = self._taken_of([(*files[name], short) for name, short in read.items()])
        self._left(files.keys() - waits.keys() - taken)
        return waits

    def _taken_of(self, read: Sequence[tuple[Job, FileList, Short]]) -> set[str]:
        """Take in what was read whole; return the names of the jobs."""
        turn, found = Turn(), []
        for job, file, short in read:
            if one := self._new(job, file, short):
                found.append(one)
            turn.pause()
        taken = take_in(self._tools, found) if found else []
        if taken:
            self._taken(taken)
        return {job.name for job, *_ in taken}

    def _read(self, files: Sequence[FileList]) -> list[Short]:
        """Read files in a native thread; after one that hangs none is."""
        if self._hangs:
            return [Short()] * len(files)
        reading = self._native.start(read_short, files)
        read: list[Short] = []
        try:
            with gevent.Timeout(READ_S) as timer:
                read = reading.get()
        except gevent.Timeout as error:
            if error is not timer:
                raise
            self._hangs = True
        return read or [Short()] * len(files)

    def _new(self, job: Job, file: FileList, short: Short) -> tuple[Taken, NewList] | None:
        """Return a file as it is taken in; None for one that is left to a reading of its own."""
        if short.lines is None or len(short.lines) > MAX_LINES_HERE:
            return None
        sums = SyncSums(job.name)
        try:
            return (job, file, sums), Reader(self._tools, job, sums).new(file, short.lines)
        except Exception:  # noqa: BLE001  it is read again, and told, as one of its own
            return None


def _batches(files: _Files) -> Iterator[_Files]:
    names = list(files)
    for at in range(0, len(names), JOBS_AT_ONCE):
        yield {name: files[name] for name in names[at : at + JOBS_AT_ONCE]}
