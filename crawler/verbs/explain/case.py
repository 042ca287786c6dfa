"""A URL of a job with all that decides when it is visited, read from the ledger."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.frontier import STATES, AboutUrl, Desk, Entry, HostState, Member, UnknownUrl
from crawler.frontier.answers import NO_LOGIN, Login
from crawler.frontier.questions import SessionOf
from crawler.frontier.sums import Spent
from crawler.frontier.wishes import Wish, paused_by
from crawler.model import Seconds
from crawler.records import Robots
from crawler.value import value
from crawler.verbs.explain.decision import Decision, decision
from crawler.verbs.explain.unknown_url import Unknown, spellings, unknown
from crawler.verbs.ledger import Ledger
from crawler.verbs.stores import Stores
from crawler.verbs.wishes.standing import standing

if TYPE_CHECKING:
    from crawler.config import Job, Settings


@value
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
    stores: Stores
    """Where files lie."""
    pauses: Sequence[Wish] = ()
    """What has it paused."""
    spent: Spent | None = None
    """What its job may spend and has spent; None where it has no budget."""

    login: Login | None = None
    """How the session of its job is, where that logs in and has none."""

    @property
    def at_cap(self) -> bool:
        """Tell whether its job is at its cap."""
        return self.spent is not None and bool(self.spent.cap)

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


def look(desk: Desk, ledger: Ledger, url: str, now: Seconds) -> list[Case] | Unknown:
    """Look a canonical URL up for every job that knows it; if none does, look around it."""
    found = desk.entry(AboutUrl(url, spellings(url)))
    if isinstance(found, UnknownUrl):
        return unknown(found, ledger, url, now)
    sums, wishes = desk.sums(), standing(desk)
    stores = Stores(sums.stores)
    spent = {job.name: job.spent for job in sums.jobs}
    return [
        Case(
            now, ledger, one.entry, one.host, one.robots, one.sources, one.before, sums.members,
            one.neighbour, stores, tuple(wish for wish in wishes if pauses(wish, one.entry)),
            spent.get(one.entry.job), _login(desk, ledger, one.entry.job),
        )
        for one in found
    ]  # fmt: skip


def _login(desk: Desk, ledger: Ledger, job: str) -> Login | None:
    """Return how the session of a job is for which its visits wait.

    Where nobody names the configuration, a job logs in if it has tried to.
    """
    login = desk.entry(SessionOf(job))
    of = None if ledger.settings is None else _job_of(ledger.settings, job)
    logs_in = login != NO_LOGIN if of is None else of.cookies and of.cookies.login
    return login if logs_in and not login.valid else None


def _job_of(settings: "Settings", name: str) -> "Job | None":
    return next((job for job in settings.jobs if job.name == name), None)


def pauses(wish: Wish, entry: Entry) -> bool:
    """Tell whether a wish has a URL paused."""
    return paused_by([wish], wish.made_at).has(entry.host, entry.job)
