"""A change of the configuration, as all parts of the daemon take it up, or none of them."""

from collections.abc import Callable, Sequence
from functools import partial

from crawler.config import Settings
from crawler.daemon.budgets import Budgets
from crawler.daemon.configuration import Coming, Configuration
from crawler.daemon.difference import Difference
from crawler.daemon.disk import Disk
from crawler.daemon.hooking import Hooking
from crawler.daemon.keeper import Keeper
from crawler.daemon.log_controls import LogControls
from crawler.daemon.meaning import Meanings
from crawler.daemon.supervisor import Supervisor
from crawler.daemon.visiting import Visiting
from crawler.fetch.job_session import JobSession
from crawler.seeder.seeder import Seeder


class Change:
    """Prepares another configuration, and puts it in force."""

    def __init__(
        self,
        configuration: Configuration,
        visiting: Visiting,
        meanings: Meanings,
        disk: Disk,
        supervisor: Supervisor,
        keeper: Keeper,
        seeder: Seeder,
        controls: LogControls,
        hooking: Hooking,
        budgets: Budgets,
    ) -> None:
        self._configuration = configuration
        self._visiting = visiting
        self._meanings = meanings
        self._disk = disk
        self._supervisor = supervisor
        self._keeper = keeper
        self._seeder = seeder
        self._controls = controls
        self._hooking = hooking
        self._budgets = budgets

    def prepare(self, settings: Settings, text: Settings, found: Difference) -> Callable[[], None]:
        """Do all that may fail, the ledger last; return what puts it in force.

        `text` is the file's own settings, without what operators set. If that is as it was read
        before, only what operators set has changed, which is nothing about lists.

        Raises:
            UsageError, LocalFaultError: something failed; nothing has changed.
        """
        self._controls.check(settings.crawler.log)
        coming = self._configuration.coming(settings, text)
        sessions = self._visiting.fetcher.prepare(coming.all_jobs())
        self._meanings.look()
        wished = text is self._configuration.text
        if not (wished and self._configuration.superseded):  # what others have read is the newest
            self._disk.configure(coming.hosts)  # from here on jobs are leased: nothing may wait
        follow = self._seeder.carry_on if wished else partial(self._seeder.again, found.changed)
        return partial(self._put_in_force, coming, sessions, follow)

    def _put_in_force(
        self, coming: Coming, sessions: Sequence[JobSession], follow: Callable[[], None]
    ) -> None:
        """Tell every part of another configuration, without a wait; a URL's next lease has it."""
        self._configuration.take_up(coming)
        self._visiting.fetcher.commit(sessions)
        options = coming.settings.crawler
        self._supervisor.grace_period = options.grace_period
        self._supervisor.resize(options.concurrency)
        self._keeper.progress = options.log.progress
        self._controls.adjust(options.log)
        self._visiting.apply()
        self._hooking.take_up()
        self._budgets.take_up()
        self._visiting.tally.counted.set()  # the keeper computes the rests anew at once
        follow()
