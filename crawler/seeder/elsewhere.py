"""Lists that another machine reads: whoever read one last goes on, for as long as it lives.

They count as it read them. A file that is another one here, or is not here, is no news, and what is
not here any more is lost only when it is nowhere: then nobody goes on.
"""

import time
from collections.abc import Callable, Mapping
from itertools import chain

from crawler.config import Job
from crawler.frontier import Sources, SourceState, pages
from crawler.model import Seconds
from crawler.seeder.reading import SyncTools
from crawler.sources.contract import readable

INLINE = "urls"
"""Name of the source that stands in the configuration itself: the operator's own words."""
INBOX = "inbox:"
"""Beginning of the names of lists that only add."""
ASK_S: Seconds = 10.0
"""Time between two looks whether another machine goes on."""


def sources_known(tools: SyncTools, job: Job) -> dict[str, SourceState]:
    """Return a job's sources as they were applied last, by name."""
    query = Sources(job.name, tools.owner)
    return dict(chain.from_iterable(pages(tools.frontier, query)))


def read_elsewhere(
    known: Mapping[str, SourceState], understood: Callable[[SourceState], bool]
) -> dict[str, str]:
    """Return the lists that a living process of another machine read last, with its host name.

    The operator's own words are the same everywhere; what its lines mean here must be `understood`.
    """
    return {
        name: state.elsewhere
        for name, state in known.items()
        if state.elsewhere and not is_own_word(name) and understood(state)
    }


def is_own_word(name: str) -> bool:
    """Tell whether a source is no list, or one that only adds."""
    return name == INLINE or name.startswith(INBOX)


class Elsewhere:
    """The lists of a job that other machines read, as its last reading found them."""

    def __init__(self, tools: SyncTools) -> None:
        self._tools = tools
        self._machines: dict[str, str] = {}
        self._ask_at: Seconds = 0.0

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._machines)

    def note(self, job: Job, found: dict[str, str]) -> None:
        """Remember them, and tell once of each."""
        for name, machine in found.items():
            if self._machines.get(name) != machine:
                self._tools.log.info(
                    "list.elsewhere", job=job.name, list=readable(name), machine=machine
                )
        self._machines, self._ask_at = found, time.monotonic() + ASK_S

    def is_given_up(self, job: Job) -> bool:
        """Ask now and then; tell whether somebody has not gone on with one of them."""
        if not self._machines or time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + ASK_S
        known = sources_known(self._tools, job)
        return any(name not in known or not known[name].elsewhere for name in self._machines)
