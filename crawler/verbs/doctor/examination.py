"""The examination of a deployment: each part of it in turn, none of which ends the others."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from crawler.config import Settings
from crawler.config.host_overrides import HostOverrides
from crawler.errors import CrawlerError
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import AboutServer, Desk, Sums, has_ledger, open_ledger
from crawler.model import Seconds
from crawler.policy.findings import Finding, bad, ok, skip
from crawler.state_address import StateAddress
from crawler.store import Files
from crawler.verbs import check
from crawler.verbs.doctor import books, machine, network, server, service
from crawler.verbs.words import counted


def examined(
    settings: Settings, file: Path, supervisord: Path | None, *, deep: bool
) -> Iterator[Finding]:
    """Yield what is found, in the order in which it matters."""
    now = _now(settings.crawler.state)
    yield from _tried("configuration", lambda: _configuration(settings, file, deep=deep))
    yield from _tried("folders", lambda: machine.folders(settings))
    yield from _tried("rights", lambda: server.written_secret(settings.crawler.state, file))
    yield from _tried("room", lambda: machine.room(settings.crawler))
    yield from _tried("supervisord", lambda: service.supervision(settings, file, supervisord))
    yield from _tried("certificates", lambda: network.certificates(settings, now))
    yield from _of_ledger(settings, now, deep=deep)


def _now(state: StateAddress) -> Seconds:
    """Return the frontier's time, or where no ledger tells it that of the wall clock."""
    with suppress(CrawlerError, OSError), open_ledger(state, older=True) as desk:
        return desk.now()
    return time.time()


def _tried(part: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a look finds; one that fails is a finding of its own."""
    try:
        yield from look()
    except (CrawlerError, OSError) as error:
        yield bad(part, " ".join(str(error).split()), "")


def _configuration(settings: Settings, file: Path, *, deep: bool) -> Iterator[Finding]:
    """Say whether `run` would take a configuration; lists are read only where all is asked for."""
    if deep:
        plans = check.plan(settings)
        wrong = list(check.bad_lines(plans))
        urls = sum(one.urls for one in plans)
        if wrong:
            first = f"{counted(len(wrong), 'line')} of lists hold no URL, as {wrong[0]}"
            yield bad("configuration", first, f"`crawler check -c {file}` lists them")
        yield ok("configuration", f"{counted(len(plans), 'job')} list {counted(urls, 'URL')}")
        return
    odd: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="crawler-doctor-") as folder,
        Files(Path(folder), durable=False) as files,
        Fetcher(
            user_agent=HostOverrides(settings).user_agent, files=files, concurrency=1,
            odd=lambda job, place, problem: odd.append(f"{job}: {place}: {problem}"),
        ) as fetcher,
    ):  # fmt: skip
        for job in settings.jobs:
            fetcher.open(job)
    for line in odd[:1]:
        yield bad("configuration", line, "mend that line of `cookies`")
    yield ok("configuration", f"{file}: {counted(len(settings.jobs), 'job')}; "
             "--deep reads their lists, too")  # fmt: skip


def _of_ledger(settings: Settings, now: Seconds, *, deep: bool) -> Iterator[Finding]:
    """Yield what is found of the ledger, and with its help."""
    options = settings.crawler
    try:
        if not has_ledger(options.state):
            yield from _new(settings, now)
            return
        with open_ledger(options.state, older=True) as desk:
            sums = desk.sums()
            looked = _old if not sums.current else partial(_looked, deep=deep)
            yield from looked(desk, settings, sums)
    except (CrawlerError, OSError) as error:
        yield bad("ledger", " ".join(str(error).split()), "")


def _new(settings: Settings, now: Seconds) -> Iterator[Finding]:
    yield books.identity(settings.crawler, None)
    yield skip("ledger", f"{settings.crawler.state} has none yet: the first start makes it")
    yield from machine.descriptors(settings, [])
    yield from machine.clock([], now)
    yield from network.names(settings, [])


def _old(desk: Desk, settings: Settings, sums: Sums) -> Iterator[Finding]:
    yield books.identity(settings.crawler, sums)
    yield skip("ledger", "it is of an older crawler: `crawler run` migrates it")
    yield from machine.descriptors(settings, [])
    yield from machine.clock([], desk.now())
    yield from network.names(settings, [])


def _looked(desk: Desk, settings: Settings, sums: Sums, *, deep: bool) -> Iterator[Finding]:
    now, living = desk.now(), books.alive(sums)
    yield books.identity(settings.crawler, sums)
    yield from books.processes(sums, now)
    yield from machine.descriptors(settings, living)
    yield from machine.clock(living, now)
    yield from _tried("dns", lambda: network.names(settings, books.names_of(desk)))
    about = desk.entry(AboutServer())
    if about is None:
        yield books.wholeness(desk, settings.crawler.state, deep=deep)
    else:
        yield from server.findings(about)
    yield books.leftovers(desk, settings, deep=deep)
