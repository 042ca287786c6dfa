"""`crawler reload --dry-run`: what a reload would change, read from the lists and the ledger.

Nothing is written, and no daemon is asked: the ledger knows what it has taken in.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler import sources
from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import Frontier, open_frontier
from crawler.seeder.seeds import chunks_of, parsed
from crawler.sources import UNREADABLE, Source, SourceError, downloader
from crawler.store import Files
from crawler.threads import Native

MAX_EXACT_URLS = 2_000_000
"""Changed URLs that are compared one by one; of more the numbers are upper bounds."""
_OPTIONS = {"delay": "delay", "per_host": "per_host", "obeys": "robots", "weight": "priority"}
"""What the ledger knows of a job, and what the configuration calls it."""


@dataclass(slots=True)
class Preview:
    """What would become of one job."""

    job: str
    known: bool
    added: int = 0
    removed: int = 0
    kept: int = 0
    bad: int = 0
    exact: bool = True
    failed: str = ""
    options: tuple[str, ...] = ()


def preview(settings: Settings) -> tuple[list[Preview], list[str]]:
    """Compare every job's lists with the ledger; return that, and the jobs that would go."""
    options = settings.crawler
    hosts = HostOverrides(settings)
    with (
        tempfile.TemporaryDirectory(prefix="crawler-preview-") as folder,
        open_frontier(_ledger(options.state, folder), durable=False) as frontier,
        Files(Path(folder), durable=False) as files,
        Fetcher(user_agent=hosts.user_agent, files=files, concurrency=1) as fetcher,
        Native(1) as native,
    ):
        known = {terms.name: terms for terms in frontier.active_jobs()}
        found = []
        for job, terms in zip(settings.jobs, hosts.job_terms(), strict=True):
            fetcher.open(job)
            one = Preview(job.name, job.name in known)
            if before := known.get(job.name):
                one.options = tuple(
                    option
                    for name, option in _OPTIONS.items()
                    if getattr(before, name) != getattr(terms, name)
                )
            _compare(
                one, job, frontier, sources.of(job, Path(folder), downloader(fetcher, job)), native
            )
            found.append(one)
        gone = [name for name in known if name not in {job.name for job in settings.jobs}]
    return found, gone


def _ledger(state: Path, folder: str) -> Path:
    """Return the ledger, or where an empty one may stand: nothing is made where there is none."""
    return state if state.exists() else Path(folder, "state.sqlite")


def _compare(
    one: Preview, job: Job, frontier: Frontier, named: list[Source], native: Native
) -> None:
    balance: Counter[int] = Counter()
    for source in named:
        state = frontier.source_known(job.name, source.name)
        try:
            _read(one, job, source, state, frontier, balance, native)
        except (SourceError, *UNREADABLE) as error:
            one.failed = f"{source.name}: {error}"
    names = {source.name for source in named}
    for name, number in frontier.sources(job.name).items():
        if name not in names and not name.startswith("inbox:"):
            for anchor in frontier.chunks(number):
                _weigh(one, balance, frontier.fingerprints(number, anchor), -1)
    one.added += sum(1 for n in balance.values() if n > 0)
    one.removed += sum(1 for n in balance.values() if n < 0)


def _read(
    one: Preview,
    job: Job,
    source: Source,
    number: int | None,
    frontier: Frontier,
    balance: "Counter[int]",
    native: Native,
) -> None:
    known = {} if number is None else frontier.chunks(number)
    seen = set()
    for chunk in chunks_of(source, ""):
        seen.add(chunk.anchor)
        same = known.get(chunk.anchor)
        if same and same.key == chunk.key:
            one.kept += same.urls
            one.bad += same.bad
            continue
        seeds, bad = native.call(parsed, source, job, chunk)
        one.bad += len(bad)
        _weigh(one, balance, [seed.fingerprint for seed in seeds], 1)
        if same and number is not None:
            before = frontier.fingerprints(number, chunk.anchor)
            _weigh(one, balance, before, -1)
            one.kept += len({seed.fingerprint for seed in seeds} & set(before))
    for anchor in known.keys() - seen:
        assert number is not None
        _weigh(one, balance, frontier.fingerprints(number, anchor), -1)


def _weigh(one: Preview, balance: "Counter[int]", fingerprints: list[int], sign: int) -> None:
    if len(balance) > MAX_EXACT_URLS:
        one.exact = False
        one.added += len(fingerprints) * (sign > 0)
        one.removed += len(fingerprints) * (sign < 0)
        return
    for number in fingerprints:
        balance[number] += sign
        if not balance[number]:
            del balance[number]


def printed(found: list[Preview], gone: list[str]) -> Iterator[str]:
    """Yield the lines of a preview."""
    for one in found:
        most = "" if one.exact else "at most "
        what = "changes" if one.known else "is new"
        yield (
            f"{one.job} {what}: {most}{one.added:,} URLs added, {most}{one.removed:,} removed, "
            f"{one.kept:,} kept, {one.bad:,} bad"
        )
        if one.options:
            yield f"  other options: {', '.join(one.options)}"
        if one.failed:
            yield f"  cannot be read, so nothing of it would be removed: {one.failed}"
    for name in gone:
        yield f"{name} goes: its URLs are retired, and visited no more"
