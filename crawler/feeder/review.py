"""After a reload, at a start and when the clock went back: every rest is computed anew.

What a host is owed is kept apart from the limits, so a limit that was lowered is in force at once:
for the hosts of this process in memory, and slice by slice for those that no process owns.
"""

from collections.abc import Callable, Sequence

from crawler.config.host_overrides import HostOverrides
from crawler.feeder.feeder import Feeder
from crawler.feeder.paced import paced, record_of
from crawler.frontier import (
    BEFORE_ALL,
    Amended,
    BringBack,
    Frontier,
    LeasedHost,
    Rests,
    Tidied,
    tidied,
)
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
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._feeder = feeder
        self._overrides = overrides
        self._address_limits = address_limits
        self._wanted = True
        self._ahead = False
        self._limits: HostLimits | None = None
        """Limits of addresses by which the turns of hosts were given."""

    def ask(self, *, ahead: bool = False) -> None:
        """Have all rests computed anew with the next `run`; `ahead` says that the clock was."""
        self._wanted = True
        self._ahead = self._ahead or ahead

    def run(self) -> bool:
        """Compute anew what was asked for; what fails is done again by the next run.

        Return whether due times were brought back, which those of ended tasks then follow.

        Raises:
            LeaseLostError: the owner was taken for dead.
            LocalFaultError: the ledger could not be asked.
        """
        if not self._wanted:
            return False
        self._wanted, was_ahead = False, self._ahead
        limits = self._address_limits()
        turns_hold = limits == self._limits
        try:
            self._bring_back()
            self._rests(limits, turns_hold=turns_hold)
            self._limits = limits
        except BaseException:
            self._wanted = True
            raise
        return was_ahead

    def _bring_back(self) -> None:
        """Let what was recorded while the clock was ahead be due as if it never was."""
        if self._ahead:
            for _ in tidied(self._frontier, self._owner, BringBack()):
                pass
        self._ahead = False

    def _rests(self, limits: HostLimits | None, *, turns_hold: bool) -> None:
        """Put hosts on the terms of today: those of this process, then those that nobody owns."""
        found = self._slice(Rests(), BEFORE_ALL)
        self._feeder.review(found.found, limits, turns_hold=turns_hold)
        work, after = Rests(), found.after
        while after is not None:
            found = self._slice(work, after)
            if work.amended:
                self._feeder.leaser.look()
            work, after = self._amended(found.found, turns_hold=turns_hold), found.after

    def _slice(self, work: Rests, after: int) -> Tidied[Sequence[LeasedHost]]:
        return self._frontier.tidy(self._owner, work, after)

    def _amended(self, found: Sequence[LeasedHost], *, turns_hold: bool) -> Rests:
        """Return what hosts that nobody owns are owed today, where that is not what is stored."""
        now = self._frontier.now()
        owed = [(one, self._changed(one, now, turns_hold=turns_hold)) for one in found]
        return Rests([Amended(one, record) for one, record in owed if record])

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
