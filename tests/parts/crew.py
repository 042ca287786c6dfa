"""The greenlets of a daemon at work on made-up visits."""

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import gevent
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.mailbox import Mailbox
from crawler.daemon.services import Service
from crawler.daemon.supervisor import State, Supervisor
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import open_frontier
from crawler.frontier.process import current
from crawler.model import Kind, Outcome, Task, Visited
from crawler.records import Seed
from crawler.settler import Settler
from crawler.store import Files
from crawler.urls import fingerprint, host_of
from crawler.worker.ends import Ends
from crawler.worker.guard import Guard
from crawler.worker.judge import Judge
from crawler.worker.pool import Workers
from crawler.worker.robots_rules import Rulebook
from crawler.worker.worker import Worker
from tests.parts.logs import Records

SIZE = 4

URLS = 24

CULPRIT = "http://h.example/13"


class Crew:
    """The greenlets of a daemon, with a visit of the test's own."""

    def __init__(self, folder, visit: Callable[[Task, float], Visited]) -> None:
        self.folder = folder
        self.visit = visit
        self.log = Records()
        self.settled: dict[str, Outcome] = {}
        self.visit_timeout = 60.0

    def __enter__(self) -> "Crew":
        job = Job(name="j", urls=("http://h.example/[1-24]",), delay=0, per_host=SIZE, attempts=1)
        urls = [f"http://h.example/{number}" for number in range(1, URLS + 1)]
        self.frontier = open_frontier(self.folder / "state.sqlite", durable=False).__enter__()
        self.files = Files(self.folder / "files", durable=False).__enter__()
        owner = self.frontier.join(current()).owner
        seeds = [Seed(fingerprint("j", url), url, host_of(url)) for url in urls]
        settings = Settings(jobs=(job,))
        hosts = HostOverrides(settings)
        jobs = {"j": job}
        self.frontier.configure([replace(hosts.job_terms()[0], obeys=False)])
        self.frontier.add("j", seeds)
        self.handoff: Queue[Task] = Queue(1)
        self.mailbox, ends = Mailbox(), Ends()
        self.feeder = Feeder(
            self.frontier, owner, self.handoff, SIZE, OwnHosts(hosts, None, self.log),
            ends.put,
        )  # fmt: skip
        self.rules = Rulebook(self.frontier, hosts, jobs, "crawlerd", self.log).__enter__()
        judge = Judge(jobs, self.rules, self.feeder.given_up, Guard(self.log))
        settler = Settler(
            self.frontier, owner, jobs, self.files, self.feeder, judge, self.tell, ends
        )
        visits = SimpleNamespace(
            timeout=lambda _: self.visit_timeout,
            visit=lambda task, until: self.visit(task, until) if self.feeder.begun(task) else None,
        )
        self.workers = Workers(
            SIZE,
            lambda leave: Worker(self.handoff, visits, deliver=settler.deliver, leave=leave),
            settler.take,
            self.mailbox.ended,
        )
        self.supervisor = Supervisor(
            self.mailbox, settler, self.handoff, self.workers,
            concurrency=SIZE, grace_period=1.0, log=self.log,
        )  # fmt: skip
        self.parts = [Service("leaser", self.feeder.leaser.run), Service("feeder", self.feeder.run)]
        self.settling = Service("settler", settler.run)
        return self

    def __exit__(self, *_: object) -> None:
        self.rules.__exit__()
        self.files.__exit__()
        self.frontier.__exit__()

    def tell(self, settled) -> None:
        self.settled[settled.task.url] = settled.outcome
        if len(self.settled) == URLS:
            self.mailbox.stop("done")

    def run(self, reload: Callable[[], None] = lambda: None) -> bool:
        with gevent.Timeout(20):
            return self.supervisor.run([self.settling, *self.parts], reload)

    def assert_recovered(self) -> None:
        assert self.supervisor.state is State.STOPPED
        assert len(self.settled) == URLS
        kinds = {url: outcome.kind for url, outcome in self.settled.items()}
        assert kinds.pop(CULPRIT) is Kind.BUG
        assert set(kinds.values()) == {Kind.STORED}


def well(task: Task, deadline: float) -> Visited:
    gevent.sleep(0.001)
    return Visited(task, Outcome(Kind.STORED, 200), time.monotonic(), b"x")


def raises(error: BaseException) -> Callable[[Task, float], Visited]:
    def visit(task: Task, deadline: float) -> Visited:
        if task.url == CULPRIT:
            raise error
        return well(task, deadline)

    return visit
