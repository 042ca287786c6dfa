"""Sessions of `requests`, one for each set of connection settings, with an adapter of our own.

Of `requests` they have the types; the exchange itself is the adapter's (`adapter`).
"""

import resource
import ssl
from collections.abc import Iterable
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from requests import PreparedRequest, Session

from crawler.config import Job
from crawler.errors import UsageError
from crawler.policy.addresses import network
from crawler.transport.adapter import Answer, Transport
from crawler.transport.dial import Dialer
from crawler.transport.idle import MAX_IDLE_PER_HOST, IdleConnections
from crawler.transport.memory import Memory
from crawler.transport.resolver import Resolver
from crawler.transport.routes import Direct, HttpProxy, ProxyUrl, Route, SocksProxy
from crawler.transport.socks import login_fits
from crawler.transport.tls import proxy_context, tls_context
from crawler.transport.ways import check_source, ways_of

MAX_IDLE = 1024
"""Idle connections in all, unless more visits than half of that may be under way.

Hosts that are owed a rest are visited in turn: with fewer each would be dialled for every visit.
"""
_SOCKS = ("socks5", "socks5h")


class LeanSession(Session):
    """A session that keeps no cookie, asks no environment, and follows no redirect.

    Beside handing a request to its adapter `Session.send` does what a crawler does not want: hooks,
    history, cookies, and reading a redirect's whole body into memory.
    """

    def __init__(self, adapter: Transport) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._adapter = adapter

    def send(self, request: PreparedRequest, **options: Any) -> Answer:
        """Hand a request to the adapter; `timeout` is the VisitTimer of the visit.

        Raises:
            Trouble: no connection, or no answer.
            OSError: likewise, as the system says it.
            ValueError: a URL that cannot be sent.
        """
        return self._adapter.send(request, **options)


def _bounds(concurrency: int) -> tuple[int, int]:
    """Return how many idle connections to keep, in all and to one host.

    In all it is one for each of many hosts that take turns: a quarter of the descriptors at most,
    but two for each visit.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = MAX_IDLE if limit == resource.RLIM_INFINITY else min(MAX_IDLE, limit // 4)
    return max(2 * concurrency, spare), max(MAX_IDLE_PER_HOST, concurrency)


class Sessions:
    """A session for each set of connection settings; the idle connections are shared.

    The contents of the files that settings name belong to the settings: a certificate that was
    replaced under its name makes another session. A session that nobody holds is forgotten.
    """

    def __init__(self, resolver: Resolver, concurrency: int, memory: Memory) -> None:
        self._resolver = resolver
        self._memory = memory
        self._idle = IdleConnections(*_bounds(concurrency))
        self._by_settings: WeakValueDictionary[object, LeanSession] = WeakValueDictionary()

    def resize(self, concurrency: int) -> None:
        """Keep as many idle connections as so many visits may need."""
        self._idle.bound(*_bounds(concurrency))

    def hang_up(self) -> None:
        """Close every idle connection."""
        self._idle.close()

    def every(
        self, job: Job, proxies: Iterable[str | None], *, trusts: bool
    ) -> dict[tuple[str | None, bool, bool], LeanSession]:
        """Return the sessions of a job by proxy, by trust, and by whether its certificate is shown.

        Raises:
            UsageError: as `session` does.
        """
        trusted, certified = {False, trusts}, {False, job.client_cert is not None}
        return {
            key: self.session(job, key[0], trusted=key[1], certified=key[2])
            for key in product(proxies, trusted, certified)
        }

    def session(
        self, job: Job, proxy: str | None, *, trusted: bool, certified: bool
    ) -> LeanSession:
        """Return the session of a job by a proxy; its connections are not those of another one.

        With `trusted` hosts may be anywhere; with `certified` they are shown the job's certificate.

        Raises:
            UsageError: `verify` or `client_cert` names no such file, a login is too long, or
                `source_address` is none of this machine.
        """
        _check_login(job, proxy)
        check_source(job)
        cert = job.client_cert if certified else None
        try:
            key = _settings(job, cert), proxy, trusted
            session = self._by_settings.get(key)
            if session is None:
                session = LeanSession(self._transport(job, cert, proxy, trusted=trusted))
                self._by_settings[key] = session
        except (ssl.SSLError, OSError) as error:
            between = job.tls.intermediates if job.tls else None
            named = (job.verify, job.client_cert, between)
            files = ", ".join(str(file) for file in named if isinstance(file, Path))
            raise UsageError(f"{job.name}: {files}: no certificate in it: {error}") from error
        return session

    def _transport(
        self, job: Job, cert: Path | None, proxy: str | None, *, trusted: bool
    ) -> Transport:
        allowed = None if trusted else [network(text) for text in job.allow_addresses]
        route = self._route(job, proxy, Dialer(self._resolver, allowed, ways_of(job)))
        context = tls_context(job.verify, cert, job.min_tls, job.tls)
        return Transport(route, context, self._idle, self._memory)

    def _route(self, job: Job, url: str | None, guarded: Dialer) -> Route:
        """Return the route by a proxy; that, which the operator named, may be anywhere."""
        if not url:
            return Direct(guarded)
        proxy, dial = ProxyUrl.of(url), Dialer(self._resolver, None, ways_of(job))
        if proxy.scheme in _SOCKS:
            return SocksProxy(proxy, dial, guarded if proxy.scheme == "socks5" else None)
        secure = proxy.scheme == "https"
        return HttpProxy(proxy, dial, proxy_context(job.verify, job.min_tls) if secure else None)


def _check_login(job: Job, url: str | None) -> None:
    proxy = ProxyUrl.of(url) if url else None
    if proxy and proxy.scheme in _SOCKS and not login_fits(proxy.user, proxy.password):
        raise UsageError(f"{job.name}: SOCKS takes 255 bytes of user and password each")


def _settings(job: Job, cert: Path | None) -> object:
    """Return what the connections of jobs must have in common to be shared."""
    between = job.tls.intermediates if job.tls else None
    files = tuple(_content(file) for file in (job.verify, cert, between))
    spoken = job.min_tls, job.tls.model_dump_json() if job.tls else ""
    family, source, known = ways_of(job)
    ways = family, source, *sorted(known.items())
    return files, job.verify, cert, spoken, job.allow_addresses, ways


def _content(file: Path | bool | None) -> bytes:  # noqa: FBT001  as the options are
    if not isinstance(file, Path):
        return b""
    return blake2b(file.read_bytes(), digest_size=16).digest()
