"""Leads URLs on to their mirrors from hosts that have fallen silent, beside the visits.

A host that rests long leaves the process, with its tasks: from then on the ledger has all of its
URLs, and short transactions lead them on. Each failed probe of it begins that anew, for what came
due since.
"""

from collections.abc import Callable, Mapping

import gevent
from gevent.event import Event

from crawler.config import Job
from crawler.feeder.host import Host
from crawler.frontier import Frontier, LeadOn, tidied
from crawler.log import Log
from crawler.model import Seconds

MAX_HOSTS = 1000
"""Silent hosts that are waited for; of another one the URLs are led on after its next probe."""
GAP_S: Seconds = 0.01
"""Time between two transactions: settlements and leases go in between."""


class Leading:
    """The hosts of a process that have left it while they are silent; it is a service."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        jobs: Callable[[], Mapping[str, Job]],
        log: Log,
        look: Callable[[], None],
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._jobs = jobs
        self._log = log
        self._look = look
        self._hosts: dict[int, str] = {}
        """Keys of the hosts whose URLs are to be led on, by number."""
        self._wake = Event()

    def left(self, host: Host) -> None:
        """Note a host that leaves this process; most are not silent."""
        if host.pace.silent and host.pace.is_open and len(self._hosts) < MAX_HOSTS:
            self._hosts[host.id] = host.key
            self._wake.set()

    def run(self) -> None:
        """Lead on until killed."""
        while True:
            self._wake.wait()
            self._wake.clear()
            self.lead_all()

    def lead_all(self) -> None:
        """Lead on what waits at the hosts that have left.

        Raises:
            LeaseLostError: this process was taken for dead.
            LocalFaultError: the ledger cannot be asked.
        """
        while self._hosts:
            host, key = self._hosts.popitem()
            for name in [name for name, job in self._jobs().items() if job.checksums]:
                if urls := self._lead(host, name):
                    self._log.info("urls.led_on", host=key, job=name, urls=urls)
                    self._look()

    def _lead(self, host: int, job: str) -> int:
        """Lead on what a job has waiting at a host; return how many URLs that were."""
        urls = 0
        for led in tidied(self._frontier, self._owner, LeadOn(host, job)):
            urls += led
            gevent.sleep(GAP_S)
        return urls
