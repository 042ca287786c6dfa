"""A host, and on which terms a process visits it: what it is owed, and the jobs that list it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from crawler.cookie import Keep
from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.rows.pauses import JOB_PAUSED
from crawler.frontier.values import LeasedHost
from crawler.model import FIRST_STORE, Seconds, Task
from crawler.records import Health, Rest, Robots
from crawler.value import value

_HOSTS = """
SELECT host.id, key, next_at, opens_at, crawl_delay, address, rules_version, backoff, failures,
    failing_since, silent, latency, spent, day, host.answered_at, failed_until, put_off_until,
    turn_at, refusals, refused_path, refused_since, well_at, share, first_failed_at,
    spacing, obeys, ifnull(address.answered_at, 0.0)
FROM host LEFT JOIN address ON ip = host.address WHERE host.id IN (/* few */ {hosts})"""
_JOBS = """
SELECT host_job.host, job.id, name, digest, delay, per_host, obeys, {paused}
FROM host_job JOIN job ON job.id = host_job.job AND job.active
WHERE host_job.host IN (/* few */ {hosts})"""


@value
class Visitor:
    """Jobs of the process that leases."""

    jobs: Mapping[str, str] | None = None
    """The digests of the jobs that it can visit, by name; None for every job."""
    held: frozenset[str] = frozenset()
    """Names of jobs that it could visit and does not, until their lists are read."""
    awaiting: frozenset[str] = frozenset()
    """Names of jobs that it does not visit until they have logged in."""
    store: int = FIRST_STORE
    """Number of the store where its files lie."""
    keeps: Mapping[str, Keep] = field(default_factory=dict)
    """Of the jobs that keep cookies beyond a visit, by name: for whom."""


class HostJob(NamedTuple):
    """A job that visits the host."""

    id: int
    name: str
    digest: str
    delay: Seconds
    per_host: int
    obeys: int
    paused: int


class HostRow(NamedTuple):
    """A host as a lease needs it; times are wall times."""

    id: int
    key: str
    next_at: Seconds
    opens_at: Seconds
    crawl_delay: Seconds
    address: str | None
    rules_version: int
    backoff: Seconds
    failures: int
    failing_since: Seconds | None
    silent: int
    latency: Seconds
    spent: int
    day: int
    answered_at: Seconds
    failed_until: Seconds
    put_off_until: Seconds
    turn_at: Seconds
    refusals: int
    refused_path: int
    refused_since: Seconds | None
    well_at: Seconds | None
    share: float | None
    first_failed_at: Seconds | None
    spacing: Seconds | None
    obeys: int | None
    address_answered_at: Seconds

    def health(self) -> Health:
        """Return its health as the feeder has it."""
        return Health(
            self.backoff, self.failures, self.failing_since, bool(self.silent), self.latency,
            self.spent, self.day, self.refusals, self.refused_path, self.refused_since,
            self.well_at, self.share, self.first_failed_at, self.spacing,
        )  # fmt: skip

    def rest(self) -> Rest:
        """Return what it rests for."""
        return Rest(self.answered_at, self.failed_until, self.put_off_until, self.turn_at)


@value
class Terms:
    """A host with the active jobs that list it."""

    host: HostRow
    jobs: list[HostJob]
    known: list[HostJob]
    """Those that the process which asks has in its configuration."""
    mine: list[HostJob]
    """Those that it visits."""
    obeying: list[HostJob]
    """Those that obey its robots.txt."""

    def leased(
        self,
        tasks: tuple[Task, ...] = (),
        looked_for: int = 1000,
        robots: tuple[Robots, ...] = (),
    ) -> LeasedHost:
        """Return the host as its owner gets it."""
        found, jobs = self.host, self.jobs
        return LeasedHost(
            id=found.id,
            key=found.key,
            next_at=found.next_at,
            delay=max((job.delay for job in jobs), default=0.0),
            per_host=min((job.per_host for job in jobs), default=1000),
            tasks=tasks,
            looked_for=looked_for,
            robots=robots,
            jobs=tuple(job.name for job in self.known),
            crawl_delay=found.crawl_delay if self.obeying else 0.0,
            address=found.address,
            health=found.health(),
            rest=found.rest(),
            opens_at=found.opens_at,
            address_answered_at=found.address_answered_at,
            rules_version=found.rules_version,
        )


class AskedTerms(NamedTuple):
    """Hosts and their jobs, asked for and not read yet."""

    jobs: Cursor
    hosts: Cursor


def ask_terms(db: Connection, hosts: str, values: Mapping[str, Any] = {}) -> AskedTerms:
    """Ask for hosts; `hosts` selects their numbers."""
    jobs = db.execute(_JOBS.format(hosts=hosts, paused=JOB_PAUSED), values)
    return AskedTerms(jobs, db.execute(_HOSTS.format(hosts=hosts), values))


def terms_from(asked: AskedTerms, visitor: Visitor) -> dict[int, Terms]:
    """Return the hosts that were asked for, by number, on the terms of a process."""
    jobs: dict[int, list[HostJob]] = defaultdict(list)
    for host, *job in asked.jobs.fetchall():
        jobs[host].append(HostJob(*job))
    rows = map(HostRow._make, asked.hosts.fetchall())
    return {found.id: _terms(visitor, found, jobs[found.id]) for found in rows}


def terms_of(
    db: Connection, visitor: Visitor, hosts: str, values: Mapping[str, Any] = {}
) -> dict[int, Terms]:
    """Return hosts, by number, on the terms of a process; `hosts` selects their numbers."""
    return terms_from(ask_terms(db, hosts, values), visitor)


def _terms(visitor: Visitor, found: HostRow, jobs: list[HostJob]) -> Terms:
    known = [job for job in jobs if visitor.jobs is None or job.name in visitor.jobs]
    mine = [job for job in known if not job.paused and _visits(visitor, job)]
    return Terms(found, jobs, known, mine, _obeying(jobs, found.obeys))


def _visits(visitor: Visitor, job: HostJob) -> bool:
    """Tell whether a job means to the process what it means in the newest text, and is not held."""
    if job.name in visitor.held:
        return False
    return visitor.jobs is None or visitor.jobs.get(job.name) == job.digest


def _obeying(jobs: list[HostJob], obeyed: int | None) -> list[HostJob]:
    """Return the jobs that obey robots.txt on a host; `obeyed`, if set, is for all of them."""
    if obeyed is None:
        return [job for job in jobs if job.obeys]
    return jobs if obeyed else []
