"""The guards of memory and descriptors: fewer visits run at once before there is none left."""

import ctypes
import math
from collections.abc import Callable

from crawler.config import Guards as GuardOptions
from crawler.daemon.guards.measures import Measures
from crawler.log import Log
from crawler.model import Seconds
from crawler.policy.pressure import ABOVE_FLOOR, Squeeze, Step, most_visits
from crawler.policy.troubles import Troubles
from crawler.threads import Native

MOST_DESCRIPTORS = 0.9
"""Share of the descriptors that may be open: the log, the ledger and lists need some, too."""
LEAST_SHARE = 8
"""With too much memory an eighth of the visits runs on: what is held may be none of theirs."""


class Ceilings:
    """Looks at what this process uses; `hang_up` closes idle connections."""

    def __init__(self, log: Log, troubles: Troubles, hang_up: Callable[[], None]) -> None:
        self._log = log
        self._troubles = troubles
        self._relieve = {"memory": _trim, "descriptors": hang_up}
        self._squeezes = {name: Squeeze() for name in self._relieve}
        self._few = False
        """Whether fewer visits run for want of descriptors."""

    def look(
        self, found: Measures, options: GuardOptions, now: Seconds, busy: int, concurrency: int
    ) -> float:
        """Return how many visits may run at once."""
        least = max(1, concurrency // LEAST_SHARE)
        limit, used = int((found.limit or 0) * MOST_DESCRIPTORS), found.descriptors or 0
        crew = (busy, concurrency)
        self._judge("memory", found.memory or 0, options.memory_soft or 0, now, crew, least)
        self._judge("descriptors", used, limit, now, crew, 1)
        most = self._foresee(used, limit, crew)
        return min(most, *(squeeze.most for squeeze in self._squeezes.values()))

    def _foresee(self, used: int, limit: int, crew: tuple[int, int]) -> float:
        """Return how many visits find descriptors; tell once that they are too few, or enough."""
        busy, concurrency = crew
        most = most_visits(used, limit, busy)
        squeezed = self._squeezes["descriptors"].most < math.inf
        if not self._few and (squeezed or most <= busy + 1 < concurrency):
            self._few = True
            self._tell("descriptors", used, limit, fewer=True)
        elif self._few and not squeezed and most >= ABOVE_FLOOR * concurrency:
            self._few = False
            self._tell("descriptors", used, limit, fewer=False)
        return most

    def _judge(
        self, name: str, used: int, limit: int, now: Seconds, crew: tuple[int, int], least: int
    ) -> None:
        """Note how much is used of a limit, 0 for none; `crew` are the visits now and otherwise.

        What costs no visit is done first.
        """
        load = used / limit if limit else 0.0
        busy, concurrency = crew
        squeeze = self._squeezes[name]
        step = squeeze.look(load, now, busy=busy, least=least, otherwise=concurrency)
        if step is Step.RELIEVE:
            self._relieve[name]()
        elif step in {Step.BEGUN, Step.ENDED} and name == "memory":
            self._tell(name, used, limit, fewer=step is Step.BEGUN)

    def _tell(self, name: str, used: int, limit: int, *, fewer: bool) -> None:
        """Tell of the begin and the end of a squeeze."""
        words = f"{used:,} {_UNITS[name]} are in use, {limit:,} should be: fewer visits at once"
        self._troubles.stands(name, words if fewer else "")
        if fewer:
            self._log.warning("visits.fewer", what=name, used=used, limit=limit, cause=words)
        else:
            self._log.info("visits.restored", what=name, used=used, limit=limit)


_UNITS = {"memory": "bytes of memory", "descriptors": "descriptors"}


def _trim() -> None:
    """Give the system back what the C library keeps of freed memory (malloc_trim(3), glibc)."""
    with Native(1) as native:
        native.call(_trim_now)


def _trim_now() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
