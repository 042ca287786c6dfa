"""The fetcher of a process: what it may use, whom it tells, by which clock it goes."""

from functools import partial

from crawler.daemon.by_hand import ByHand
from crawler.daemon.configuration import Configuration
from crawler.daemon.disk import Disk
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.proxying import Proxying
from crawler.log import Log
from crawler.model import Kept
from crawler.transport.memory import Memory
from crawler.urls import masked


def fetcher_of(
    configuration: Configuration,
    disk: Disk,
    log: Log,
    memory: Memory,
    by_hand: ByHand,
    *,
    trust_listed: bool,
) -> Fetcher:
    """Return the fetcher of all visits; parts that may be continued are noted in the ledger."""
    return Fetcher(
        user_agent=configuration.hosts.user_agent,
        files=disk.files,
        concurrency=configuration.settings.crawler.concurrency,
        trust_listed=trust_listed,
        note=partial(_keep, disk),
        memory=memory,
        odd=partial(_tell_odd_cookie, log),
        now=disk.frontier.now,
        proxying=Proxying(by_hand.proxies, partial(_tell_proxy, log)),
    )


def _keep(disk: Disk, task: int, kept: Kept) -> None:
    disk.frontier.settle(disk.owner, (), (), kept={task: kept})


def _tell_odd_cookie(log: Log, job: str, place: str, reason: str) -> None:
    log.warning("cookie.bad", job=job, place=place, reason=reason)


def _tell_proxy(log: Log, proxy: str, cause: str) -> None:
    if cause:
        log.warning("proxy.failed", proxy=masked(proxy), cause=cause)
    else:
        log.info("proxy.found", proxy=masked(proxy))
