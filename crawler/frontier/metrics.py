"""What is measured of the crawler: sums that only grow, and how it was from time to time.

A process counts in memory and tells its sums since it has joined with each heartbeat: so one that
is said twice counts once. The end of a process adds its last sums to those of the ledger.
"""

from collections.abc import Mapping
from typing import NamedTuple

from crawler.model import Seconds
from crawler.value import value

VISITS = "visits"
"""Visits to URLs that were settled, by job and kind."""
ROBOTS = "robots"
"""Visits to robots.txt, by kind."""
BYTES = "bytes"
"""Bytes of the bodies that visits to URLs brought, by job."""
RETRIES = "retries"
"""Visits after which their URL is to be visited again, by job and kind."""
LIST_READS = "list_reads"
"""Readings of a job's lists, by job and how they ended, see READ."""
EVENTS = "events"
"""Events for hooks, by job and what came of them: see `hooks.account`."""
LOG_DROPPED = "log_dropped"
"""Lines of the log that found no reader."""
DEATHS = "deaths"
"""Processes that were taken for dead."""
DURATION, WAIT, LEASE, SETTLE, HUB_LAG = "duration", "wait", "lease", "settle", "hub_lag"
"""Histograms, in seconds: of visits to URLs, of how late these began, of the verbs `lease` and
`settle`, and of how late the event loop was."""
SUM = "sum"
"""Label of the sum of a histogram; its other labels are the upper edges of its buckets."""
BUCKETS: Mapping[str, tuple[Seconds, ...]] = {
    DURATION: (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
    WAIT: (0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800),
    LEASE: (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    SETTLE: (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    HUB_LAG: (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
}
"""Upper edges, inclusive, of the buckets of each histogram; above the last there is one more."""
READ, FAILED, HELD = "read", "failed", "held"
"""How a reading of lists ended; `held` lost too many URLs to be believed at once."""


class Series(NamedTuple):
    """A sum that only grows."""

    metric: str
    job: str = ""
    """'' of none, or of jobs that the configuration has no more."""
    label: str = ""
    """A kind, a word, or the upper edge of a bucket, with what is in no lower one."""


Totals = Mapping[Series, float]
NO_TOTALS: Totals = {}


@value
class Gauges:
    """What a process has and uses at one moment; None where that is not known."""

    descriptors: int | None = None
    """Open ones."""
    memory: int | None = None
    """Resident bytes."""
    disk_free: int | None = None
    """Bytes that are left on the fullest of the disks to which it writes."""
    disk_inodes: int | None = None
    """Inodes that are left on the disk that has the fewest."""
    lag: Seconds = 0.0
    """The longest time for which its event loop was late, within the last two heartbeats."""


class Sample(NamedTuple):
    """How the crawler was at a wall time, and what it did since the sample before."""

    at: Seconds
    passed: Seconds
    """Since the sample before: what follows as a rate is divided by this."""
    processes: int
    in_flight: int
    """Visits under way."""
    waiting: int
    """URLs due now or later, those among them that are being visited."""
    lag: Seconds
    """The longest time for which an event loop was late."""
    bytes: int
    """Of bodies, since the sample before."""
    visits: Mapping[str, int]
    """By kind, since the sample before."""
