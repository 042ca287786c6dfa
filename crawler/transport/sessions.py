"""Sessions of plain `requests`, one for each set of connection settings, with its adapter."""

import resource
import ssl
from collections import OrderedDict
from importlib.util import find_spec
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from crawler.config import Job
from crawler.errors import UsageError
from crawler.policy.addresses import network
from crawler.transport.adapter import Transport
from crawler.transport.dial import Dialer
from crawler.transport.idle import MAX_IDLE_PER_HOST, IdleConnections
from crawler.transport.proxied import Proxied
from crawler.transport.resolver import Resolver
from crawler.transport.tls import tls_context
from crawler.transport.visit_timer import VisitTimer

MAX_IDLE = 1024
"""Idle connections in all, unless more visits than half of that may be under way.

Hosts that are owed a rest are visited in turn: with fewer each would be dialled for every visit.
"""


class LeanSession(Session):
    """A session that keeps no cookie, asks no environment, and follows no redirect.

    What `Session.send` does beside handing a request to its adapter is what a crawler does not
    want: hooks, history, cookies, and reading a redirect's whole body into memory.
    """

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._adapter = adapter

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Hand a request to the adapter."""
        return self._adapter.send(request, stream=True, **options)


def _idle(concurrency: int) -> int:
    """Return how many idle connections to keep: one for each of many hosts that take turns.

    A quarter of the descriptors at most, but two for each visit.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = MAX_IDLE if limit == resource.RLIM_INFINITY else min(MAX_IDLE, limit // 4)
    return max(2 * concurrency, spare)


class Sessions:
    """A session for each set of connection settings; the idle connections are shared."""

    def __init__(self, resolver: Resolver, concurrency: int) -> None:
        self._resolver = resolver
        self._concurrency = concurrency
        self._idle = IdleConnections(_idle(concurrency), each=max(MAX_IDLE_PER_HOST, concurrency))
        self._distrusted: OrderedDict[str, None] = OrderedDict()
        self._by_settings: dict[object, LeanSession] = {}

    def hang_up(self) -> None:
        """Close every idle connection."""
        self._idle.close()
        for session in self._by_settings.values():
            session.close()

    def check(self, job: Job) -> None:
        """Make what a job's visits need, so that a bad file shows at the start.

        Raises:
            UsageError: `verify` or `client_cert` names no such file, or a part is not installed.
        """
        if (job.proxy or "").startswith("socks") and not find_spec("socks"):
            raise UsageError(f"{job.name}: a SOCKS proxy needs: pip install 'crawlerd[socks]'")
        try:
            self.session(job, trusted=False)
        except (ssl.SSLError, OSError) as error:
            files = ", ".join(str(file) for file in (job.verify, job.client_cert) if file)
            raise UsageError(f"{job.name}: {files}: no certificate in it: {error}") from error

    def session(self, job: Job, *, trusted: bool) -> LeanSession:
        """Return the session of a job, for hosts that may be anywhere or for all others."""
        proxied = bool(job.proxy)
        key = (job.verify, job.client_cert, job.min_tls, job.allow_addresses, trusted, proxied)
        if key not in self._by_settings:
            self._by_settings[key] = LeanSession(self._adapter(job, trusted=trusted))
        return self._by_settings[key]

    def _adapter(self, job: Job, *, trusted: bool) -> BaseAdapter:
        allowed = None if trusted else [network(text) for text in job.allow_addresses]
        context = tls_context(job.verify, job.client_cert, job.min_tls)
        dial = Dialer(self._resolver, allowed)
        if not job.proxy:
            return Transport(dial, context, self._idle, self._distrusted)
        free = Dialer(self._resolver, None)
        return Proxied(dial, free, context, self._distrusted, 2 * self._concurrency)


def options_of(job: Job, timer: VisitTimer) -> dict[str, Any]:
    """Return what `send` needs to know for a job."""
    if not job.proxy:
        return {"timeout": timer}
    proxies = {"http": job.proxy, "https": job.proxy}
    return {"timeout": (timer.connect, timer.read), "proxies": proxies}
