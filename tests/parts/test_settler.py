"""The settler: in which order a visit's end becomes durable, and what may wait for that."""

import time

import gevent
import pytest
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import open_frontier
from crawler.model import Kind, Outcome, Visited
from crawler.settler import Settler
from crawler.store import Files
from crawler.worker.robots_rules import Rulebook
from tests.parts.feeder.test_feeder import Silence
from tests.parts.frontiers import join, seed

BODY = b"a whole file"


class Scene:
    """A settler with a frontier, a store and a feeder; visits are the test's own."""

    def __init__(self, folder, frontier, files) -> None:
        job = Job(name="job", urls=("http://a/",), delay=0, per_host=8, path="{name}")
        hosts, jobs = HostOverrides(Settings(jobs=(job,))), {"job": job}
        owner = join(frontier, time.time())
        frontier.configure(hosts.job_terms(), time.time(), obeys=lambda _: False)
        frontier.add("job", [seed(f"http://a/{number}") for number in range(4)], time.time())
        self.folder, self.frontier = folder, frontier
        self.handoff: Queue = Queue(8)
        self.feeder = Feeder(
            frontier,
            owner,
            self.handoff,
            8,
            OwnHosts(hosts, None, Silence()),
            deliver=self.handoff.put,
        )
        rules = Rulebook(frontier, hosts, jobs, "crawlerd", Silence())
        self.told: list[str] = []
        self.settler = Settler(
            frontier, owner, jobs, files, self.feeder, rules,
            lambda settled: self.told.append(settled.task.url),
        )  # fmt: skip

    def visited(self) -> Visited:
        """Make a visit that brought a file."""
        task = self.handoff.get(timeout=5)
        assert self.feeder.begun(task)
        return Visited(task, Outcome(Kind.STORED, 200, len(BODY)), time.monotonic(), BODY)


@pytest.fixture
def scene(tmp_path):
    with (
        open_frontier(tmp_path / "state.sqlite", durable=False) as frontier,
        Files(tmp_path / "files", durable=False) as files,
    ):
        scene = Scene(tmp_path / "files", frontier, files)
        running = [gevent.spawn(scene.feeder.run), gevent.spawn(scene.feeder.leaser.run)]
        yield scene
        gevent.killall(running)


def test_a_file_is_whole_before_its_visit_is_settled_and_that_before_it_is_told(scene, monkeypatch):
    visited, settle = scene.visited(), scene.frontier.settle
    file = scene.folder / visited.task.url.rpartition("/")[2]
    order = []

    def settles(*arguments):
        order.append(("settling", file.read_bytes(), list(scene.told)))
        settle(*arguments)
        order.append(("settled", scene.frontier.counts().finished))

    monkeypatch.setattr(scene.frontier, "settle", settles)
    assert not file.exists()
    scene.settler.deliver(visited)
    scene.settler.shut()
    scene.settler.run()
    assert order == [("settling", BODY, []), ("settled", {"stored": 1})]
    assert scene.told == [visited.task.url]


def test_a_worker_waits_while_too_many_bytes_wait_for_the_disk(scene, monkeypatch):
    monkeypatch.setattr("crawler.settler.MAX_BYTES_WAITING", 2 * len(BODY))
    workers = [gevent.spawn(scene.settler.deliver, scene.visited()) for _ in range(4)]
    gevent.joinall(workers[:2], timeout=5)
    gevent.idle()
    assert [worker.dead for worker in workers] == [True, True, False, False]
    settling = gevent.spawn(scene.settler.run)
    gevent.joinall(workers, timeout=5)
    assert all(worker.dead for worker in workers)
    scene.settler.shut()
    settling.join(5)
    assert len(scene.told) == 4
