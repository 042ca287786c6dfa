"""What is asked: the request of a visit, with what its job gives to the origin it asks.

Credentials go to the origins that the configuration names, a file's cookies and other headers to
the origin of the URL that was listed, what servers set where they set it for. A visit to a
robots.txt carries nothing of its job.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from requests.structures import CaseInsensitiveDict

from crawler.config import Job
from crawler.config.credentials import basic, origins_of, values_of
from crawler.cookie import unpacked
from crawler.fetch.body import leave
from crawler.fetch.cookies import Cookies
from crawler.fetch.decode import ACCEPT_ENCODING
from crawler.fetch.digest_logins import DigestLogins
from crawler.fetch.jars import Jars, keeps
from crawler.model import Seconds, Task
from crawler.policy.cookie_jar import header_of, joined
from crawler.policy.credentials import is_ordinary, without_echo
from crawler.policy.digest_auth import Login
from crawler.transport.adapter import Answer
from crawler.transport.request_bytes import Origin, Request, lines_of
from crawler.urls import same_origin, split

UNAUTHORIZED = 401
MAX_ORIGINS = 10_000
"""Requests of a job that are kept ready: for each origin one for each trust, method and agent."""


class RequestBuilder:
    """The requests of one job; what is the same for all visits to a host is made once.

    Cookies expire by the clock `now`.
    """

    def __init__(
        self,
        job: Job,
        cookies: Cookies,
        now: Callable[[], Seconds] = time.time,
        jars: Jars | None = None,
    ) -> None:
        self._job = job
        self._cookies = cookies
        self._now = now
        self._jars = jars or Jars()
        self._has_cookies = len(cookies) > 0 or keeps(job)
        self._keeps_none = job.cookies is not None and job.cookies.keep == "none"
        self._posts = job.method == "POST"
        self._body = job.body.encode()
        self._origins = origins_of(job)
        self.digests = _digests(job)
        self._bases: dict[tuple[str, _Trust, bool, str], _Base] = {}

    def may_see(self, task: Task) -> bool:
        """Tell whether a visit may carry its job's credentials."""
        return not task.robots and self._origins.may_see(task.url, task.location)

    def without_echo(self, reason: str, task: Task) -> str:
        """Return why a visit failed without what its peer may have repeated of the request."""
        extra = task.extra.values() if task.extra else ()
        kept = (
            cookie.value
            for cookie in (*unpacked(task.jar), *self._jars.of(self._job, split(task.location)))
        )
        known = (*values_of(self._job), *self._cookies.values(), *extra, *kept)
        return without_echo(reason, known)

    def request(self, task: Task, user_agent: str, have: int = 0) -> Request:
        """Prepare the request of a visit; of its body `have` bytes are there already.

        Its URL is canonical already. A hop is a GET.

        Raises:
            ValueError: a header that would break the request, or cannot be sent as latin-1.
        """
        location = task.location
        scheme, _, tail = location.partition("://")  # as _origin does, without the call
        origin = f"{scheme}://{tail.partition('/')[0]}"
        trust = self._trust(task, origin)
        post = self._posts and trust.home and not task.hops
        key = (origin, trust, post, user_agent)
        base = self._bases.get(key)
        if base is None or task.extra:
            base = self._base(task, key)
        if task.kept or task.stored or self._has_cookies or task.jar or self.digests:
            base = self._varied(base, task, have)
        return Request(base.method, base.origin, location, base.headers, base.lines, base.body)

    def logs_in(self, task: Task, answer: Answer, deadline: Seconds) -> bool:
        """Tell whether a visit that was refused (401) asks once more, with a login by Digest.

        Its answer is left then.
        """
        if not (self.digests and self.may_see(task)):
            return False
        sent = answer.request.headers.get("Authorization")
        asked = answer.head.headers.getlist("www-authenticate")
        if not self.digests.heard(_origin(task.location), asked, sent):
            return False
        leave(answer, deadline)
        return True

    def _trust(self, task: Task, origin: str) -> "_Trust":
        if task.robots:
            return _Trust(home=False, credentials=False)
        home = task.url.startswith(f"{origin}/") or same_origin(task.location, task.url)
        return _Trust(home, self.may_see(task))

    def _base(self, task: Task, key: "tuple[str, _Trust, bool, str]") -> "_Base":
        """Make what all requests to an origin share; the columns of a URL are for it alone."""
        text, trust, post, user_agent = key
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(
            {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPT_ENCODING}
        )
        headers.update(_custom(self._job, task, trust))
        if post:
            headers["Content-Length"] = str(len(self._body))
        origin = Origin(text, split(text))
        method, body = ("POST", self._body) if post else ("GET", None)
        base = _Base(origin, trust.home, method, body, headers, lines_of(headers, origin))
        if not (trust.home and task.extra):
            self._bases[key] = base
            if len(self._bases) > MAX_ORIGINS:
                del self._bases[next(iter(self._bases))]
        return base

    def _varied(self, base: "_Base", task: Task, have: int) -> "_Base":
        """Add what this request has beside the others: its conditions and its cookies."""
        headers = CaseInsensitiveDict(base.headers)
        headers.update(_conditions(task, have))
        if (self._has_cookies or task.jar) and (cookie := self._cookie(task, home=base.home)):
            headers["Cookie"] = "; ".join(filter(None, (cookie, headers.get("Cookie"))))
        if self.digests and self.may_see(task):
            headers.update(self.digests.headers(base.origin.text, base.method, task.location))
        return base._replace(headers=headers, lines=lines_of(headers, base.origin))

    def _cookie(self, task: Task, *, home: bool) -> str | None:
        """Return the Cookie field of a visit: those of the file go where the URL was listed."""
        if task.robots:
            return None
        place = split(task.location)
        named = self._cookies.near(place.hostname) if home else ()
        carried = () if self._keeps_none else unpacked(task.jar)
        found = joined(named, self._jars.of(self._job, place), carried)
        return header_of(found.values(), place, self._now())


class _Trust(NamedTuple):
    """What a visit may carry to the origin that it asks."""

    home: bool
    """It is the origin of the URL that was listed."""
    credentials: bool
    """The job's credentials are for it."""


class _Base(NamedTuple):
    """What all requests to an origin share."""

    origin: Origin
    home: bool
    """Whether it is the origin of the URL that was listed."""
    method: str
    body: bytes | None
    headers: CaseInsensitiveDict[str]
    lines: bytes


def _origin(url: str) -> str:
    scheme, _, tail = url.partition("://")
    return f"{scheme}://{tail.partition('/')[0]}"


def _custom(job: Job, task: Task, trust: _Trust) -> dict[str, str]:
    """Return the headers of a job that an origin may see, filled with the columns of the URL.

    A header that uses a column has its value from the line that names the URL, and belongs to it.
    """
    extra = task.extra if trust.home else None
    headers = {}
    for name, text in job.headers.items():
        filled = _filled(text, extra or {})
        if trust.credentials or (trust.home and (is_ordinary(name) or filled is not None)):
            headers[name] = text if filled is None else filled
    return {**headers, **(_authorization(job) if trust.credentials else {})}


def _filled(text: str, extra: Mapping[str, str]) -> str | None:
    """Return a header with the columns of a URL's list put in; None if it uses none."""
    filled = text
    for name, value in extra.items():
        filled = filled.replace(f"{{{name}}}", value)
    return None if filled is text or filled == text else filled


def _authorization(job: Job) -> dict[str, str]:
    auth = job.auth
    if auth is None or auth.digest or (auth.user is None and auth.bearer is None):
        return {}
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {auth.bearer}"}
    return {"Authorization": f"Basic {basic(auth)}"}


def _digests(job: Job) -> DigestLogins | None:
    auth = job.auth
    if auth is None or not auth.digest:
        return None
    return DigestLogins(Login(auth.user or "", auth.password))


def _conditions(task: Task, have: int) -> dict[str, str]:
    """Ask for the rest of what broke off, or only for a change."""
    kept, stored = task.kept, task.stored
    if kept and (validator := kept.validators.strong()):
        rest = {"Range": f"bytes={have}-"} if have else {}
        return {"Accept-Encoding": "identity", "If-Range": validator, **rest}
    if stored is None:
        return {}
    conditions = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in conditions.items() if value}
