"""After a reload, at a start and when the clock has moved: every rest is computed anew.

What a host is owed is kept apart from the limits, so a limit that was lowered is in force at once:
for the hosts of this process in memory, and slice by slice for those that no process owns.
"""

import time
from collections.abc import Callable

from crawler.config.host_overrides import HostOverrides
from crawler.feeder.feeder import Feeder
from crawler.feeder.paced import paced, record_of
from crawler.frontier import Frontier, LeasedHost
from crawler.model import Seconds
from crawler.policy.host_limits import HostLimits
from crawler.records import HostRecord

SAME_S: Seconds = 0.01
"""Times that differ by less are the same."""


class Review:
    """Does nothing until it is asked for, and then everything, once."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        feeder: Feeder,
        overrides: HostOverrides,
        address_limits: Callable[[], HostLimits | None],
        *,
        wall: Callable[[], Seconds] = time.time,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._feeder = feeder
        self._overrides = overrides
        self._address_limits = address_limits
        self._wall = wall
        self._wanted = True
        self._clock_moved = False
        self._limits: HostLimits | None = None
        """Limits of addresses by which the turns of hosts were given."""

    def ask(self, *, clock_moved: bool = False) -> None:
        """Have all rests computed anew with the next `run`."""
        self._wanted = True
        self._clock_moved = self._clock_moved or clock_moved

    def run(self) -> bool:
        """Compute anew what was asked for; what fails is done again by the next run.

        Return whether due times were brought back, which those of ended tasks then follow.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger could not be asked.
        """
        if not self._wanted:
            return False
        self._wanted, moved = False, self._clock_moved
        limits = self._address_limits()
        turns_hold = limits == self._limits and not self._clock_moved
        try:
            self._bring_back()
            self._own(limits, turns_hold=turns_hold)
            self._free(turns_hold=turns_hold)
            self._limits = limits
        except BaseException:
            self._wanted = True
            raise
        return moved

    def _bring_back(self) -> None:
        """Let what was recorded while the clock was ahead be due as if it never was."""
        after: int | None = 0 if self._clock_moved else None
        while after is not None:
            after = self._frontier.bring_back(after, self._wall())
        self._clock_moved = False

    def _own(self, limits: HostLimits | None, *, turns_hold: bool) -> None:
        """Put the hosts of this process on the terms of today."""
        terms = self._frontier.terms(self._feeder.held())
        self._feeder.review(terms, limits, turns_hold=turns_hold)

    def _free(self, *, turns_hold: bool) -> None:
        """Put the hosts that no process owns on the terms of today, slice by slice."""
        after: int | None = 0
        while after is not None:
            now = self._wall()
            before, after = self._frontier.resting(after, now)
            found = [(one, self._changed(one, now, turns_hold=turns_hold)) for one in before]
            changed = [(one, record) for one, record in found if record]
            if changed:
                read, records = zip(*changed, strict=True)
                self._frontier.amend(self._owner, read, records, now)
                self._feeder.leaser.look()

    def _changed(self, leased: LeasedHost, now: Seconds, *, turns_hold: bool) -> HostRecord | None:
        """Return what a host is owed today, None if that is what is stored."""
        if not leased.jobs:
            return None  # only other processes know its limits
        host = paced(self._overrides, leased, now, 0.0)
        if not turns_hold:
            host.pace.turn_at = 0.0
        record = record_of(host, 0.0)
        if same(record.next_at, leased.next_at, now) and same(
            record.opens_at, leased.opens_at, now
        ):
            return None
        return record


def same(at: Seconds, other: Seconds, now: Seconds) -> bool:
    """Tell whether two times are the same, or both over."""
    return abs(max(at, now) - max(other, now)) < SAME_S
