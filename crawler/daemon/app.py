"""The composition root: opens every part from the disk upward, runs, and unwinds.

A part is made when all that it needs is there.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Self

from crawler.config import Job, Settings
from crawler.daemon.account import ready_fields
from crawler.daemon.budgets import Budgets
from crawler.daemon.busy_watch import BusyWatch
from crawler.daemon.by_hand import ByHand
from crawler.daemon.change import Change
from crawler.daemon.clock import ClockWatch
from crawler.daemon.configuration import Configuration
from crawler.daemon.disk import Disk, Start
from crawler.daemon.guards.guards import Guards
from crawler.daemon.hooking import Hooking
from crawler.daemon.keeper import Keeper
from crawler.daemon.list_fetcher import ListFetcher
from crawler.daemon.log_controls import LogControls
from crawler.daemon.mailbox import Mailbox
from crawler.daemon.meaning import Meanings
from crawler.daemon.opening import StoppedError, opened
from crawler.daemon.reloading import ConfigWatch, Reloader
from crawler.daemon.services import Service
from crawler.daemon.signals import signals_heard
from crawler.daemon.standing import Standing
from crawler.daemon.supervisor import Supervisor
from crawler.daemon.telling import telling, visits_under_way
from crawler.daemon.until_done import UntilDone
from crawler.daemon.upgrading import upgraded
from crawler.daemon.visiting import Visiting
from crawler.daemon.wishes import hearing
from crawler.frontier import Pulse
from crawler.log import Log
from crawler.seeder.admission import SyncSums
from crawler.seeder.seeder import Seeder


class App:
    """The crawler, to run once.

    The log has `controls`; a run `by_hand` has what a daemon has not. Of the lists `limit` URLs are
    taken at most; `bad` gets text and reason of bad lines. A run until all is done ends also when
    `waits_in_vain` says so of all that waits. A `mailbox` may have messages already.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        start: Start | None = None,
        until_done: bool = False,
        trust_listed: bool = False,
        limit: int | None = None,
        bad: Callable[[str, str], None] | None = None,
        by_hand: ByHand = ByHand(),  # noqa: B008  it never changes
        controls: LogControls = LogControls(),  # noqa: B008  it never changes
        mailbox: Mailbox | None = None,
    ) -> None:
        self._configuration = configuration = Configuration(settings)
        self._log = log
        self._file = start.file if start else None
        self._manager = start.manager if start else None
        self._until_done = until_done
        self._trust_listed = trust_listed
        self._limit = limit
        self._bad = bad
        self.waits_in_vain: Callable[[], bool] = lambda: False
        self.mailbox = mailbox or Mailbox()
        self.stop = self.mailbox.stop
        self._controls = controls
        self.disk = Disk(configuration, log, start, controls.come_from)
        self.visiting = Visiting(
            configuration,
            self.disk,
            log,
            trust_listed=trust_listed,
            by_hand=by_hand,
            together=controls.together,
            ended=self.mailbox.ended,
            lost=controls.lost,
        )
        self.tally = self.visiting.tally

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(
                signals_heard(self.stop, self.mailbox.reload, self._log, self._controls.reopen)
            )
            stack.push(opened(self._open, self.mailbox, self._log, self._manager))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def settings(self) -> Settings:
        """The configuration of its file, as it was read last."""
        return self._configuration.text

    def run(self) -> bool:
        """Run until stopped or done; return whether the stop was forced.

        Raises:
            ServiceDiedError: a service kept dying.
            EndOfProcessError: its leases or the ledger are lost, or a newer crawler has the ledger.
        """
        self._log.info("daemon.ready", **ready_fields(self._configuration, self._file))
        visiting = self.visiting
        services = (
            Service("settler", visiting.settler.run),
            Service("keeper", self.keeper.run),
            Service("hooks", self._hooking.dispatcher.run),
            Service("logins", visiting.logins.run),
            Service("leading", visiting.leading.run),
            *self._hearing,
            Service("leaser", visiting.feeder.leaser.run),
            Service("feeder", visiting.feeder.run),
            Service("seeder", self.seeder.run),
        )
        forced = self._supervisor.run(services, self._reloader.reload)
        self._standing.require()
        self._guards.require()
        return forced

    def _open(self, stack: ExitStack) -> None:
        state = self._configuration.settings.crawler.state
        if not upgraded(state, self._log, self.mailbox.stopped):
            raise StoppedError
        stack.enter_context(self.disk)
        self.frontier = self.disk.frontier
        stack.enter_context(BusyWatch(self.frontier.busy_since, self._log))
        stack.enter_context(self.visiting)
        self.visiting.try_output(patient=bool(self._file))
        self._meanings = Meanings(self.frontier, self.disk.owner, self.visiting.put_in_force)
        self._meanings.open(self._configuration.jobs)
        self._guards = Guards(
            self._configuration, self.visiting, self._log,
            lambda: self._supervisor.is_running(), self.stop,  # noqa: PLW0108  it comes later
        )  # fmt: skip
        self.visiting.context.troubled = self._guards.happened
        self.visiting.logins.stands = self._guards.troubles.stands
        self._guards.lagged = self.visiting.counters.lagged
        self._hooking = Hooking(
            self._configuration, self.disk, self._log, self._file, self.visiting, self._guards
        )
        self._open_supervisor()
        if self._file:  # else somebody waits for the run's end, and hears of a fault when it is one
            stack.enter_context(self._guards)
        self._open_seeder(stack)
        self._open_keeper()
        self._change = Change(
            self._configuration, self.visiting, self._meanings, self.disk, self._supervisor,
            self.keeper, self.seeder, self._controls, self._hooking, self._budgets,
        )  # fmt: skip
        self._reloader = Reloader(
            self._file, self._configuration, self._change.prepare, self._log, self.frontier.now
        )
        self._hearing = hearing(
            self.frontier, self.disk.owner, self.visiting.feeder, self._reloader, self.mailbox,
            self._log, self.keeper.look, self._budgets.asked,
        )  # fmt: skip
        stack.callback(self._release)

    def _open_supervisor(self) -> None:
        options, visiting = self._configuration.settings.crawler, self.visiting
        self._supervisor = Supervisor(
            self.mailbox, visiting.settler, visiting.handoff, visiting.workers,
            concurrency=options.concurrency, grace_period=options.grace_period, log=self._log,
            hurry=self.frontier.hurry, written_at=self.frontier.written_at,
            overdue=partial(self._guards.happened, "visit"),
        )  # fmt: skip
        self._supervisor.finish = self._hooking.dispatcher.finish
        if self._manager:
            self._supervisor.manager = self._manager

    def _open_seeder(self, stack: ExitStack) -> None:
        lists = ListFetcher(self._configuration, trust_listed=self._trust_listed)
        lists.jars = self.visiting.jars
        watch = ConfigWatch(self._file, self._configuration, self.mailbox.reload)
        self.seeder = Seeder(
            self.frontier,
            self.disk.owner,
            self._configuration.listed_jobs,
            self._log,
            look=self.visiting.feeder.leaser.look,
            folder=lists.folder,
            fetch=stack.enter_context(lists).of,
            watch=watch.look,
            limit=self._limit,
            bad=self._bad,
        )
        self.seeder.down_since, self.seeder.remove = self.disk.alive, self.disk.files.remove
        self.seeder.patient = not self._trust_listed
        self.seeder.synced = self._synced
        self.seeder.list_failed = self._hooking.recorder.list_failed

    def _synced(self, read: Sequence[tuple[Job, SyncSums]]) -> None:
        self._meanings.synced([job for job, sums in read if not sums.failed])
        self.visiting.counters.read([sums for _, sums in read])

    def _open_keeper(self) -> None:
        visiting, configuration = self.visiting, self._configuration
        self._budgets = Budgets(self.frontier, self.disk.owner, configuration, self.seeder)
        self.done = UntilDone(
            self.frontier, visiting.feeder, visiting.own_hosts, self.seeder, configuration,
            stop=self.stop, waits_in_vain=self.waits_in_vain, all_told=self._hooking.all_told,
            locked_out=lambda: visiting.logins.given_up,
        )  # fmt: skip
        self.keeper = Keeper(
            self.frontier,
            self.disk.owner,
            configuration.jobs,
            self.disk.files,
            self._log,
            tally=self.tally,
            pulse=self._pulse,
            progress=configuration.settings.crawler.log.progress,
            when_settled=self._look,
        )
        self.keeper.under_way = partial(visits_under_way, visiting)
        self.keeper.counted = visiting.counted
        self._standing = Standing(
            self._file, configuration, self._log, stop=self.stop, reload=self.mailbox.reload,
            give_back=visiting.feeder.leaser.give_all_back,
        )  # fmt: skip
        told = partial(self._guards.happened, "clock")
        went_back = partial(visiting.review.ask, ahead=True)
        clock = ClockWatch(self._log, went_back, told, self.disk.stepped)
        self.keeper.beaten += [clock.look, self._guards.heed]
        self.keeper.beat()
        self.keeper.beaten.append(self._standing.look)

    def _look(self) -> None:
        """Compute rests anew where that was asked for, and see whether all is done."""
        if self.visiting.review.run():
            self.seeder.again({})
        self._budgets.look()
        if self._until_done:
            self.done.look()

    def _pulse(self) -> Pulse:
        """Return how the process is, for its row in the ledger."""
        state, now = self._supervisor.state, self.frontier.now()
        return telling(state, self._file, self.visiting, self._configuration, self._guards, now)

    def _release(self) -> None:
        """Give back all leased tasks: the end of every drain, also of one that failed."""
        with self._supervisor.hearing():
            given_back = self.disk.release(self.visiting, self._supervisor.ends_by)
            self._log.info("lease.released", tasks=given_back)
