"""The ledger, with the row of this process, and the files."""

import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import Self

from crawler.config.host_overrides import HostOverrides
from crawler.daemon.configuration import Configuration
from crawler.daemon.identity import check_same, check_there
from crawler.frontier import open_frontier
from crawler.frontier.process import current
from crawler.records import HostRecord
from crawler.rights import make_folder, rights_of, settle_ledger
from crawler.store import Files, sweep
from crawler.store.mark import ledger_named, name_ledger


class Disk:
    """Opens both, and registers this process as an owner of leases.

    With `marked` the ledger must be the one that the output folder names; `new_ledger` has the
    folder name another one.
    """

    def __init__(
        self, configuration: Configuration, *, marked: bool = False, new_ledger: bool = False
    ) -> None:
        self._configuration = configuration
        self._marked = marked
        self._new_ledger = new_ledger

    def __enter__(self) -> Self:
        options = self._configuration.settings.crawler
        durable = options.durability == "full"
        named = "" if self._new_ledger or not self._marked else ledger_named(options.output)
        check_there(options.state, options.output, named)
        with ExitStack() as stack:
            rights = rights_of(options.group)
            with suppress(OSError):  # opening the ledger says what is wrong
                make_folder(options.state.parent, rights)
            settle_ledger(options.state, rights)  # of an earlier version all could be read by all
            self.frontier = stack.enter_context(open_frontier(options.state, durable=durable))
            settle_ledger(options.state, rights)
            uid = self.frontier.identify(named)
            check_same(options.state, options.output, named, uid)
            self.files = stack.enter_context(Files(options.output, durable=durable, make=False))
            self._name = uid if self._marked and uid != named else ""
            self.process = current()
            self.owner = self.frontier.register(self.process, time.time())
            self.configure(self._configuration.hosts)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def output_fault(self) -> OSError | None:
        """Return what keeps files from being stored; once nothing does the folder has its name."""
        fault = self.files.fault()
        if self._name and fault is None:
            name_ledger(self._configuration.settings.crawler.output, self._name)
            self._name = ""
        return fault

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
