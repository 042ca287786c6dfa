"""The end of a run that is to end by itself: nothing more will ever be due."""

import time
from collections.abc import Callable, Mapping, Sequence

from crawler.daemon.configuration import Configuration
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import Frontier, JobSums
from crawler.model import Seconds
from crawler.seeder.seeder import Seeder

TELLING_S: Seconds = 30.0
"""Longest time that a run waits for hooks once all else is done."""
DONE = "done"
"""Why a run stops that has nothing more to do."""


class UntilDone:
    """Stops the daemon, once, when no task is open here or in the frontier.

    It does so too when `waits_in_vain` says that nobody wants to wait for those that are, and where
    they are of jobs at their caps that nothing but another cap lets go on, or of jobs that do not
    get in, as `locked_out` says.
    """

    def __init__(
        self,
        frontier: Frontier,
        feeder: Feeder,
        own_hosts: OwnHosts,
        seeder: Seeder,
        configuration: Configuration,
        *,
        stop: Callable[[str], None],
        waits_in_vain: Callable[[], bool],
        all_told: Callable[[], bool],
        locked_out: Callable[[], Mapping[str, str]],
    ) -> None:
        self._frontier = frontier
        self._feeder = feeder
        self._own_hosts = own_hosts
        self._seeder = seeder
        self._configuration = configuration
        self._stop = stop
        self._waits_in_vain = waits_in_vain
        self._all_told = all_told
        self._locked_out = locked_out
        self._done_at: Seconds | None = None
        """Monotonic time since when only hooks are to be told."""
        self._stopped = False
        self.locked_out: dict[str, tuple[str, int]] = {}
        """Jobs that were left since they do not get in, why, and how many of their URLs wait."""
        self._leaving = self.locked_out

    def look(self) -> None:
        """Stop the daemon if all is done; the frontier is asked only when nothing is open here."""
        if self._stopped or self._feeder.busy or self._own_hosts.open or not self._all_listed():
            return
        if self._waits() or self._stopped or self._is_telling():
            return
        self._stopped = True
        self.locked_out = self._leaving
        self._stop(DONE)

    def _waits(self) -> bool:
        """Tell whether URLs wait for which somebody waits; note those that would be left."""
        sums, why = self._frontier.sums(), self._locked_out()
        left = [job for job in sums.jobs if job.is_over or job.name in why]
        self._leaving = _locked_out(left, why)
        waiting = sums.counts.leased or sums.counts.waiting > sum(job.open for job in left)
        return bool(waiting) and not self._waits_in_vain()

    def _is_telling(self) -> bool:
        """Tell whether hooks are to be told of something first, for TELLING_S at the most."""
        if self._all_told():
            return False
        now = time.monotonic()
        self._done_at = self._done_at or now
        return now < self._done_at + TELLING_S

    def _all_listed(self) -> bool:
        """Tell whether no list and no inbox can bring another URL, or take one away."""
        jobs = self._configuration.listed_jobs()
        return self._seeder.settled and not any(job.inbox for job in jobs)


def _locked_out(left: Sequence[JobSums], why: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    return {job.name: (why[job.name], job.open) for job in left if job.name in why and job.open}
