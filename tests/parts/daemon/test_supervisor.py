"""Workers and parts that die in every way: the crew recovers and every URL is recorded."""

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import gevent
import pytest
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.services import Service
from crawler.daemon.supervisor import State, Supervisor
from crawler.errors import ServiceDiedError
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import open_frontier
from crawler.frontier.process import current
from crawler.model import Kind, Outcome, Task, Visited
from crawler.records import Seed
from crawler.settler import Settler
from crawler.store import Files
from crawler.urls import fingerprint, host_of
from crawler.worker.pool import Workers
from crawler.worker.robots_rules import Rulebook
from crawler.worker.visit import GO, HANDED_BACK
from crawler.worker.worker import Worker

SIZE = 4
URLS = 24
CULPRIT = "http://h.example/13"


class Records:
    """A log that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict]] = []

    def info(self, event: str, **fields) -> None:
        self.events.append((event, fields))

    debug = warning = error = info

    def told(self, event: str) -> list[dict]:
        return [fields for name, fields in self.events if name == event]


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
        owner = self.frontier.register(current(), time.time())
        seeds = [Seed(fingerprint("j", url), url, host_of(url)) for url in urls]
        settings = Settings(jobs=(job,))
        hosts = HostOverrides(settings)
        jobs = {"j": job}
        self.frontier.configure([replace(hosts.job_terms()[0], obeys=False)], time.time())
        self.frontier.add("j", seeds, time.time())
        self.handoff: Queue[Task] = Queue(1)
        self.feeder = Feeder(
            self.frontier, owner, self.handoff, SIZE, OwnHosts(hosts, None, self.log),
            lambda visited: settler.put(visited),  # noqa: PLW0108  it is made below
        )  # fmt: skip
        self.rules = Rulebook(self.frontier, hosts, jobs, "crawlerd", self.log).__enter__()
        settler = Settler(
            self.frontier, owner, jobs, self.files, self.feeder, self.rules, self.tell
        )
        self.supervisor = Supervisor(
            settler, self.handoff, concurrency=SIZE, grace_period=1.0, log=self.log
        )
        visits = SimpleNamespace(
            timeout=lambda _: self.visit_timeout,
            begin=lambda task: GO if self.feeder.begun(task) else HANDED_BACK,
            visit=self.visit,
        )
        self.workers = Workers(
            SIZE,
            lambda: Worker(self.handoff, visits, deliver=settler.deliver),
            settler.take,
            self.supervisor.ended,
        )  # fmt: skip
        self.parts = [Service("leaser", self.feeder.leaser.run), Service("feeder", self.feeder.run)]
        return self

    def __exit__(self, *_: object) -> None:
        self.rules.__exit__()
        self.files.__exit__()
        self.frontier.__exit__()

    def tell(self, settled) -> None:
        self.settled[settled.task.url] = settled.outcome
        if len(self.settled) == URLS:
            self.supervisor.stop("done")

    def run(self) -> bool:
        self.supervisor.adopt(self.workers, *self.parts)
        with gevent.Timeout(20):
            return self.supervisor.run()

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


@pytest.mark.parametrize(
    "error", [ValueError("oops"), SystemExit(7), gevent.GreenletExit(), MemoryError()], ids=repr
)
def test_a_worker_that_dies_is_replaced_and_its_url_is_recorded(tmp_path, error):
    with Crew(tmp_path, raises(error)) as crew:
        assert crew.run() is False
    crew.assert_recovered()
    (told,) = crew.log.told("worker.restarted")
    assert type(error).__name__ in told["cause"] or "sys.exit(7)" in told["cause"]


def test_a_worker_that_swallows_every_exception_is_given_up_and_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.worker.pool.STUCK_S", 0.5)
    freed = gevent.event.Event()

    def visit(task: Task, deadline: float) -> Visited:
        while task.url == CULPRIT and not freed.is_set():
            try:
                freed.wait()
            except BaseException:  # noqa: BLE001, S112  this is the fault
                continue
        return well(task, deadline)

    with Crew(tmp_path, visit) as crew:
        crew.visit_timeout = 0.1
        assert crew.run() is False
        assert crew.workers.abandoned == 1
        freed.set()
    crew.assert_recovered()
    assert crew.log.told("worker.abandoned") == [
        {"url": CULPRIT, "reason": "it would not end when killed"}
    ]


def test_a_visit_far_past_its_deadline_is_killed_and_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.worker.pool.STUCK_S", 0.5)

    def visit(task: Task, deadline: float) -> Visited:
        if task.url == CULPRIT:
            gevent.event.Event().wait()
        return well(task, deadline)

    with Crew(tmp_path, visit) as crew:
        crew.visit_timeout = 0.1
        assert crew.run() is False
    crew.assert_recovered()


def test_a_worker_killed_before_its_first_switch_is_replaced(tmp_path):
    with Crew(tmp_path, well) as crew:
        fill, killed = crew.workers.fill, []

        def fill_and_kill_one() -> None:
            fill()
            if not killed:  # not one of them has run yet
                killed.append(next(iter(crew.workers._workers)))
                killed[0].kill(block=False)

        crew.workers.fill = fill_and_kill_one
        assert crew.run() is False
        assert len(crew.settled) == URLS
    assert crew.log.told("worker.restarted")[0]["cause"] == "GreenletExit()"


def test_a_feeder_that_breaks_is_started_again(tmp_path):
    with Crew(tmp_path, well) as crew:
        times = itertools.count()

        def breaks_twice() -> None:
            if next(times) < 2:
                raise OSError("the frontier is away")
            crew.feeder.run()

        crew.parts[1] = Service("feeder", breaks_twice)
        assert crew.run() is False
    assert len(crew.settled) == URLS
    told = crew.log.told("feeder.restarted")
    assert [one["cause"] for one in told] == ["OSError: the frontier is away"] * 2


def test_a_part_that_keeps_dying_ends_the_crawler(tmp_path):
    def broken() -> None:
        raise OSError("no way")

    with Crew(tmp_path, well) as crew:
        crew.parts = [Service("feeder", broken)]
        with pytest.raises(ServiceDiedError, match=r"the feeder died 6 times .* OSError: no way"):
            crew.run()
        assert crew.supervisor.state is State.FAILED


def test_a_settler_that_breaks_loses_nothing_that_was_delivered(tmp_path):
    with Crew(tmp_path, well) as crew:
        settle, times = crew.frontier.settle, itertools.count()

        def breaks_at_first(*arguments) -> None:
            if next(times) in {0, 3}:
                raise OSError("the disk is away")
            settle(*arguments)

        crew.frontier.settle = breaks_at_first
        assert crew.run() is False
        assert crew.frontier.counts().finished == {"stored": URLS}
    assert len(crew.log.told("settler.restarted")) >= 1
    assert all(outcome.kind is Kind.STORED for outcome in crew.settled.values())
