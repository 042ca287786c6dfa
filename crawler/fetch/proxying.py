"""By which proxy a visit goes: that of its job, one of several, or that of the environment."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from crawler.config import Job
from crawler.model import Trouble
from crawler.policy.proxies import Proxies
from crawler.policy.proxy_health import ProxyHealth

A = TypeVar("A")
Told = Callable[[str, str], None]
"""Gets a proxy, and why it cannot be used; "" where it can be again."""


class Proxying:
    """Chooses proxies for all visits of a process; `ours` are for jobs that name none.

    `told` hears of each that fails, and of each that works again.
    """

    def __init__(self, ours: Proxies | None = None, told: Told = lambda _, __: None) -> None:
        self._ours = ours
        self._told = told
        self._health = ProxyHealth()

    def of(self, job: Job, url: str) -> str | Sequence[str] | None:
        """Return the proxy of a visit, or those that it may go by; None where it goes straight."""
        return job.proxy or (self._ours.of(url) if self._ours else None)

    def every(self, job: Job) -> Sequence[str | None]:
        """Return all that visits of a job may go by."""
        if job.proxy:
            return (job.proxy,) if isinstance(job.proxy, str) else job.proxy
        return (None, *(self._ours.urls() if self._ours else ()))

    def by_one_of(self, proxies: Sequence[str], host: str, send: Callable[[str], A]) -> A:
        """Send by the proxy of a host; where that cannot be reached, by the next one at once.

        Nothing has gone to the host then, so that a POST is not sent twice.

        Raises:
            Trouble: no proxy leads there, or what came after it failed.
        """
        for proxy in (order := self._health.order(proxies, host, time.monotonic())):
            try:
                answer = send(proxy)
            except Trouble as trouble:
                if not trouble.at_proxy:
                    raise
                self._note(proxy, trouble)
                if proxy == order[-1]:
                    raise
            else:
                if self._health.well(proxy):
                    self._told(proxy, "")
                return answer
        raise AssertionError("a list of proxies is not empty")

    def _note(self, proxy: str, trouble: Trouble) -> None:
        if self._health.failed(proxy, time.monotonic()):
            self._told(proxy, trouble.reason)
