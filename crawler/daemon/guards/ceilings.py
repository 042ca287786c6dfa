"""The guards of memory and descriptors: fewer visits run at once before there is none left."""

import ctypes
from collections.abc import Callable

from crawler.config import Guards as GuardOptions
from crawler.daemon.guards.measures import Measures
from crawler.log import Log
from crawler.model import Seconds
from crawler.policy.pressure import Squeeze, Step
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

    def look(
        self, found: Measures, options: GuardOptions, now: Seconds, busy: int, concurrency: int
    ) -> float:
        """Return how many visits may run at once."""
        least = max(1, concurrency // LEAST_SHARE)
        limit = int((found.limit or 0) * MOST_DESCRIPTORS)
        crew = (busy, concurrency)
        self._judge("memory", found.memory or 0, options.memory_soft or 0, now, crew, least)
        self._judge("descriptors", found.descriptors or 0, limit, now, crew, 1)
        return min(squeeze.most for squeeze in self._squeezes.values())

    def _judge(
        self, name: str, used: int, limit: int, now: Seconds, crew: tuple[int, int], least: int
    ) -> None:
        """Note how much is used of a limit, 0 for none; `crew` are the visits now and otherwise."""
        load = used / limit if limit else 0.0
        busy, concurrency = crew
        squeeze = self._squeezes[name]
        step = squeeze.look(load, now, busy=busy, least=least, otherwise=concurrency)
        self._tell(name, step, used, limit)

    def _tell(self, name: str, step: Step, used: int, limit: int) -> None:
        """Tell of the begin and the end of a squeeze, and do first what costs no visit."""
        if step is Step.RELIEVE:
            self._relieve[name]()
        elif step is Step.BEGUN:
            words = f"{used:,} {_UNITS[name]} are in use, {limit:,} should be: fewer visits at once"
            self._troubles.stands(name, words)
            self._log.warning("visits.fewer", what=name, used=used, limit=limit, cause=words)
        elif step is Step.ENDED:
            self._troubles.stands(name, "")
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
