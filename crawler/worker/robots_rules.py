"""The rulebook: the robots.txt rules of the hosts at hand, read from the frontier when needed."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Self, TypeVar

from crawler.config import Job
from crawler.config.host_overrides import HostOverrides
from crawler.frontier import Frontier
from crawler.log import Log, iso
from crawler.model import Kind, Outcome, Task, Visited
from crawler.policy.robots import Rules, parse, url_of
from crawler.policy.robots_answer import Judged, judge
from crawler.records import Robots
from crawler.threads import Native
from crawler.urls import host_of, origin_of

MAX_HOSTS = 2000
"""Hosts whose rules are held in memory; those of others are read again."""
MAX_BYTES = 32 * 1024 * 1024
"""And their files altogether."""
MAX_LOGGED_HOSTS = 10_000
"""Hosts left alone of which it is remembered that the log was told."""
_NATIVE_FROM_BYTES = 16_384
"""Bytes beyond which a file is read in a native thread."""

T = TypeVar("T")


class Rulebook:
    """Answers whether a task may be visited; one for a process."""

    def __init__(
        self, frontier: Frontier, hosts: HostOverrides, jobs: dict[str, Job], token: str, log: Log
    ) -> None:
        self._frontier = frontier
        self._hosts = hosts
        self._jobs = jobs
        self._token = token
        self._log = log
        self._random = Random()  # noqa: S311  jitter is no secret
        self._known: OrderedDict[str, tuple[Robots, Rules | None]] = OrderedDict()
        self._bytes = 0
        self._away: OrderedDict[str, None] = OrderedDict()
        self._native = Native(1)

    def __enter__(self) -> Self:
        self._native.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._native.__exit__()

    def objection(self, task: Task) -> Outcome | None:
        """Return how a visit ends before it begins, or None if it may be made."""
        job = self._jobs[task.job]
        said = self._hosts.obeys(task.host)
        if task.robots or not (job.robots == "obey" if said is None else said):
            return None
        known, rules = self._rules(origin_of(task.location))
        if known is None or known.until <= time.time():
            wanted = url_of(task.location)
            reason = f"{wanted} is not known yet"
            return Outcome(Kind.ROBOTS, reason=reason, asked=False, needs_robots=wanted)
        if rules is None:
            return None
        most = self._hosts.max_crawl_delay(task.host, job)
        refusal = self._guarded(known.body, rules.refusal, task.location)
        if refusal is None and rules.crawl_delay > most:
            refusal = f"Crawl-delay of {rules.crawl_delay:g} s, max_crawl_delay is {most:g} s"
        if refusal is None:
            return None
        reason = f"{url_of(task.location)} {refusal}"
        return Outcome(Kind.ROBOTS, reason=reason, asked=False, final=True)

    def judge(self, visited: Visited, now: float, *, given_up: bool) -> Judged:
        """Read the end of a visit to a robots.txt; `now` is wall time."""
        task = visited.task
        origin = origin_of(task.url)
        known = self._frontier.robots(origin)
        judged = judge(
            task,
            visited.outcome,
            visited.content,
            known,
            now=now,
            random=self._random,
            cache_control=visited.cache_control,
            given_up=given_up,
        )
        self._forget(origin)
        if judged.record is None:
            return judged
        self._tell(host_of(task.url), known, judged.record, now)
        if judged.record.body is None:
            self._remember(judged.record, None)
            return judged
        rules = self._parse(judged.record.body)
        most = self._hosts.max_crawl_delay(host_of(task.url), self._jobs[task.job])
        fits = rules.crawl_delay <= most
        record = replace(judged.record, crawl_delay=rules.crawl_delay if fits else 0.0)
        if not fits:
            cause = f"Crawl-delay of {rules.crawl_delay:g} s, max_crawl_delay is {most:g} s"
            self._log.warning(
                "host.rested", host=host_of(task.url), state="skipped", cause=cause,
                until=iso(record.until),
            )  # fmt: skip
        self._remember(record, rules)
        return Judged(judged.verdict, record)

    def _tell(self, host: str, known: Robots | None, record: Robots, now: float) -> None:
        """Say so once when a host is left alone for its robots.txt, and when that is over.

        While its last copy holds nothing changes for the host, whether it can be refreshed or not.
        """
        if record.failures and record.until <= now:
            if host not in self._away:
                self._away[host] = None
                cause = f"robots.txt: {record.reason}"
                until = iso(record.refresh_at)
                self._log.warning("host.rested", host=host, state="away", cause=cause, until=until)
            if len(self._away) > MAX_LOGGED_HOSTS:
                self._away.popitem(last=False)
        elif known and known.failures and known.until <= now:
            self._away.pop(host, None)
            self._log.info("host.rested", host=host, state="well", cause="robots.txt")

    def _rules(self, origin: str) -> tuple[Robots | None, Rules | None]:
        if origin in self._known:
            known, rules = self._known[origin]
            if known.until > time.time():
                self._known.move_to_end(origin)
                return known, rules
            self._forget(origin)
        record = self._frontier.robots(origin)
        if record is None:
            return None, None
        rules = None if record.body is None else self._parse(record.body)
        self._remember(record, rules)
        return record, rules

    def _parse(self, body: bytes) -> Rules:
        return self._guarded(body, parse, body, self._token)

    def _guarded(self, body: bytes | None, step: Callable[..., T], *args: Any) -> T:
        """Read a big file, which may be hostile, where it does not hold the hub up."""
        if len(body or b"") < _NATIVE_FROM_BYTES:
            return step(*args)
        return self._native.call(step, *args)

    def _remember(self, record: Robots, rules: Rules | None) -> None:
        self._forget(record.origin)
        self._known[record.origin] = (record, rules)
        self._bytes += len(record.body or b"")
        while len(self._known) > MAX_HOSTS or self._bytes > MAX_BYTES:
            self._forget(next(iter(self._known)))

    def _forget(self, origin: str) -> None:
        known, _ = self._known.pop(origin, (None, None))
        if known is not None:
            self._bytes -= len(known.body or b"")
