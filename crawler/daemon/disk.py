"""The ledger, with the row of this process, and the files."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Self

from crawler.config.host_overrides import HostOverrides
from crawler.daemon.configuration import Configuration
from crawler.frontier import open_frontier
from crawler.frontier.process import current
from crawler.records import HostRecord
from crawler.store import Files, sweep


class Disk:
    """Opens both, and registers this process as an owner of leases."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def __enter__(self) -> Self:
        options = self._configuration.settings.crawler
        durable = options.durability == "full"
        with ExitStack() as stack:
            self.frontier = stack.enter_context(open_frontier(options.state, durable=durable))
            self.files = stack.enter_context(Files(options.output, durable=durable))
            self.process = current()
            self.owner = self.frontier.register(self.process, time.time())
            self.configure(self._configuration.hosts)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def configure(self, hosts: HostOverrides) -> None:
        """Write the terms of the jobs to the frontier: from now on these are the active ones.

        Raises:
            LocalFaultError: the ledger cannot be written just now, and nothing has changed.
        """
        self.frontier.configure(hosts.job_terms(), time.time(), obeys=hosts.obeys)

    def release(self, owed: Iterable[HostRecord]) -> int:
        """Give back all leased tasks, with the records of their hosts; return how many."""
        released = self.frontier.release(self.owner, list(owed), time.time())
        sweep(self.files, self._configuration.jobs, [(task, self.owner) for task in released])
        return len(released)
