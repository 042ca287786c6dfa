"""The ledger, with the row of this process, and the files."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol, Self

from crawler.config.digests import text_digest
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.configuration import Configuration
from crawler.daemon.identity import check_same, check_there, unknown_files
from crawler.daemon.service_manager import ServiceManager
from crawler.errors import CrawlerError
from crawler.feeder.feeder import Feeder
from crawler.frontier import Holder, has_ledger, open_frontier
from crawler.frontier.metrics import Totals
from crawler.frontier.process import current
from crawler.log import Log
from crawler.model import Seconds
from crawler.rights import make_folder, rights_of, settle_ledger, settle_lists
from crawler.sources.contract import readable
from crawler.state_address import StateAddress, folders_of
from crawler.store import Files, sweep
from crawler.store.mark import ledger_named, name_ledger, store_named
from crawler.value import value

RELEASE_S: Seconds = 2.0
"""How long the last transaction of a stop waits for others where no grace period is left."""


@value
class Start:
    """How a daemon starts."""

    file: Path
    """Its configuration."""
    manager: ServiceManager
    """Who started it."""
    new_ledger: bool = False
    """Whether the output folder may name another ledger."""
    take_over: bool = False
    """Whether a living process of another configuration may hold the ledger."""


class Leaving(Protocol):
    """The visits of a process that ends: `daemon.visiting.Visiting`."""

    @property
    def feeder(self) -> Feeder: ...
    def counted(self) -> Totals: ...


class Disk:
    """Opens both, and registers this process as an owner of leases.

    For a daemon, which has a `start`, the ledger must be the one that the output folder names, and
    no living process of another configuration may hold it, unless the start does away with that.
    `joined` gets the number of this process.
    """

    def __init__(
        self,
        configuration: Configuration,
        log: Log,
        start: Start | None = None,
        joined: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._configuration = configuration
        self._log = log
        self._start = start
        self._has_joined = joined

    def __enter__(self) -> Self:
        options = self._configuration.settings.crawler
        durable = options.durability == "full"
        named = self._named(options.output)
        check_there(options.state, options.output, named)
        unknown = self._unknown(options.state, options.output)
        with ExitStack() as stack:
            rights = rights_of(options.group)
            for folder in folders_of(options.state):
                with suppress(OSError):  # opening the ledger says what is wrong
                    make_folder(folder, rights)
            settle_ledger(options.state, rights)  # of an earlier version all could be read by all
            settle_lists(options.lists_folder, rights)
            self.frontier = stack.enter_context(open_frontier(options.state, durable=durable))
            settle_ledger(options.state, rights)
            uid = self._joined(named)
            try:
                check_same(options.state, options.output, named, uid)
            except CrawlerError:
                self.frontier.leave(self.owner, [])
                raise
            if unknown:
                self._log.warning("ledger.new", cause=readable(unknown))
            self.files = stack.enter_context(Files(options.output, durable=durable, make=False))
            self.files.keep_to(uid if uid == named else "")
            self._name = uid if self._start else ""
            self._enter_store()
            self.configure(self._configuration.hosts)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _named(self, output: Path) -> str:
        """Return the ledger that the output folder names, '' where that does not matter."""
        return ledger_named(output) if self._start and not self._start.new_ledger else ""

    def _unknown(self, state: StateAddress, output: Path) -> str:
        """Say which files a new ledger does not know, where nobody asked for a new one."""
        if self._start and not self._start.new_ledger and not has_ledger(state):
            return unknown_files(state, output)
        return ""

    def _joined(self, named: str) -> str:
        """Join the ledger, and return its id; say whose it was until then, and what retires."""
        start, name = self._start, self._configuration.settings.crawler.name or ""
        holder = Holder(name, readable(str(start.file)), start.take_over) if start else None
        joined = self.frontier.join(current(), holder, named)
        self.owner, self.alive, self.stepped = joined.owner, joined.alive, joined.stepped
        self._has_joined(joined.owner)
        before = joined.before
        if holder and before.name not in {"", name}:
            retires = sorted(set(before.jobs) - set(self._configuration.jobs))
            self._log.warning("ledger.taken_over", former=before.name, name=name, retires=retires)
        return joined.uid

    def output_fault(self) -> OSError | None:
        """Return what keeps files from being stored; once nothing does the folder has its name."""
        fault = self.files.fault()
        if self._name and fault is None:
            output = self._configuration.settings.crawler.output
            name_ledger(output, self._name)
            self.files.keep_to(ledger_named(output))
            self._enter_store()
            self._name = ""
        return fault

    def _enter_store(self) -> None:
        """Have the ledger know in which folder this daemon stores, once that has a name."""
        output = self._configuration.settings.crawler.output
        store = store_named(output) if self._start else ""
        if store:
            self.frontier.store_in(self.owner, store, readable(str(output.resolve())))

    def configure(self, hosts: HostOverrides) -> None:
        """Write the terms of the jobs to the frontier: from now on these are the active ones.

        Raises:
            LocalFaultError: the ledger cannot be written just now, and nothing has changed.
        """
        self.frontier.configure(
            hosts.job_terms(),
            obeys=hosts.robots_rules(),
            text=(self.owner, text_digest(hosts.digests())),
        )

    def release(self, visiting: Leaving, until: Seconds) -> int:
        """Give back all leased tasks, with what hosts are owed; return how many.

        Others are waited for until then on the monotonic clock, and for RELEASE_S at the least.
        """
        self.frontier.hurry(max(until, time.monotonic() + RELEASE_S))
        owed, counted = list(visiting.feeder.owed()), visiting.counted()
        released = self.frontier.leave(self.owner, owed, counted)
        sweep(self.files, self._configuration.jobs, [(task, self.owner) for task in released])
        return len(released)
