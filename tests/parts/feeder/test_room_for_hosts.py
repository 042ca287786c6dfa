"""How many hosts a process owns at a time."""

import time

import gevent
from gevent.queue import Queue

from crawler.config import Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder.feeder import Feeder
from crawler.feeder.own_hosts import OwnHosts
from crawler.frontier import FOREIGN_S
from crawler.model import Kind, Outcome, Visited
from crawler.records import JobTerms
from tests.parts.feeder.test_feeder import Silence
from tests.parts.frontiers import join, seed


def test_however_many_hosts_there_are_a_process_owns_no_more_than_it_has_room_for(frontier):
    """Hosts whose visits are not settled stay owned; beyond the room no other is leased."""
    handoff, ahead = Queue(16), [0.0]
    settings = Settings(jobs=(Job(name="job", urls=("http://a/",), delay=0, robots="ignore"),))
    frontier.configure([JobTerms("job")], time.time())
    frontier.add("job", [seed(f"http://h{number}/") for number in range(1200)], time.time())
    own_hosts = OwnHosts(HostOverrides(settings), None, Silence())
    feeder = Feeder(
        frontier,
        join(frontier, time.time()),
        handoff,
        256,
        own_hosts,
        deliver=handoff.put,
        monotonic=lambda: time.monotonic() + ahead[0],
    )

    def visits():
        while True:
            task = handoff.get()
            feeder.begun(task)
            feeder.finished(Visited(task, Outcome(Kind.STORED, 200), time.monotonic()))

    running = [gevent.spawn(run) for run in (feeder.run, feeder.leaser.run, visits)]
    try:
        assert not feeder.leaser.no_room
        with gevent.Timeout(20):
            while len(feeder.owed()) < 1024:
                gevent.sleep(0.01)
        feeder.leaser.lease()
        assert len(feeder.owed()) == 1024
        assert not feeder.leaser.no_room, "others wait, but not for long"
        ahead[0] = FOREIGN_S
        assert feeder.leaser.no_room
    finally:
        gevent.killall(running)
