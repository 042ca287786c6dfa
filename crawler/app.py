"""The composition root: opens every part from the disk upward, runs, and unwinds.

This is the one place that knows everyone. The parts stand in the order in which a URL meets them.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import gevent
from gevent.queue import Queue

from crawler.config import Settings
from crawler.errors import ConfigError, CrawlerError
from crawler.feeder import Feeder
from crawler.fetch import Fetcher
from crawler.frontier import Counts, Frontier, open_frontier
from crawler.frontier.process import current
from crawler.keeper import Keeper
from crawler.log import Log, open_log
from crawler.model import Again, Dead, Done, Hop, Settlement, Task
from crawler.pool import Workers
from crawler.seeder import Seeder
from crawler.settler import Settler
from crawler.store import Files, sweep
from crawler.supervisor import Part, Supervisor
from crawler.worker import Visits, Worker

FORCED = 3
FLUSH = 0.3
"""Seconds the log has to write what still waits when the process ends."""


class App:
    """The crawler, ready to run once; `tell` gets every settled visit, `listing` is the seeder's."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        until_done: bool = False,
        tell: Callable[[Settlement], None] | None = None,
        **listing: Any,
    ) -> None:
        self._settings = settings
        self._log = log
        self._until_done = until_done
        self._listing = listing
        self._tell = tell or self._log_visit
        self._ending = False

    def __enter__(self) -> "App":
        with ExitStack() as stack:
            self._supervisor = self._open(stack)
            stack.enter_context(stopped_by_signals(self._supervisor.stop, self._log))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self) -> bool:
        """Run until stopped or done; return whether the stop was forced."""
        self._log.info("daemon.ready", pid=os.getpid(), owner=self.owner)
        return self._supervisor.run()

    def _open(self, stack: ExitStack) -> Supervisor:
        options = self._settings.crawler
        jobs = {job.name: job for job in self._settings.jobs}
        durable = options.durability == "full"

        self.frontier = stack.enter_context(open_frontier(options.state, durable=durable))
        files = stack.enter_context(Files(options.output, durable=durable))
        process = current()
        self.owner = self.frontier.register(process, time.time())
        self.frontier.configure(list(jobs))

        handoff: Queue[Task] = Queue(max(1, options.concurrency // 4))
        feeder = Feeder(self.frontier, self.owner, jobs, handoff, options.concurrency)
        fetcher = stack.enter_context(
            Fetcher(user_agent=options.user_agent, files=files, concurrency=options.concurrency)
        )
        for job in jobs.values():
            fetcher.open(job)
        visits = Visits(jobs, fetcher.fetch, self.owner, self._log)
        settler = Settler(self.frontier, self.owner, jobs, files, feeder, self._told)
        supervisor = Supervisor(
            settler,
            handoff,
            concurrency=options.concurrency,
            grace_period=options.grace_period,
            log=self._log,
        )
        workers = Workers(
            options.concurrency,
            lambda: Worker(handoff, visits.visit, feeder.begun, settler.deliver, visits.timeout),
            settler.take,
            supervisor.ended,
        )
        self.seeder = Seeder(
            self.frontier, self._settings.jobs, self._log, look=feeder.look, **self._listing
        )
        self.keeper = Keeper(
            self.frontier,
            self.owner,
            process,
            jobs,
            files,
            self._log,
            progress=options.log.progress,
            settled=settler.settled,
            busy=lambda: workers.busy,
            when_idle=self._stop_when_done if self._until_done else None,
        )
        self.keeper.reclaim()
        self.stop = supervisor.stop
        stack.callback(self._release, feeder, settler, supervisor, files, jobs)
        supervisor.adopt(
            workers,
            Part("keeper", self.keeper.run),
            Part("feeder", feeder.run),
            Part("seeder", self.seeder.run, lasting=False),
        )
        return supervisor

    def _release(
        self,
        feeder: Feeder,
        settler: Settler,
        supervisor: Supervisor,
        files: Files,
        jobs: dict[str, Any],
    ) -> None:
        """Give back what is still held: the end of every drain, also of one that failed."""
        left = [(task, self.owner) for task in (*supervisor.killed, *settler.left())]
        sweep(files, jobs, left)
        released = self.frontier.release(self.owner, feeder.owed())
        self._log.info("lease.released", tasks=released)

    def _stop_when_done(self, counts: Counts) -> None:
        if self.seeder.done and not counts.waiting and not counts.leased and not self._ending:
            self._ending = True
            self.stop("done")

    def _told(self, settled: Settlement) -> None:
        self.keeper.count(settled)
        self._tell(settled)

    def _log_visit(self, settled: Settlement) -> None:
        log_visit(self._log, settled)


def log_visit(log: Log, settled: Settlement) -> None:
    """Write the one line of a finished visit."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    log.info(
        "visit",
        job=task.job,
        url=task.url,
        location=task.location if task.location != task.url else None,
        host=task.host,
        kind=outcome.kind.value,
        status=outcome.status,
        bytes=outcome.size,
        path=outcome.path,
        elapsed_s=outcome.elapsed,
        attempt=task.attempt,
        verdict=_WORDS[type(verdict)],
        retry_at=_iso(verdict.at) if isinstance(verdict, Again) else None,
        reason=outcome.reason or None,
        unverified=outcome.unverified or None,
    )


_WORDS = {Done: "done", Again: "again", Hop: "hop", Dead: "dead"}


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def run(settings: Settings, *, until_done: bool = False) -> int:
    """Run the daemon with a log of its own; return the exit code."""
    log, lines = open_log(settings.crawler.log.level, settings.crawler.log.format)
    quiet_hub(log)
    try:
        with App(settings, log, until_done=until_done) as app:
            forced = app.run()
        log.info("daemon.stopped", forced=forced)
        return FORCED if forced else 0
    except CrawlerError as error:
        log.error("daemon.failed", cause=str(error))
        raise
    finally:
        lines.close(FLUSH)


def log_rejected(error: ConfigError) -> None:
    """Tell of a bad configuration in the log as well, where those look who tail it."""
    if not os.isatty(1):
        log, lines = open_log("info", "json")
        log.error("config.rejected", problems=[str(problem) for problem in error.problems])
        lines.close(FLUSH)


def quiet_hub(log: Log) -> None:
    """Send what greenlets die of to the log; of the watched ones the supervisor tells."""

    def print_exception(context: Any, kind: Any, value: Any, trace: Any) -> None:
        if not getattr(context, "watched", False):
            log.error("greenlet.failed", cause=repr(value), exc_info=(kind, value, trace))

    gevent.get_hub().print_exception = print_exception


@contextmanager
def stopped_by_signals(stop: Callable[[str], None], log: Log) -> Iterator[None]:
    """Turn TERM and INT into messages.

    A handler of `signal.signal` runs even while a fast server keeps the hub from its timers; it
    only remembers the signal and wakes the loop.
    """
    arrived: list[int] = []
    waker = gevent.get_hub().loop.async_()

    def act() -> None:
        while arrived:
            number = arrived.pop(0)
            if number in (signal.SIGTERM, signal.SIGINT):
                stop(signal.Signals(number).name)
            else:
                log.info("signal.ignored", signal=signal.Signals(number).name)

    def handle(number: int, _: object) -> None:
        arrived.append(number)
        waker.send()

    waker.start(act)
    chosen = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)
    before = {number: signal.signal(number, handle) for number in chosen}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        waker.stop()
        waker.close()
