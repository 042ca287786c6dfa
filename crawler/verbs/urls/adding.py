"""`crawler add`: URLs that stand on no list become known, and are due at once.

They are a list of their own that only adds, as an inbox's are, and are taken in by the verbs that
read lists; who calls joins as a process for that time, and holds nothing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import click

from crawler.config import Job
from crawler.errors import CrawlerError, UsageError
from crawler.frontier import Frontier, Pass, Portion, ReadChunk, SourceState, open_frontier
from crawler.frontier.list_values import BY_HAND
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.policy import naming
from crawler.policy.masking import masked_line
from crawler.records import Seed
from crawler.seeder.seeds import seed_of
from crawler.verbs.desk_options import JSON, verb_of_configuration
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.urls.single import lines_of
from crawler.verbs.words import as_json, counted, print_lines

AT_ONCE = 500
"""URLs of one transaction."""
BUSY_S: Seconds = 4.0
"""How long another program, or another `crawler add`, is waited for."""


@click.command("add")
@verb_of_configuration
@click.option("--job", "name", required=True, help="The job that is to visit them.")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@JSON
def add_verb(ledger: Ledger, *, name: str, urls: tuple[str, ...], as_json_: bool) -> int:
    """Make URLs known to a job, and due now, that stand on none of its lists.

    They stay until `crawler forget URL`, whatever its lists say. `-` reads one URL a line from
    standard input. Bad ones are told, and the others are added; the exit code is 2 then.
    """
    job = _job(ledger, name)
    with opened_by(ledger, acts=True):
        pass  # it is there, and not another configuration's
    bad: list[str] = []
    came = _take_all_in(ledger, job.name, _seeds(job, urls, bad))
    print_lines(bad, ledger.mask, err=True)
    told = {**came, "bad": len(bad)}
    if as_json_:
        click.echo(as_json({"job": job.name, **told}, indent=2))
    else:
        words = [f"{counted(came['new'], 'URL')} added to {job.name}"]
        words += [f"{told[word]:,} {_WORDS[word]}" for word in _WORDS if told[word]]
        print_lines([", ".join(words)])
    return 2 if bad else 0


def _take_all_in(ledger: Ledger, job: str, seeds: Iterator[Seed]) -> dict[str, int]:
    """Take in URLs as they come; return how many were new, came back, and were known."""
    total = new = back = 0
    with _joined(ledger) as (frontier, owner):
        while some := list(islice(seeds, AT_ONCE)):
            came = take_in(frontier, owner, job, some)
            total, new, back = total + len(some), new + came[0], back + came[1]
    return {"new": new, "back": back, "known": total - new - back}


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


def _seeds(job: Job, urls: Sequence[str], bad: list[str]) -> Iterator[Seed]:
    """Yield the seeds of URLs, as a list would have them, and note the bad ones."""
    for text in lines_of(urls):
        try:
            yield seed_of(job, text, {})
        except ValueError as error:
            bad.append(f"{masked_line(text)!r}: {error}")


@contextmanager
def _joined(ledger: Ledger) -> Iterator[tuple[Frontier, int]]:
    """Open the ledger as one who takes in lists."""
    options = ledger.settings.crawler if ledger.settings else None
    durable = options is None or options.durability == "full"
    with open_frontier(ledger.state, durable=durable) as frontier:
        frontier.hurry(time.monotonic() + BUSY_S)
        owner = frontier.join(current()).owner
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
