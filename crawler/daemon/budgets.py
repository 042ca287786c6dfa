"""Budgets of jobs: this process has their passes end and begin, and notes which caps time reaches.

What visits spend is counted as they are settled, in the ledger; so all processes count together.
"""

import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Protocol

from gevent.event import Event

from crawler.daemon.configuration import Configuration
from crawler.frontier import Frontier, tidied
from crawler.frontier.questions import PassesOf
from crawler.frontier.work import Reckon
from crawler.model import Seconds
from crawler.policy.schedule import end_of_pass

LOOK_S: Seconds = 1.0
"""Time between two looks at the passes of jobs."""
ENDS_AT_ONCE = 200
"""Ends of passes that one look computes: others are to run."""


class Lists(Protocol):
    """The lists of all jobs."""

    @property
    def settled(self) -> bool:
        """Tell whether all were read."""


class Budgets:
    """Looks at passes."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        configuration: Configuration,
        lists: Lists,
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._configuration = configuration
        self._lists = lists
        self.asked = Event()
        """Set where this process is to hear at once what is paused."""
        self._monotonic = monotonic
        self._look_at: Seconds = 0.0
        self.some = False
        """Whether a job has a budget; set anew when a configuration is put in force."""
        self.take_up()

    def take_up(self) -> None:
        """Learn which jobs have budgets, from the configuration that is in force."""
        self.some = any(job.has_budget for job in self._configuration.settings.jobs)
        self._look_at = 0.0

    def look(self) -> None:
        """Look at the passes once a second, after visits were settled; without budgets never.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger cannot be asked.
        """
        if not self.some:
            return
        self.asked.set()
        now = self._monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_S
        listed = self._lists.settled
        passes = self._frontier.entry(PassesOf(self._frontier.now(), listed))
        ends = self._ends(passes.endless)
        if (ends or passes.due) and sum(tidied(self._frontier, self._owner, Reckon(ends, listed))):
            self.asked.set()

    def _ends(self, begun: Mapping[str, Seconds]) -> dict[str, Seconds]:
        """Return the wall times at which passes end, as far as this process knows their jobs."""
        jobs, found = self._configuration.jobs, {}
        for name, at in islice(begun.items(), ENDS_AT_ONCE):
            job = jobs.get(name)
            end = end_of_pass(job.schedule.parsed(), at) if job and job.schedule else None
            if end is not None:
                found[name] = end
        return found
