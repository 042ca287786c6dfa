"""Records of the frontier: verdicts and settlements of visits, seeds, jobs, hosts, robots.txt."""

from dataclasses import replace
from typing import NamedTuple

from crawler.cookie import Keep
from crawler.model import Outcome, Seconds, Task
from crawler.value import value


@value
class Done:
    """Finished, and well; or until the wall time `next_at`, with an interval of its own."""

    next_at: Seconds | None = None
    every: Seconds | None = None


@value
class Again:
    """To be visited again, not before the wall time `at`."""

    at: Seconds
    charged: bool = True
    """Whether the failure counts against the job's `attempts`."""
    location: str = ""
    """A mirror, where the next visit goes there."""
    keeps: bool = True
    """Whether it may go on from what came already."""


@value
class Hop:
    """To be visited at another location, under that host's rules."""

    location: str


@value
class Dead:
    """Given up, still visible in the ledger; or until the wall time `next_at`."""

    reason: str
    next_at: Seconds | None = None
    every: Seconds | None = None


Verdict = Done | Again | Hop | Dead


@value
class Robots:
    """Record of the robots.txt of one origin; times are wall times."""

    origin: str
    """scheme://name:port"""
    body: bytes | None
    """The last good copy; None: there is none, and everything is allowed."""
    status: int | None
    """HTTP status of the last answer."""
    fetched_at: Seconds
    until: Seconds
    """The rules hold until then; after that nothing is visited before they are known again."""
    refresh_at: Seconds
    """Wall time from which it is asked for again."""
    failing_since: Seconds | None = None
    failures: int = 0
    reason: str = ""
    """Why it could not be fetched."""
    crawl_delay: Seconds = 0.0
    """Seconds between two visits that our group asks for, as far as it is obeyed."""


@value
class Settlement:
    """The end of a visit as the frontier and the log get it."""

    task: Task
    outcome: Outcome
    verdict: Verdict
    finished_at: Seconds
    """Wall time at which it was settled."""
    robots: Robots | None = None
    """Rules that a visit to a robots.txt made known."""


class Seed(NamedTuple):
    """A URL as a list names it, ready for the frontier. Ten million are made of one list."""

    fingerprint: int
    url: str
    host: str
    path: str | None = None
    extra: str | None = None
    """Columns of the list that the job's headers use, as JSON."""
    modified: Seconds | None = None
    """Wall time at which it was changed last, by the word of a sitemap."""


@value
class Budget:
    """What a job may spend in a pass; None for any. All are greater than 0."""

    max_bytes: int | None = None
    """Of all bodies that its visits bring."""
    max_time: Seconds | None = None
    """From the first end of a visit of the pass."""
    max_urls: int | None = None
    """URLs that come to their end."""
    schedule: str = ""
    """Of the job, as JSON, by which passes follow each other; '' where it has one pass."""

    def __bool__(self) -> bool:
        caps = (self.max_bytes, self.max_time, self.max_urls)
        return any(cap is not None for cap in caps)


NO_BUDGET = Budget()


@value
class JobTerms:
    """A configured job as the frontier knows it."""

    name: str
    delay: Seconds = 0.0
    """Seconds between two visits to a host."""
    per_host: int = 1000
    """Visits to a host at the same time."""
    obeys: bool = False
    """Whether it obeys robots.txt."""
    weight: int = 2
    """Its share where several jobs wait: 4 for high priority, 2 for normal, 1 for low."""
    renamed_from: str | None = None
    """The name that it had before, if its URLs are to come along.

    Each does, with its number and history, when a list of the new name brings it, unless it is
    being visited then. A name that a job has again is nobody's old one.
    """
    digest: str = ""
    """Digest of all that it means; two processes visit it only if it means the same to both."""
    keep: Keep = "visit"
    """For how long it keeps cookies: for `job` and `host` its jars come with leases."""
    budget: Budget = NO_BUDGET
    logs_in: bool = False
    """Whether its visits wait for a login."""


@value
class Health:
    """State of a host beside the time of its next visit; times are wall times."""

    backoff: Seconds = 0.0
    failures: int = 0
    failing_since: Seconds | None = None
    silent: bool = False
    """Whether its failures were without any answer."""
    latency: Seconds = 0.0
    """Smoothed response time."""
    spent: int = 0
    """Visits on `day`."""
    day: int = 0
    """Days since 1970."""
    refusals: int = 0
    """Refused visits in a row, see `bans.Refusals`."""
    refused_path: int = 0
    """Fingerprint of the only URL that was refused; 0 where there are several, or none."""
    refused_since: Seconds | None = None
    well_at: Seconds | None = None
    """When a visit last brought what was asked for."""
    share: float | None = None
    """Share of such visits, lately; None before the first visit."""
    first_failed_at: Seconds | None = None
    """When the first of its failures in a row was; `failing_since` leaves out when nobody asked."""
    spacing: Seconds | None = None
    """Time between the beginnings of its visits, lately; None before the second visit."""

    def moved(self, by: Seconds) -> "Health":
        """Return it with its times that much later."""
        names = ("failing_since", "refused_since", "well_at", "first_failed_at")
        times = {name: getattr(self, name) for name in names}
        return replace(self, **{name: at + by for name, at in times.items() if at is not None})


@value
class Rest:
    """Why a host rests, each reason with a time of its own; wall times, 0 for none."""

    answered_at: Seconds = 0.0
    """Its last answer began to arrive then, or its last visit began: the delay counts from it."""
    failed_until: Seconds = 0.0
    """Its failures ask for no visit before."""
    put_off_until: Seconds = 0.0
    """It asked itself for no visit before, with Retry-After."""
    turn_at: Seconds = 0.0
    """The hosts at its address have their turns before."""

    def moved(self, by: Seconds) -> "Rest":
        """Return it with its times that much later; what is none stays so."""
        times = (self.answered_at, self.failed_until, self.put_off_until, self.turn_at)
        return Rest(*(max(0.0, at + by) if at else at for at in times))

    def unasked(self, now: Seconds) -> Seconds:
        """Return for how long the host could have been asked and was not; 0 if nothing is known."""
        asked_until = max(self.answered_at, self.failed_until, self.put_off_until)
        return max(0.0, now - asked_until) if asked_until else 0.0


@value
class HostRecord:
    """A host as the frontier stores it: no visit before the wall time `next_at`.

    That time is what its `rest` comes to under the limits of today.
    """

    id: int
    next_at: Seconds
    opens_at: Seconds = 0.0
    """No visit before this wall time either: opening hours, or the budget of the day."""
    gap: Seconds = 0.0
    """Its delay as it is now: the rest it gets if its owner crashes."""
    address: str | None = None
    """IP address at which it was found last."""
    health: Health = Health()
    rest: Rest = Rest()
    per_day: int | None = None
    """Visits a day (UTC) that its budget and its hours allow, at its delay; None: any number."""
    address_rests: tuple[tuple[str, Seconds], ...] = ()
    """Addresses at which it was visited, and the wall time at which the last answer there began."""
    moves: bool = False
    """Whether it is to have a new home, wherever the process that takes it stores."""

    def moved(self, by: Seconds) -> "HostRecord":
        """Return it with the times of what it is owed that much later."""
        return replace(
            self,
            health=self.health.moved(by),
            rest=self.rest.moved(by),
            address_rests=tuple((ip, at + by) for ip, at in self.address_rests),
        )
