"""The composition root: opens every part from the disk upward, runs, and unwinds.

It alone knows every other module. The services stand in the order in which a URL meets them.
"""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import gevent
from gevent.lock import Semaphore
from gevent.queue import Queue

from crawler.config import PerAddress, Settings, load
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.keeper import Keeper
from crawler.daemon.reload import Difference, check, difference, log_fields, merged
from crawler.daemon.services import Service
from crawler.daemon.signals import signals_heard
from crawler.daemon.supervisor import Supervisor
from crawler.errors import ConfigError, UsageError
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import Pulse, open_frontier
from crawler.frontier.process import current
from crawler.log import Log, visit_fields
from crawler.model import Kind, Outcome, Task
from crawler.policy.politeness import HostLimits
from crawler.records import Settlement
from crawler.seeder.seeder import Seeder
from crawler.settler import Settler
from crawler.sources import downloader
from crawler.store import Files, sweep
from crawler.threads import Native
from crawler.worker.pool import Workers
from crawler.worker.robots_rules import Rulebook
from crawler.worker.visit import Visits
from crawler.worker.worker import Worker

MAX_HANDED_OFF = 16
"""Most tasks in the hand-off: all that wait in it begin within one turn of the event loop."""


class App:
    """The crawler, to run once; `listing` is the seeder's.

    `on_visit` gets every visit to a URL, a batch of them within one `together`.
    """

    def __init__(
        self,
        settings: Settings,
        log: Log,
        *,
        config: Path | None = None,
        until_done: bool = False,
        trust_listed: bool = False,
        on_visit: Callable[[Settlement], None] | None = None,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
        **listing: Any,
    ) -> None:
        self._settings = settings
        self._log = log
        self._config = config
        self._config_mark = _mark(config)
        self._until_done = until_done
        self._trust_listed = trust_listed
        self._listing = listing
        self._on_visit = on_visit or self._log_visit
        self._together = together
        self._ending = False
        self._reloading = Semaphore()
        self._opened = self._reload_wanted = False
        self._early: list[str] = []
        self.stop: Callable[[str], None] = self._early.append

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(signals_heard(self._stopped, self._reload_soon, self._log))
            self._supervisor = self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self) -> bool:
        """Run until stopped or done; return whether the stop was forced."""
        self._log.info("daemon.ready", pid=os.getpid(), owner=self.owner)
        self._opened = True
        if self._reload_wanted:
            self._reload_soon()
        return self._supervisor.run()

    def _open(self, stack: ExitStack) -> Supervisor:
        options = self._settings.crawler
        self._open_disk(stack)
        handoff: Queue[Task] = Queue(max(1, min(MAX_HANDED_OFF, options.concurrency // 4)))
        self._own_hosts = OwnHosts(self._hosts, _per_address(options.per_address), self._log)
        self._feeder = feeder = Feeder(
            self.frontier,
            self.owner,
            handoff,
            options.concurrency,
            self._own_hosts,
            deliver=lambda visited: settler.put(visited),  # noqa: PLW0108  it is made below
        )
        self._pause = feeder.pause
        self._open_fetcher(stack)
        rules = stack.enter_context(
            Rulebook(self.frontier, self._hosts, self._jobs, options.robots_token, self._log)
        )
        settler = Settler(
            self.frontier,
            self.owner,
            self._jobs,
            self._files,
            feeder,
            rules,
            self._visit_settled,
            together=self._together,
        )
        supervisor = Supervisor(
            settler,
            handoff,
            concurrency=options.concurrency,
            grace_period=options.grace_period,
            log=self._log,
        )
        self.stop = supervisor.stop
        for cause in self._early:  # signals that came while the disk was opened
            self.stop(cause)
        visits = Visits(
            self._jobs,
            self._fetcher.fetch,
            self.owner,
            self._log,
            token=options.robots_token,
            objection=rules.objection,
            begun=lambda task: feeder.begun(task, self._address(task)),
        )
        workers = Workers(
            options.concurrency,
            lambda: Worker(handoff, visits, deliver=settler.deliver, leave=workers.leave),
            settler.take,
            supervisor.ended,
        )
        self.seeder = self._open_seeder(stack)
        self._open_keeper(settler, workers)
        stack.callback(self._release, feeder)
        supervisor.adopt(
            workers,
            Service("keeper", self.keeper.run),
            Service("leaser", feeder.leaser.run),
            Service("feeder", feeder.run),
            Service("seeder", self.seeder.run),
        )
        return supervisor

    def _open_disk(self, stack: ExitStack) -> None:
        options, durable = self._settings.crawler, self._settings.crawler.durability == "full"
        self._jobs = {job.name: job for job in self._settings.jobs}
        self._hosts = HostOverrides(self._settings)
        self.frontier = stack.enter_context(open_frontier(options.state, durable=durable))
        self._files = stack.enter_context(Files(options.output, durable=durable))
        self._process = current()
        self.owner = self.frontier.register(self._process, time.time())
        self.frontier.configure(self._hosts.job_terms(), time.time(), obeys=self._hosts.obeys)

    def _open_fetcher(self, stack: ExitStack) -> None:
        options = self._settings.crawler
        self._fetcher = stack.enter_context(
            Fetcher(
                user_agent=self._hosts.user_agent,
                files=self._files,
                concurrency=options.concurrency,
                trust_listed=self._trust_listed,
                note=partial(self.frontier.keep, self.owner),
            )
        )
        for job in self._jobs.values():
            self._fetcher.open(job)

    def _open_seeder(self, stack: ExitStack) -> Seeder:
        """Make the seeder, and what fetches lists: into a folder of their own, beside the state."""
        state = self._settings.crawler.state
        folder = state.with_name(state.name + ".lists")

        @cache
        def fetcher() -> Fetcher:
            files = stack.enter_context(Files(folder, durable=False))
            return stack.enter_context(
                Fetcher(
                    user_agent=self._hosts.user_agent,
                    files=files,
                    concurrency=4,
                    trust_listed=self._trust_listed,
                )
            )

        return Seeder(
            self.frontier,
            lambda: self._settings.jobs,
            self._log,
            look=self._feeder.leaser.look,
            folder=folder,
            fetch=lambda job: lambda *asked: downloader(fetcher(), job)(*asked),  # noqa: PLW0108
            watch=self._watched,
            **self._listing,
        )

    def _watched(self) -> bool:
        """Tell whether lists are watched; a configuration that changed is read again."""
        if not self._settings.crawler.watch or self._config is None:
            return False
        mark = _mark(self._config)
        if mark != self._config_mark:
            self._config_mark = mark
            self._reload_soon()
        return True

    def _open_keeper(self, settler: Settler, workers: Workers) -> None:
        self.keeper = Keeper(
            self.frontier,
            self.owner,
            self._process,
            self._jobs,
            self._files,
            self._log,
            progress=self._settings.crawler.log.progress,
            settled=settler.settled,
            pulse=lambda: self._pulse(workers),
            when_settled=self._stop_when_done if self._until_done else lambda: None,
        )
        self.keeper.reclaim()

    def _reload_soon(self) -> None:
        """Reload beside what runs; a wish that comes early waits until all services are open."""
        self._reload_wanted = not self._opened
        if self._opened:
            gevent.spawn(self.reload)

    def reload(self) -> None:
        """Read the configuration again; apply what changed, or, if anything is wrong, nothing."""
        if self._config is None:
            return
        with self._reloading:
            try:
                with Native(1) as native:  # a big YAML file takes its time
                    settings = native.call(load, self._config)
                found = difference(self._settings, settings)
                check(str(self._config), found)
                for job in settings.jobs:
                    self._fetcher.open(job)
            except UsageError as error:
                problems = error.problems if isinstance(error, ConfigError) else [error]
                self._log.error("config.rejected", problems=[str(one) for one in problems])
                return
            self._apply(settings, found)
            self._log.info("config.reloaded", **log_fields(found))

    def _apply(self, settings: Settings, found: Difference) -> None:
        """Put a new configuration in force; a URL's next lease has it."""
        self._settings = settings
        merged(self._jobs, settings)
        self._hosts.load(settings)
        options = settings.crawler
        self._supervisor.grace_period = options.grace_period
        self.keeper.progress = options.log.progress
        self._own_hosts.addresses.limits = _per_address(options.per_address)
        self._feeder.concurrency = options.concurrency
        self._supervisor.resize(options.concurrency)
        self.frontier.configure(self._hosts.job_terms(), time.time(), obeys=self._hosts.obeys)
        self._feeder.leaser.look()
        self.seeder.again(found.changed)

    def _release(self, feeder: Feeder) -> None:
        """Give back what is still held: the end of every drain, also of one that failed."""
        released = self.frontier.release(self.owner, feeder.owed(), time.time())
        sweep(self._files, self._jobs, [(task, self.owner) for task in released])
        self._log.info("lease.released", tasks=len(released))

    def _pulse(self, workers: Workers) -> Pulse:
        """Say how the process is."""
        state = "paused" if self._pause.active else self._supervisor.state.value
        return Pulse(state, str(self._config or ""), workers.busy)

    def _address(self, task: Task) -> str | None:
        """Return the address whose limit a visit shares."""
        if self._settings.crawler.per_address is None:
            return None
        return self._fetcher.address(task, self._jobs[task.job])

    def _stopped(self, cause: str) -> None:
        self.stop(cause)  # whatever that is by then

    def _stop_when_done(self) -> None:
        if self._feeder.busy or self._own_hosts.open or self._ending or not self._is_done():
            return
        counts = self.frontier.counts()
        if not counts.waiting and not counts.leased and not self._ending:
            self._ending = True
            self.stop("done")

    def _is_done(self) -> bool:
        """Tell whether no list and no inbox can bring anything more."""
        return self.seeder.done and not any(job.inbox for job in self._settings.jobs)

    def _visit_settled(self, settled: Settlement) -> None:
        self.keeper.count(settled)
        self._pause_or_go_on(settled.outcome)
        on_visit = self._log_visit if settled.task.robots else self._on_visit
        on_visit(settled)

    def _pause_or_go_on(self, outcome: Outcome) -> None:
        """Pause while this machine is at fault; say so once, and once more when it is over."""
        pause = self._pause
        now = time.monotonic()
        if outcome.ours:
            self._fetcher.hang_up()  # idle connections hold descriptors that may be what is missing
            if pause.fault(now):
                self._log.error("daemon.paused", cause=outcome.reason)
        elif outcome.kind is Kind.STORED and pause.well(now):
            self._log.info("daemon.resumed", after_s=round(now - pause.since, 1))

    def _log_visit(self, settled: Settlement) -> None:
        self._log.info("visit", **visit_fields(settled))


def _mark(file: Path | None) -> tuple[int, ...]:
    """Return what tells two versions of a file apart."""
    with suppress(OSError):
        found = file.stat() if file else None
        return (found.st_size, found.st_mtime_ns, found.st_ino) if found else ()
    return ()


def _per_address(options: PerAddress | None) -> HostLimits | None:
    return HostLimits(options.delay, options.concurrency) if options else None
