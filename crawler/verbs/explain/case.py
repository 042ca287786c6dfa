"""A URL of a job with all that decides when it is visited, read from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.frontier.sqlite.desk import overview
from crawler.frontier.sqlite.desk.entries import STATES, Entry, before, entries, sources_of
from crawler.frontier.sqlite.desk.hosts import HostState, holder_of_address, host_state
from crawler.frontier.sqlite.desk.overview import Member
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.rows import robots
from crawler.model import Seconds
from crawler.records import Robots
from crawler.urls import origin_of
from crawler.verbs.explain.decision import Decision, decision
from crawler.verbs.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Case:
    """A URL of a job with all that decides about it, at one moment."""

    now: Seconds
    ledger: Ledger
    entry: Entry
    host: HostState
    robots: Robots | None
    """The record of its origin's robots.txt, if there is one."""
    sources: Sequence[str]
    before: int
    """URLs of the same job and host that are due before it."""
    members: Sequence[Member]
    neighbour: int | None
    """The process that visits another host at the same address."""

    @property
    def obeys(self) -> bool:
        """Tell whether robots.txt is obeyed."""
        entry = self.entry
        return self.ledger.obeys(entry.host, entry.job, otherwise=bool(entry.obeys))

    @property
    def next_at(self) -> Seconds | None:
        """Return the time before which it is not visited, if it is to be visited at all."""
        if not self.entry.active or STATES[self.entry.state] != "waiting":
            return None
        return max(self.entry.due_at, self.host.next_at, self.host.opens_at)

    @property
    def decision(self) -> Decision:
        """Return whether robots.txt allows the URL."""
        entry = self.entry
        url = entry.location or entry.url
        return decision(self.ledger, url, self.robots, job=entry.job, obeyed=self.obeys)


def cases(db: Connection, ledger: Ledger, url: str, now: Seconds) -> list[Case]:
    """Look a canonical URL up for every job that knows it."""
    members = overview.members(db)
    return [_case(db, ledger, entry, members, now) for entry in entries(db, url)]


def _case(
    db: Connection, ledger: Ledger, entry: Entry, members: Sequence[Member], now: Seconds
) -> Case:
    host = host_state(db, entry.host)
    assert host is not None
    return Case(
        now, ledger, entry, host, robots.known(db, origin_of(entry.location or entry.url)),
        sources_of(db, entry), before(db, entry), members,
        holder_of_address(db, host),
    )  # fmt: skip
