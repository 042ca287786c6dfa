"""All that a task meets from its lease to its log line: feeder, workers, fetcher, settler.

Two queues stand between them, so that none needs another: the hand-off, and the ends of visits.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any, Self

from gevent.queue import Queue

from crawler.config import Job
from crawler.daemon.by_hand import ByHand
from crawler.daemon.configuration import Configuration
from crawler.daemon.counters import Counters
from crawler.daemon.disk import Disk
from crawler.daemon.outcomes import Outcomes
from crawler.daemon.tally import Tally
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.review import Review
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import SaidOf
from crawler.frontier.metrics import LEASE, SETTLE, Totals
from crawler.log import Log
from crawler.model import Fetched, Kept, Kind, Outcome, Task, Trouble
from crawler.policy.masking import masked_line
from crawler.policy.pardons import Pardons
from crawler.policy.remedies import remedy
from crawler.settler import Settler
from crawler.store import may_be_folders
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
        self._by_hand, self._files_there = by_hand, by_hand.files_there
        self._together = together
        self._ended = ended
        self.tally = Tally()
        self.counters = Counters(lost)
        self.troubled: Callable[[str, str], None] = lambda *_: None
        """Gets what troubles this process: a name, and words."""
        self._pardons = Pardons()
        self._stale: set[int] = set()
        """Ids of tasks that were leased before their lists were read again."""

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
        self.review.ask()
        self.feeder.concurrency = self._configuration.settings.crawler.concurrency
        self.feeder.leaser.look()

    def counted(self) -> Totals:
        """Return what this process has counted since it joined the ledger."""
        return self.counters.totals(self._configuration.jobs)

    def _open_feeder(self) -> None:
        concurrency = self._configuration.settings.crawler.concurrency
        self.handoff: Queue[Task] = Queue(max(1, min(MAX_HANDED_OFF, concurrency // 4)))
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
        self.fetcher = stack.enter_context(
            Fetcher(
                user_agent=self._configuration.hosts.user_agent,
                files=self._disk.files,
                concurrency=self._configuration.settings.crawler.concurrency,
                trust_listed=self._trust_listed,
                note=self._keep,
                memory=self._memory,
                odd=self._tell_odd_cookie,
                now=self._disk.frontier.now,
                proxies=self._by_hand.proxies,
            )
        )
        self.fetcher.bound_rate(self._configuration.limit_rate)
        for job in self._configuration.listed_jobs():
            self.fetcher.open(job)

    def _keep(self, task: int, kept: Kept) -> None:
        self._disk.frontier.settle(self._disk.owner, (), (), kept={task: kept})

    def _tell_odd_cookie(self, job: str, place: str, reason: str) -> None:
        self._log.warning("cookie.bad", job=job, place=place, reason=reason)

    def _open_settler(self, stack: ExitStack) -> None:
        disk, jobs, hosts = self._disk, self._configuration.jobs, self._configuration.hosts
        token = self._configuration.settings.crawler.robots_token
        self._rules = stack.enter_context(Rulebook(disk.frontier, hosts, jobs, token, self._log))
        self.feeder.leaser.learn = self._rules.learn
        self.feeder.leaser.took = self.counters.timer(LEASE)
        outcomes = Outcomes(
            self.tally, self.counters, self.feeder.pause, self.fetcher, disk.files, self._log,
            self._by_hand.on_visit,
        )  # fmt: skip
        self.settler = Settler(
            disk.frontier,
            disk.owner,
            jobs,
            disk.files,
            self.feeder,
            Judge(jobs, self._rules, self.feeder.given_up, Guard(self._log), hosts.max_backoff),
            outcomes.settled,
            self._ends,
            together=self._together,
            pardons=self._pardons,
        )
        self.settler.reservations.took = self.counters.timer(SETTLE)

    def _open_workers(self) -> None:
        options = self._configuration.settings.crawler
        self._visits = Visits(
            self._configuration.jobs,
            self._fetch,
            self._disk.owner,
            self._log,
            token=options.robots_token,
            objection=self._objection,
            fresh=self._fresh,
            begun=self._begun,
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
            cause = self._remedy(fault)
            self.feeder.pause.fault(time.monotonic(), cause)
            self._log.error("daemon.paused", cause=cause)

    def put_in_force(self, job: Job, rows_changed: bool) -> None:  # noqa: FBT001  a callback
        """Put a job in force whose lists were read again, also for its tasks in memory."""
        if not self._configuration.synced(job) and not rows_changed:
            return
        hosts = self.own_hosts.hosts.values()
        waiting = [task for host in hosts for task in host.tasks] + list(self.handoff.queue)
        self._stale.update(task.id for task in waiting if task.job == job.name)
        self.feeder.leaser.look()

    def _fresh(self, task: Task) -> Task:
        """Return a task as the ledger has it, where its lists were read after it was leased."""
        if self._files_there and not task.robots:
            job = self._configuration.jobs[task.job]
            task = self._files_there.asked(self._disk.files, task, job)
        if task.id not in self._stale:
            return task
        said = self._disk.frontier.entry(SaidOf(task.id))
        self._stale.discard(task.id)
        return replace(task, path=said.path, extra=said.extra)

    def _objection(self, task: Task) -> Outcome | None:
        """Return how a visit ends before it begins; a probe downloads nothing for nothing."""
        if self.feeder.pause.active and (fault := self._disk.output_fault()):
            return Outcome(Kind.LOCAL_IO, reason=self._remedy(fault), ours=True, asked=False)
        objection = self._rules.objection(task)
        if objection or not self._files_there or task.robots:
            return objection
        job = self._configuration.jobs[task.job]
        return self._files_there.objection(self._disk.files, task, job)

    def _fetch(self, task: Task, job: Job, **options: Any) -> Fetched:
        """Fetch; what no part can be written for may be a fault of the whole output folder.

        It may be well again by now, so that the first such fault of a URL is not charged.
        """
        try:
            return self.fetcher.fetch(task, job, **options)
        except Trouble as trouble:
            if trouble.wait:
                self.troubled("body", f"no room for {masked_line(task.location)}: {trouble.reason}")
            elif trouble.kind is Kind.LOCAL_IO and not trouble.ours:
                fault = self._disk.output_fault()
                if fault:
                    raise Trouble(Kind.LOCAL_IO, self._remedy(fault), ours=True) from trouble
                if may_be_folders(trouble.__cause__):
                    trouble.spared = self._pardons.pardon(task.id)
            raise

    def _remedy(self, fault: OSError) -> str:
        return remedy(fault, self._configuration.settings.crawler.output)

    def _begun(self, task: Task) -> bool:
        """Note that a visit begins, at the address whose limit it shares."""
        address = None
        if self._configuration.settings.crawler.per_address is not None:
            job = self._configuration.jobs[task.job]
            address = self.fetcher.address(task, job, self._configuration.resolve)
        return self.feeder.begun(task, address)
