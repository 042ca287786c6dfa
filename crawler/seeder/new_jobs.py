"""Jobs that are new and have few URLs, in the configuration or in a short file: many at once.

A pass costs three transactions and some turns of greenlets and threads. Where nothing is known of a
job nothing can be lost, so that a thousand jobs of one URL are read here and taken in by a few.
"""

import glob
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import gevent

from crawler.config import Job
from crawler.frontier import NewList
from crawler.model import Seconds
from crawler.policy import globbing
from crawler.seeder.admission import SyncSums
from crawler.seeder.reading import MAX_LINES_HERE, Reader, SyncTools
from crawler.sources import Fields, Source
from crawler.sources.globs import Globs

JOBS_AT_ONCE = 128
"""Jobs of one transaction: with MAX_LINES_HERE URLs each, as many as a batch of a long list."""
_TURN_S: Seconds = 0.02
"""Longest stretch without a pause for the other greenlets."""

Taken = tuple[Job, Source, SyncSums]


class Turn:
    """Leaves the other greenlets their turn while many jobs are seen to."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + _TURN_S

    def pause(self) -> None:
        """Pause, if that is due."""
        if time.monotonic() >= self._ends_at:
            gevent.sleep(0.001)
            self._ends_at = time.monotonic() + _TURN_S


def new_of(tools: SyncTools, jobs: Sequence[Job]) -> list[Job]:
    """Return those of the jobs that are new and may be short."""
    short = list(filter(_is_short, jobs)) if tools.limit is None else []
    if not short:
        return []
    known = {one.name for one in tools.frontier.sums().jobs if one.listed or one.known}
    return [job for job in short if job.name not in known]


def take_in_new(tools: SyncTools, jobs: Sequence[Job]) -> Iterator[list[Taken]]:
    """Take in the new jobs whose few URLs are in the configuration; yield them batch by batch.

    Raises:
        LeaseLostError: the owner was taken for dead.
        LocalFaultError: the ledger cannot be written.
    """
    found = _read(tools, [job for job in jobs if not job.url_file])
    while batch := list(islice(found, JOBS_AT_ONCE)):
        yield take_in(tools, batch)


def take_in(tools: SyncTools, batch: Sequence[tuple[Taken, NewList]]) -> list[Taken]:
    """Take in a batch; leave out the jobs that another process has taken in by now."""
    came = tools.frontier.put(tools.owner, [read for _, read in batch])
    tools.look()
    taken: list[Taken] = []
    for (one, _), synced in zip(batch, came, strict=True):
        if synced is not None:
            one[2].added = synced.added
            taken.append(one)
    return taken


def _read(tools: SyncTools, jobs: Sequence[Job]) -> Iterator[tuple[Taken, NewList]]:
    """Read the URLs of short jobs; what cannot be read is left to a reading of its own."""
    turn = Turn()
    for job in filter(_has_few, jobs):
        source, sums = Globs(job.urls, Fields.of(job)), SyncSums(job.name)
        try:
            read = Reader(tools, job, sums).new(source)
        except Exception:  # noqa: BLE001, S112  it is read again, and told, as one of its own
            continue
        yield (job, source, sums), read
        turn.pause()


def _is_short(job: Job) -> bool:
    """Tell whether a job, of no older name, has few patterns in the configuration, or one file."""
    if job.sitemap or job.sitemaps or job.command or job.renamed_from:
        return False
    if job.url_file:
        text = str(job.url_file)
        return not (job.urls or "://" in text or glob.has_magic(text))
    return 0 < len(job.urls) <= MAX_LINES_HERE


def _has_few(job: Job) -> bool:
    """Tell whether the patterns of a job stand for few URLs."""
    return sum(len(globbing.parse(text)) for text in job.urls) <= MAX_LINES_HERE
