"""Hooks in the daemon: what makes events of what happens, and what tells them."""

from pathlib import Path

from crawler.daemon.configuration import Configuration
from crawler.daemon.disk import Disk
from crawler.daemon.guards.guards import Guards
from crawler.daemon.visiting import Visiting
from crawler.frontier.process import current, host_name
from crawler.hooks.account import Account
from crawler.hooks.dispatcher import Dispatcher
from crawler.hooks.recorder import Recorder
from crawler.hooks.ways import AllWays
from crawler.log import Log


class Hooking:
    """The hooks of the configuration in force; modules of functions may lie beside its `file`."""

    def __init__(
        self,
        configuration: Configuration,
        disk: Disk,
        log: Log,
        file: Path | None,
        visiting: Visiting,
        guards: Guards,
    ) -> None:
        self._configuration = configuration
        self.recorder = Recorder(
            configuration.settings.jobs,
            disk.files.root.absolute(),
            host_name(current().machine),
            disk.frontier.now,
        )
        self._settler = visiting.settler
        self._join()
        visiting.own_hosts.log.told = self.recorder.host_rested
        folder = file.absolute().parent if file else Path.cwd()
        self.dispatcher = Dispatcher(
            disk.frontier,
            disk.owner,
            self.recorder,
            AllWays(folder),
            Account(log, visiting.counters.hook, guards.troubles.stands),
            lambda: configuration.superseded,
        )

    def all_told(self) -> bool:
        """Tell whether each hook was told of everything."""
        return self.dispatcher.idle

    def take_up(self) -> None:
        """Put the hooks of another configuration in force."""
        self.recorder.take_up(self._configuration.settings.jobs)
        self._join()
        self.dispatcher.reload()

    def _join(self) -> None:
        """Have settlements bring events, or not even ask for any where no job has a hook."""
        self._settler.reservations.recorder = self.recorder if self.recorder.hooks else None
        self._settler.compare(self.recorder.compared())
