"""Jars: the cookies that jobs keep, as far as the hosts being visited need them.

A jar comes with the lease of its host, or is asked for when it is needed. What answers set holds
here at once, and is news for the ledger until a settlement has told it. Jars of other processes are
joined with ours: of one key the newest counts.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from crawler.config import Job
from crawler.cookie import Cookie, SetCookies, packed, unpacked
from crawler.frontier import Frontier, JarOf
from crawler.model import Seconds, Task
from crawler.policy.cookie_jar import Key, bounded, carried, cookies_set, jar_name, joined
from crawler.policy.sites import public_suffixes
from crawler.threads import Native
from crawler.transport.response_head import Headers
from crawler.urls import SplitUrl, split

MAX_JARS, MAX_BYTES = 4096, 16 * 1024 * 1024
"""Jars that are kept in memory, and the bytes of their cookies; others are asked for again."""
KEPT = frozenset({"job", "host"})
"""Values of `keep` by which cookies outlast a visit."""
Ask = Callable[[str, str], Sequence[Cookie]]
"""Returns the cookies that the ledger has of a job, by the name of a jar."""


class _Jar(NamedTuple):
    """What is kept in memory of a jar."""

    cookies: dict[Key, Cookie]
    size: int


def keeps(job: Job) -> bool:
    """Tell whether cookies of a job outlast a visit."""
    return job.cookies is not None and job.cookies.keep in KEPT


class Jars:
    """The jars of a process."""

    def __init__(self, ask: Ask = lambda *_: (), now: Callable[[], Seconds] = time.time) -> None:
        self._ask = ask
        self._now = now
        self._jars: OrderedDict[tuple[str, str], _Jar] = OrderedDict()
        self._news: dict[tuple[str, str], dict[Key, Cookie]] = {}
        self._bytes = 0

    def of(self, job: Job, place: SplitUrl) -> Iterable[Cookie]:
        """Return the cookies of a job's jar for a place, also of those that are not for it."""
        if not keeps(job):
            return ()
        return self._jar(job.name, _name(job, place)).values()

    def heard(self, task: Task, job: Job, headers: Headers, now: Seconds) -> str | None:
        """Take in what an answer sets, and return what goes on with the visit if it redirects."""
        lines = headers.getlist("set-cookie")
        if task.robots or (job.cookies and job.cookies.keep == "none"):
            return None
        if not lines:
            return task.jar
        _be_ready(lines)
        place = split(task.location)
        if keeps(job):
            self._hear((job.name, _name(job, place)), place, lines, now)
        jar = joined(unpacked(task.jar))
        return packed(carried(joined(jar.values(), cookies_set(lines, place, now, jar)).values()))

    def learn(self, jars: Iterable[SetCookies]) -> None:
        """Take in jars as the ledger has them."""
        for job, jar, cookies in jars:
            self._put((job, jar), cookies, self._now())

    def news(self) -> list[SetCookies]:
        """Return what the ledger does not know yet."""
        return [SetCookies(*where, tuple(jar.values())) for where, jar in self._news.items()]

    def told(self, news: Iterable[SetCookies]) -> None:
        """Note that the ledger knows this."""
        for job, jar, cookies in news:
            left = self._news.get((job, jar), {})
            for cookie in cookies:
                if left.get(cookie.key) == cookie:
                    del left[cookie.key]
            if not left:
                self._news.pop((job, jar), None)

    def renew(self, job: str) -> None:
        """Have the jars of a job asked for again, but for what is news."""
        for where in [one for one in self._jars if one[0] == job]:
            self._drop(where)

    def _hear(
        self, where: tuple[str, str], place: SplitUrl, lines: Sequence[str], now: Seconds
    ) -> None:
        cookies = cookies_set(lines, place, now, self._jar(*where))
        if cookies:
            news = joined(self._news.get(where, {}).values(), cookies)
            self._news[where] = bounded(news, now)
            self._put(where, cookies, now)

    def _jar(self, job: str, jar: str) -> dict[Key, Cookie]:
        where = job, jar
        if where in self._jars:
            self._jars.move_to_end(where)
        else:
            self._put(where, self._ask(job, jar), 0.0)
        return self._jars[where].cookies

    def _put(self, where: tuple[str, str], cookies: Iterable[Cookie], now: Seconds) -> None:
        """Join cookies with what is known of a jar by now."""
        known = self._jars.get(where)
        own = known.cookies if known else self._news.get(where, {})
        jar = bounded(joined(own.values(), cookies), now)
        self._drop(where)
        size = sum(_sizes(jar.values()))
        self._jars[where] = _Jar(jar, size)
        self._bytes += size
        while len(self._jars) > MAX_JARS or (self._bytes > MAX_BYTES and len(self._jars) > 1):
            self._drop(next(iter(self._jars)))

    def _drop(self, where: tuple[str, str]) -> None:
        if jar := self._jars.pop(where, None):
            self._bytes -= jar.size


def jars_of(frontier: Frontier) -> Jars:
    """Return the jars of a process, which asks its frontier for those that it has not."""
    return Jars(lambda job, jar: frontier.entry(JarOf(job, jar)), frontier.now)


def _name(job: Job, place: SplitUrl) -> str:
    assert job.cookies
    return jar_name(job.cookies.keep, place)


def _be_ready(lines: Sequence[str]) -> None:
    """Read the list of public suffixes, if it is needed and was not, in a native thread."""
    if not public_suffixes.cache_info().currsize and any(
        "domain" in line.lower() for line in lines
    ):
        with Native(1) as native:
            native.call(public_suffixes)


def _sizes(cookies: Iterable[Cookie]) -> Iterator[int]:
    """Yield the bytes of cookies, about."""
    for cookie in cookies:
        yield 200 + len(cookie.path) + len(cookie.name) + len(cookie.value)
