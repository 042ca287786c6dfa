"""The plan that `crawler check` prints: all that `run` would do, without doing it."""

import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import field
from functools import partial
from pathlib import Path

from crawler import sources
from crawler.config import CrawlerOptions, Job, Settings
from crawler.config.credentials import origins_of, secrets_of
from crawler.config.filter_options import url_filter
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.identity import check_same, check_there
from crawler.errors import UsageError
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import has_ledger, open_ledger
from crawler.hooks.hook import name_of
from crawler.policy.masking import Mask, masked_line
from crawler.rights import rights_of
from crawler.seeder.reading import MAX_BAD_LOGGED
from crawler.seeder.seeds import BadLine, read
from crawler.sources import UNREADABLE, SourceError
from crawler.sources.downloads import downloader
from crawler.state_address import StateAddress, folders_of
from crawler.store import Files
from crawler.store.mark import ledger_named
from crawler.threads import Native
from crawler.value import mutable
from crawler.verbs.wishes.standing import standing
from crawler.verbs.wishes.words import in_words
from crawler.verbs.words import counted, span


@mutable
class JobPlan:
    """The URLs of one job, by host, and its bad lines."""

    job: Job
    urls: int = 0
    hosts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    bad_more: int = 0
    filtered: int = 0
    """URLs that its filter leaves out."""
    secrets: tuple[str, ...] = ()
    """What of the job only some origins get, as names of options and headers."""
    origins: tuple[str, ...] = ()
    """The origins, or the patterns of hosts, that get it."""
    odd_cookies: tuple[str, ...] = ()
    """Lines of its cookies.txt that are passed over."""
    without: int = 0
    """URLs that get none of it."""

    @property
    def least_s(self) -> float:
        """Return the seconds that delays alone take, for the host with the most URLs."""
        return max(((n - 1) * self.job.delay for n in self.hosts.values()), default=0.0)


def plan(settings: Settings) -> list[JobPlan]:
    """Read every list, and open every file that `run` would open.

    Raises:
        UsageError: a folder, the ledger, a file or a list cannot be used.
    """
    options = settings.crawler
    _check_folders(options)
    hosts = HostOverrides(settings)
    mask = Mask(options.redact_query)
    odd = defaultdict[str, list[str]](list)
    with (
        tempfile.TemporaryDirectory(prefix="crawler-check-") as folder,
        Files(Path(folder), durable=False) as files,
        Fetcher(
            user_agent=hosts.user_agent, files=files, concurrency=1, odd=partial(_note_odd, odd)
        ) as fetcher,
        Native(1) as native,
    ):
        for job in settings.jobs:
            fetcher.open(job)
        plans = [_job_plan(job, native, fetcher, Path(folder), mask) for job in settings.jobs]
    for one in plans:
        one.odd_cookies = tuple(dict.fromkeys(odd[one.job.name]))
    return plans


def _note_odd(odd: dict[str, list[str]], job: str, place: str, problem: str) -> None:
    odd[job].append(f"{place}: {problem}; it is passed over")


def _check_folders(options: CrawlerOptions) -> None:
    """Read the state file if there is one, and see that all folders can be written to."""
    rights_of(options.group)
    wanted_folders = [("state", folder) for folder in folders_of(options.state)]
    wanted_folders.append(("output", options.output))
    if options.log.file:
        wanted_folders.append(("log.file", options.log.file.parent))
    for key, wanted in wanted_folders:
        folder = next(folder for folder in (wanted, *wanted.parents) if folder.exists())
        if _only_reads(options.state):
            continue
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"crawler.{key}: {folder} is not a folder this user can write to")
    named = ledger_named(options.output)
    check_there(options.state, options.output, named)
    if has_ledger(options.state):
        with open_ledger(options.state, older=True) as desk:
            check_same(options.state, options.output, named, desk.sums().uid)


def _only_reads(state: StateAddress) -> bool:
    """Tell whether the ledger is another user's, and this one may not write to it."""
    if not isinstance(state, Path) or not state.exists():
        return False
    if state.stat().st_uid == os.geteuid():
        return False
    return not os.access(state, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _notes(state: StateAddress) -> Iterator[str]:
    """Yield what the operator is to know of the ledger beside its place."""
    if _only_reads(state):
        yield "        this user may only read it: whether `run` may write was not looked at"
    if has_ledger(state):
        with open_ledger(state, older=True) as desk:
            if not desk.sums().current:
                yield "        of an older crawler: `run` migrates it, and keeps a copy beside it"
                return
            yield from (f"wish    {in_words(wish, desk.now())}" for wish in standing(desk))


def _job_plan(job: Job, native: Native, fetcher: Fetcher, folder: Path, mask: Mask) -> JobPlan:
    """Read a job's lists as the daemon would, but take no inbox's."""
    belong = origins_of(job)
    left_out = url_filter(job.filter, time.time())
    found = JobPlan(job, secrets=tuple(secrets_of(job)), origins=tuple(belong))
    try:
        for source in sources.of(job, folder, downloader(fetcher, job)):
            for seeds, bad, filtered in read(source, job, native, left_out):
                found.urls += len(seeds)
                found.filtered += filtered
                found.hosts.update(seed.host for seed in seeds)
                if found.secrets:
                    found.without += sum(not belong.may_see(seed.url, seed.url) for seed in seeds)
                _note(found, bad)
    except (SourceError, *UNREADABLE) as error:
        raise UsageError(mask(f"{job.name}: {error}")) from error
    return found


def _note(found: JobPlan, bad: list[BadLine]) -> None:
    for where, text, reason in bad:
        if len(found.bad) < MAX_BAD_LOGGED:
            found.bad.append(f"{where}: {masked_line(text)!r}: {reason}")
        else:
            found.bad_more += 1


def printed(settings: Settings, plans: list[JobPlan]) -> Iterator[str]:
    """Yield the lines of a plan."""
    options = settings.crawler
    yield f"state   {options.state}"
    yield from _notes(options.state)
    yield f"output  {options.output}"
    yield f"limits  {options.concurrency} visits at once, {options.grace_period:g} s to stop"
    for found in plans:
        job = found.job
        yield ""
        yield f"{job.name}: {counted(found.urls, 'URL')} on {counted(len(found.hosts), 'host')}"
        if found.filtered:
            yield f"  filter      leaves out {counted(found.filtered, 'URL')}"
        yield f"  politeness  {job.delay:g} s between visits to a host, {job.per_host} at a time"
        yield f"  at least    {span(found.least_s)}"
        yield from _credentials(found)
        yield from (f"  cookies     {line}" for line in found.odd_cookies)
        for occasion, hooks in job.on.items():
            yield from (f"  on          {occasion}: {name_of(hook)}" for hook in hooks)
        for host, n in found.hosts.most_common(3):
            yield f"  {n:>10}  {host}"
        if len(found.hosts) > 3:
            yield f"  {'…':>10}  {counted(len(found.hosts) - 3, 'host')} more"


def _credentials(found: JobPlan) -> Iterator[str]:
    """Say which origins get the credentials of a job, and how many of its URLs get none."""
    if not found.secrets:
        return
    first, more = ", ".join(found.origins[:3]) or "no origin", len(found.origins) - 3
    tail = f" and {more} more" if more > 0 else ""
    yield f"  credentials {', '.join(found.secrets)}: for {first}{tail}"
    if found.without:
        urls = counted(found.without, "URL")
        yield f"              not for {urls} elsewhere; auth.hosts names the hosts that get them"


def bad_lines(plans: list[JobPlan]) -> Iterator[str]:
    """Yield a message for each line that holds no URL, as far as they were kept."""
    for found in plans:
        yield from found.bad
        if found.bad_more:
            yield f"{found.job.name}: {found.bad_more} more bad URLs"
