"""The rulebook: robots.txt rules of the hosts being visited, read from the frontier when needed."""

from collections import OrderedDict
from dataclasses import replace
from random import Random
from typing import NamedTuple, Self

from crawler.config import Job
from crawler.config.host_overrides import HostOverrides
from crawler.frontier import Frontier, LeasedHost, RobotsOf
from crawler.log import Log, iso
from crawler.model import Kind, Outcome, Seconds, Task, Visited
from crawler.policy.robots import Rules, parse, url_of
from crawler.policy.robots_answer import Judged, allows_none, judge, keeps_away
from crawler.records import Robots
from crawler.threads import Native
from crawler.urls import host_of, origin_of

MAX_HOSTS = 2000
"""Hosts whose rules are kept in memory; those of other hosts are read again."""
MAX_LEASED = 256
"""Records that came with leases and were not asked for yet."""
MAX_BYTES = 32 * 1024 * 1024
"""Bytes of all files whose rules are kept in memory."""
MAX_LOGGED_HOSTS = 10_000
"""Hosts that are remembered as left alone, so that the log says so once."""
_NATIVE_FROM_BYTES = 16_384
"""Bytes beyond which a file is read, and its rules are asked, in a native thread."""
_SHORT_URL = 256
"""Characters of a URL; rules that are asked of a longer one count as so many more bytes."""


class _Copy(NamedTuple):
    """What is kept in memory of an origin's robots.txt."""

    record: Robots
    rules: Rules | None
    """None where everything is allowed."""
    version: int
    """The ledger had this version of the host's rules, or an older one, when it was read."""
    longest: int
    """Length up to which URLs are asked for without a native thread."""
    kind: Kind = Kind.ROBOTS
    """How its URLs end where it allows none: as it did, where no URL could have ended better."""


class Rulebook:
    """Answers whether a task may be visited; one for a process."""

    def __init__(
        self, frontier: Frontier, hosts: HostOverrides, jobs: dict[str, Job], token: str, log: Log
    ) -> None:
        self._frontier = frontier
        self.now = frontier.now
        self._hosts = hosts
        self._jobs = jobs
        self._token = token
        self._log = log
        self._random = Random()  # noqa: S311  jitter is no secret
        self._known: OrderedDict[str, _Copy] = OrderedDict()
        self._bytes = 0
        self._leased: OrderedDict[str, tuple[Robots, int]] = OrderedDict()
        """Records that came with the lease of their host, and the version of its rules."""
        self._away: OrderedDict[str, None] = OrderedDict()
        self._named_at: Seconds = 0.0
        """Wall time from which the token is ours; delays of older records may be another's."""
        self._native = Native(1)

    def __enter__(self) -> Self:
        self._native.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._native.__exit__()

    def go_by(self, token: str) -> None:
        """Be called by this token from now on: what is remembered for another is read again."""
        if token == self._token:
            return
        self._token, self._named_at = token, self.now()
        for origin in [origin for origin, copy in self._known.items() if copy.rules is not None]:
            self._forget(origin)

    def objection(self, task: Task) -> Outcome | None:
        """Return how a visit ends before it begins, or None if it may be made."""
        job = self._jobs[task.job]
        obeys = self._hosts.obeys(task.host)
        if task.robots or not (job.robots == "obey" if obeys is None else obeys):
            return None
        copy = self._copy(task, job)
        if copy is None:
            wanted = url_of(task.location)
            reason = f"{wanted} is not known yet"
            return Outcome(Kind.ROBOTS, reason=reason, asked=False, needs_robots=wanted)
        refusal = self._refusal(task, job, copy)
        if refusal is None:
            return None
        reason = f"{url_of(task.location)} {refusal}"
        return Outcome(copy.kind, reason=reason, asked=False, final=True)

    def learn(self, host: LeasedHost) -> None:
        """Remember the records that came with a host, until its first visit asks for them."""
        for record in host.robots:
            self._leased[record.origin] = record, host.rules_version
        while len(self._leased) > MAX_LEASED:
            self._leased.popitem(last=False)

    def judge(self, visited: Visited, now: Seconds, *, given_up: bool) -> Judged:
        """Judge the end of a visit to a robots.txt, and remember its rules; `now` is wall time."""
        task = visited.task
        origin, host = origin_of(task.url), host_of(task.url)
        known = self._frontier.entry(RobotsOf(origin))
        judged = judge(
            task,
            visited.outcome,
            visited.content,
            known,
            now=now,
            random=self._random,
            cache_control=visited.cache_control,
            given_up=given_up,
            max_backoff=self._hosts.max_backoff(host, self._jobs[task.job]),
        )
        self._forget(origin)
        if judged.record is None:
            return judged
        self._log_absence(host, known, judged.record, now)
        if judged.record.body is None:
            kind = _kind_of(judged.record, visited.outcome)
            self._remember(judged.record, None, task.rules_version, kind)
            return judged
        rules = self._parse(judged.record.body)
        record = self._with_delay(judged.record, rules, host, self._jobs[task.job])
        self._remember(record, rules, task.rules_version)
        return Judged(judged.verdict, record)

    def _refusal(self, task: Task, job: Job, copy: _Copy) -> str | None:
        """Return why the rules of a host do not allow a visit, or None if they do."""
        rules, location = copy.rules, task.location
        if rules is None:
            return _unfetched(copy.record)
        if len(location) <= copy.longest:
            refusal = rules.refusal(location)
        else:
            refusal = self._native.call(rules.refusal, location)
        if refusal or not rules.crawl_delay:
            return refusal
        most = self._hosts.max_crawl_delay(task.host, job)
        return _too_slow(rules, most) if rules.crawl_delay > most else None

    def _is_of_another(self, record: Robots, rules: Rules | None, host: str, job: Job) -> bool:
        """Tell whether a record has a Crawl-delay that was read for the token before this one."""
        if rules is None or record.fetched_at >= self._named_at or record.failures:
            return False
        obeyed = rules.crawl_delay <= self._hosts.max_crawl_delay(host, job)
        return record.crawl_delay != (rules.crawl_delay if obeyed else 0.0)

    def _with_delay(self, record: Robots, rules: Rules, host: str, job: Job) -> Robots:
        """Return a record with the Crawl-delay of its rules; log one that skips the host."""
        most = self._hosts.max_crawl_delay(host, job)
        if rules.crawl_delay <= most:
            return replace(record, crawl_delay=rules.crawl_delay)
        self._log.warning(
            "host.rested",
            host=host,
            state="skipped",
            cause=_too_slow(rules, most),
            until=iso(record.until),
        )
        return replace(record, crawl_delay=0.0)

    def _log_absence(self, host: str, known: Robots | None, record: Robots, now: Seconds) -> None:
        """Log once that a host is left alone for its robots.txt, and once that this is over.

        While its last copy holds nothing changes for the host, whether it can be refreshed or not.
        """
        if keeps_away(record, now):
            if host not in self._away:
                self._away[host] = None
                cause = f"robots.txt: {record.reason}"
                until = iso(record.refresh_at)
                self._log.warning("host.rested", host=host, state="away", cause=cause, until=until)
            if len(self._away) > MAX_LOGGED_HOSTS:
                self._away.popitem(last=False)
        elif known and keeps_away(known, now):
            self._away.pop(host, None)
            self._log.info("host.rested", host=host, state="well", cause="robots.txt")

    def _copy(self, task: Task, job: Job) -> _Copy | None:
        """Return what holds for a task now, and is not older than its version; None if nothing.

        None as well where the ledger has a Crawl-delay for another token: a visit to the file,
        whatever comes of it, makes it ours.
        """
        origin, version, now = origin_of(task.location), task.rules_version, self.now()
        copy = self._known.get(origin)
        if copy and copy.version >= version and copy.record.until > now:
            self._known.move_to_end(origin)
            return copy
        self._forget(origin)
        record = self._record(origin, version)
        if record is None:
            return None
        rules = None if record.body is None else self._parse(record.body)
        kind = copy.kind if copy and copy.record == record else Kind.ROBOTS
        if self._is_of_another(record, rules, task.host, job):
            return None
        copy = self._remember(record, rules, version, kind)
        return copy if record.until > now else None

    def _record(self, origin: str, version: int) -> Robots | None:
        record, had = self._leased.pop(origin, (None, -1))
        return record if had >= version else self._frontier.entry(RobotsOf(origin))

    def _parse(self, body: bytes) -> Rules:
        if len(body) < _NATIVE_FROM_BYTES:
            return parse(body, self._token)
        token, rules = self._token, self._native.call(parse, body, self._token)
        return rules if token == self._token else self._parse(body)  # a reload came in between

    def _remember(
        self, record: Robots, rules: Rules | None, version: int, kind: Kind = Kind.ROBOTS
    ) -> _Copy:
        size = len(record.body or b"")
        copy = _Copy(record, rules, version, _longest(size), kind)
        self._forget(record.origin)
        self._known[record.origin] = copy
        self._bytes += size
        while len(self._known) > MAX_HOSTS or self._bytes > MAX_BYTES:
            self._forget(next(iter(self._known)))
        return copy

    def _forget(self, origin: str) -> None:
        copy = self._known.pop(origin, None)
        if copy is not None:
            self._bytes -= len(copy.record.body or b"")


def _longest(size: int) -> int:
    """Return the length up to which URLs are asked for here, of rules of so many bytes."""
    times = (_NATIVE_FROM_BYTES - 1) // max(1, size)
    return _SHORT_URL * (times + 1) - 1 if times else 0


def _kind_of(record: Robots, outcome: Outcome) -> Kind:
    """Return how URLs end that a record keeps away: without a connection none can be had."""
    silent = allows_none(record) and outcome.kind in {Kind.DNS, Kind.CONNECT}
    return outcome.kind if silent else Kind.ROBOTS


def _unfetched(record: Robots) -> str | None:
    """Return why a host is left alone of which no rules are known, or None if it is not."""
    return f"could not be fetched: {record.reason}" if allows_none(record) else None


def _too_slow(rules: Rules, most: Seconds) -> str:
    return f"Crawl-delay of {rules.crawl_delay:g} s, max_crawl_delay is {most:g} s"
