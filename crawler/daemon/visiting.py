"""All that a task meets from its lease to its log line: feeder, workers, fetcher, settler.

Two queues stand between them, so that none needs another: the hand-off, and the ends of visits.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Self

from gevent.queue import Queue

from crawler.config import Job
from crawler.daemon.by_hand import ByHand
from crawler.daemon.configuration import Configuration
from crawler.daemon.counters import Counters
from crawler.daemon.disk import Disk
from crawler.daemon.fetching import fetcher_of
from crawler.daemon.leading import Leading
from crawler.daemon.logins import Logins
from crawler.daemon.outcomes import Outcomes
from crawler.daemon.tally import Tally
from crawler.daemon.visit_context import VisitContext
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.reservations import Reservations
from crawler.feeder.review import Review
from crawler.fetch.jars import jars_of
from crawler.frontier import LeasedHost
from crawler.frontier.metrics import LEASE, SETTLE, Totals
from crawler.log import Log
from crawler.model import Task
from crawler.settler import Settler
from crawler.threads import Greenlet
from crawler.transport.memory import Memory
from crawler.worker.ends import Ends
from crawler.worker.guard import Guard
from crawler.worker.judge import Judge
from crawler.worker.pool import Workers
from crawler.worker.robots_rules import Rulebook
from crawler.worker.visit import Visits
from crawler.worker.worker import Worker

MAX_HANDED_OFF = 16
"""Most tasks in the hand-off: all that wait in it begin within one turn of the event loop."""


class Visiting:
    """Makes the parts in the order in which a task meets them; `ended` gets dead workers."""

    def __init__(
        self,
        configuration: Configuration,
        disk: Disk,
        log: Log,
        *,
        trust_listed: bool,
        by_hand: ByHand,
        together: Callable[[], AbstractContextManager[None]],
        ended: Callable[[Greenlet], None],
        lost: Callable[[], int],
    ) -> None:
        self._configuration = configuration
        self._disk = disk
        self._log = log
        self._trust_listed = trust_listed
        self._by_hand = by_hand
        self._together = together
        self._ended = ended
        self.tally = Tally()
        self.counters = Counters(lost)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._open_feeder()
            self._open_fetcher(stack)
            self._open_settler(stack)
            self._open_workers()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def apply(self) -> None:
        """Take over the options of visits from a configuration that is newly in force."""
        self.logins.await_new()
        self.review.ask()
        options = self._configuration.settings.crawler
        self._rules.go_by(options.robots_token)
        self._visits.token = options.robots_token
        self.feeder.concurrency = options.concurrency
        # Nobody needs to be woken: a feeder that waits goes on with the next `get` of a worker.
        size = _handed_off(options.concurrency)
        self.handoff.maxsize = size  # type: ignore[misc]  # a property, which the stubs lack
        self.fetcher.resize(options.concurrency)
        self.feeder.leaser.look()

    def counted(self) -> Totals:
        """Return what this process has counted since it joined the ledger."""
        return self.counters.totals(self._configuration.jobs)

    def _open_feeder(self) -> None:
        concurrency = self._configuration.settings.crawler.concurrency
        self.handoff: Queue[Task] = Queue(_handed_off(concurrency))
        self._memory = Memory()
        self._ends = Ends(self._memory)
        limits = self._configuration.address_limits()
        self.own_hosts = OwnHosts(self._configuration.hosts, limits, self._log)
        self.feeder = Feeder(
            self._disk.frontier,
            self._disk.owner,
            self.handoff,
            concurrency,
            self.own_hosts,
            self._ends.put,
        )
        self.review = Review(
            self._disk.frontier,
            self._disk.owner,
            self.feeder,
            self._configuration.hosts,
            self._configuration.address_limits,
        )

    def _open_fetcher(self, stack: ExitStack) -> None:
        fetcher = fetcher_of(
            self._configuration, self._disk, self._log, self._memory, self._by_hand,
            trust_listed=self._trust_listed,
        )  # fmt: skip
        self.fetcher = stack.enter_context(fetcher)
        self.jars = self.fetcher.jars = jars_of(self._disk.frontier)
        self.fetcher.bound_rate(self._configuration.limit_rate, self._configuration.hosts)
        for job in self._configuration.listed_jobs():
            self.fetcher.open(job)

    def _learn(self, host: LeasedHost) -> None:
        """Take in what comes with the lease of a host."""
        self._rules.learn(host)
        if host.jars:
            self.jars.learn(host.jars)

    def _open_settler(self, stack: ExitStack) -> None:
        disk, jobs, hosts = self._disk, self._configuration.jobs, self._configuration.hosts
        token = self._configuration.settings.crawler.robots_token
        self._rules = stack.enter_context(Rulebook(disk.frontier, hosts, jobs, token, self._log))
        self.feeder.leaser.learn = self._learn
        self.feeder.leaser.took = self.counters.timer(LEASE)
        self.context = VisitContext(
            self._configuration, disk, self.feeder, self.fetcher, self._rules,
            self._by_hand,
        )  # fmt: skip
        outcomes = Outcomes(
            self.tally, self.counters, self.feeder.pause, self.fetcher, disk.files, self._log,
            self._by_hand.on_visit,
        )  # fmt: skip
        self.logins = self.context.logins = Logins(
            disk.frontier, disk.owner, lambda: self._configuration.jobs, self.fetcher, disk.files,
            self._log, self.feeder.leaser.look, lambda: self.own_hosts.withdrawal.paused,
            Reservations(disk.frontier, disk.owner, self.feeder.leaser, self.own_hosts),
        )  # fmt: skip
        self.logins.await_new()
        self.leading = Leading(
            disk.frontier, disk.owner, lambda: self._configuration.jobs, self._log,
            self.feeder.leaser.look,
        )  # fmt: skip
        self.own_hosts.left = self.leading.left
        given_up, guard = self.feeder.given_up, Guard(self._log)
        judge = Judge(jobs, self._rules, given_up, guard, hosts.max_backoff)
        judge.in_session = self.logins.outcome_of
        self.settler = Settler(
            disk.frontier,
            disk.owner,
            jobs,
            disk.files,
            self.feeder,
            judge,
            outcomes.settled,
            self._ends,
            together=self._together,
            pardons=self.context.pardons,
        )
        self.settler.reservations.jars = self.jars
        self.settler.reservations.took = self.counters.timer(SETTLE)

    def _open_workers(self) -> None:
        options = self._configuration.settings.crawler
        self._visits = Visits(
            self._configuration.jobs,
            self.context.fetch,
            self._disk.owner,
            self._log,
            token=options.robots_token,
            objection=self.context.objection,
            fresh=self.context.fresh,
            begun=self.context.begun,
            now=self._disk.frontier.now,
        )
        self.workers = Workers(options.concurrency, self._worker, self.settler.take, self._ended)

    def _worker(self, leave: Callable[[], bool]) -> Worker:
        return Worker(self.handoff, self._visits, deliver=self.settler.deliver, leave=leave)

    def try_output(self, *, patient: bool) -> None:
        """See whether files can be stored; who is patient begins with a pause where they cannot.

        Raises:
            OSError: they cannot, and nobody is to wait: this is no daemon.
        """
        fault = self._disk.output_fault()
        if fault and not patient:
            raise fault
        if fault:
            cause = self.context.remedy(fault)
            self.feeder.pause.fault(time.monotonic(), cause)
            self._log.error("daemon.paused", cause=cause)

    def put_in_force(self, job: Job, rows_changed: bool) -> None:  # noqa: FBT001  a callback
        """Put a job in force whose lists were read again, also for its tasks in memory."""
        if not self._configuration.synced(job) and not rows_changed:
            return
        hosts = self.own_hosts.hosts.values()
        waiting = [task for host in hosts for task in host.tasks] + list(self.handoff.queue)
        waiting += [self.feeder.passing] if self.feeder.passing else []
        self.context.outdate(task for task in waiting if task.job == job.name)
        self.feeder.leaser.look()


def _handed_off(concurrency: int) -> int:
    """Return how many tasks the hand-off holds."""
    return max(1, min(MAX_HANDED_OFF, concurrency // 4))
