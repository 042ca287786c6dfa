"""`crawler add`: URLs that stand on no list become known, and are due at once.

They are a list of their own that only adds, as an inbox's are, and are taken in by the verbs that
read lists; who calls joins as a process for that time, and holds nothing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import click

from crawler.config import Job
from crawler.errors import CrawlerError, UsageError
from crawler.frontier import Frontier, Pass, Portion, ReadChunk, SourceState, open_frontier
from crawler.frontier.list_values import BY_HAND
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.policy import naming
from crawler.records import Seed
from crawler.seeder.seeds import seed_of
from crawler.verbs.desk_options import DRY_RUN, ENDED_BY_INT, JSON, verb_of_configuration
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.given import Bad, BetweenBatches, given
from crawler.verbs.words import as_json, counted, print_lines

OPEN_S: Seconds = 10.0
"""How long it takes part at once, far less than a lease lasts."""
BUSY_S: Seconds = 4.0
"""How long another program, or another `crawler add`, is waited for."""


@click.command("add")
@verb_of_configuration
@click.option("--job", "name", required=True, help="The job that is to visit them.")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@DRY_RUN
@JSON
def add_verb(ledger: Ledger, *, name: str, urls: tuple[str, ...], dry: bool, as_json_: bool) -> int:
    """Make URLs known to a job, and due now, that stand on none of its lists.

    They stay until `crawler forget URL`, whatever its lists say. `-` reads one URL a line from
    standard input. Bad ones are told, and the others are added; the exit code is 2 then.
    """
    job = _job(ledger, name)
    with opened_by(ledger, acts=not dry):
        pass  # it is there, and not another configuration's
    bad, code = Bad(ledger.mask), 0
    intake = _Count() if dry else _Intake(ledger, job.name)
    with BetweenBatches() as between:
        try:
            for seeds in given(urls, lambda text: seed_of(job, text, {}), bad, between):
                intake.take_in(seeds)
        except KeyboardInterrupt:
            code = ENDED_BY_INT
        finally:
            intake.close()
            _tell(job.name, {**intake.sums(), "bad": bad.number}, as_json_=as_json_)
            bad.tell_rest()
    return code or (UsageError.exit_code if bad.number else 0)


def _tell(job: str, told: dict[str, int], *, as_json_: bool) -> None:
    if as_json_:
        return click.echo(as_json({"job": job, **told}, indent=2))
    if "read" in told:
        return print_lines([f"{counted(told['read'], 'URL')} for {job}, {told['bad']:,} bad"])
    words = [f"{counted(told['new'], 'URL')} added to {job}"]
    words += [f"{told[word]:,} {_WORDS[word]}" for word in _WORDS if told[word]]
    return print_lines([", ".join(words)])


class _Count:
    """Takes nothing in, and counts."""

    def __init__(self) -> None:
        self._read = 0

    def take_in(self, seeds: Sequence[Seed]) -> None:
        self._read += len(seeds)

    def sums(self) -> dict[str, int]:
        """Return how many would be taken in, if they are not known yet."""
        return {"read": self._read}

    def close(self) -> None:
        """Nothing is open."""


class _Intake:
    """Takes in URLs as they come; it is open only while there are some, a few seconds at once."""

    def __init__(self, ledger: Ledger, job: str) -> None:
        self._ledger = ledger
        self._job = job
        self._stack = ExitStack()
        self._joined: tuple[Frontier, int] | None = None
        self._until = 0.0
        self._total = self._new = self._back = 0

    def take_in(self, seeds: Sequence[Seed]) -> None:
        """Take in some; none says that more is waited for."""
        if not seeds or time.monotonic() > self._until:
            self.close()
        if seeds:
            frontier, owner = self._open()
            new, back = take_in(frontier, owner, self._job, seeds)
            self._total += len(seeds)
            self._new += new
            self._back += back

    def sums(self) -> dict[str, int]:
        """Return how many were new, came back, and were known."""
        known = self._total - self._new - self._back
        return {"new": self._new, "back": self._back, "known": known}

    def close(self) -> None:
        """Leave the ledger, until more comes."""
        self._joined = None
        self._stack.close()

    def _open(self) -> tuple[Frontier, int]:
        if self._joined is None:
            self._joined = self._stack.enter_context(_joined(self._ledger))
            self._until = time.monotonic() + OPEN_S
        return self._joined


_WORDS = {"back": "came back that were retired", "known": "known already", "bad": "bad"}


def _job(ledger: Ledger, name: str) -> Job:
    """Return the job of a name.

    Raises:
        UsageError: there is none, or its paths need what only the lines of a list have.
    """
    jobs = {job.name: job for job in ledger.settings.jobs} if ledger.settings else {}
    if name not in jobs:
        raise UsageError(f"the configuration has no job {name}; it has {', '.join(jobs)}")
    needs = [one for one in naming.fields_of(jobs[name].path) if one not in naming.FIELDS]
    if needs:
        raise UsageError(
            f"the `path` of {name} needs {{{needs[0]}}}, which only a line of a list has: "
            "put the URL on one, or into the job's inbox"
        )
    return jobs[name]


@contextmanager
def _joined(ledger: Ledger) -> Iterator[tuple[Frontier, int]]:
    """Open the ledger as one who takes in lists."""
    options = ledger.settings.crawler if ledger.settings else None
    durable = options is None or options.durability == "full"
    with open_frontier(ledger.state, durable=durable) as frontier:
        frontier.hurry(time.monotonic() + BUSY_S)
        owner = frontier.join(current(), guest=True).owner
        try:
            yield frontier, owner
        finally:
            frontier.hurry(time.monotonic() + BUSY_S)
            frontier.leave(owner, [])


def take_in(frontier: Frontier, owner: int, job: str, seeds: Sequence[Seed]) -> tuple[int, int]:
    """Take in URLs; return how many were new, and how many came back."""
    frontier.hurry(time.monotonic() + BUSY_S)
    one = _pass(frontier, owner, job)
    own = {seed.fingerprint: seed for seed in seeds}
    chunks = [ReadChunk(number, number, [seed]) for number, seed in own.items()]
    (synced,) = frontier.put(owner, [Portion(one, chunks)])
    new, back = (synced.added, synced.revived) if synced else (0, 0)
    state = SourceState(one.source, "by hand", one.state.listed + new + back)
    frontier.end_pass(one, state, None)
    return new, back


def _pass(frontier: Frontier, owner: int, job: str) -> Pass:
    deadline = time.monotonic() + BUSY_S
    while (one := frontier.begin_pass(owner, job, BY_HAND)) is None:
        if time.monotonic() > deadline:
            raise CrawlerError(f"another `crawler add` is adding to {job}; say it again later")
        time.sleep(0.05)
    return one
