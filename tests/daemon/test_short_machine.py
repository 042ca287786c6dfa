"""A machine that is about to have too little of something: visits are held back, none fails."""

import json

import gevent
import gevent.event
import psutil
import pytest

from tests import real
from tests.program import Daemon, assert_clean, crawler, until, write_config
from tests.servers import Site, slow

BIG = 900_000


@pytest.fixture
def small_disk(tmp_path):
    with real.small_disk(tmp_path / "disk", "1m") as disk:
        yield disk


class Counted:
    """A route that answers slowly and counts the requests that are under way."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.now = 0
        self.most = 0

    def __call__(self, path: str) -> bytes:
        self.now += 1
        self.most = max(self.most, self.now)
        gevent.sleep(self._seconds)
        self.now -= 1
        return path.encode()


def process_of(config) -> dict:
    (found,) = json.loads(crawler("status", "-c", str(config), "--json", cwd=config.parent).stdout)[
        "processes"
    ]
    return found


def test_no_visit_begins_while_what_is_on_its_way_takes_the_last_room(tmp_path, small_disk):
    hurry = gevent.event.Event()

    def begun():
        yield b"x"
        hurry.wait(30)
        raise OSError("it breaks off")

    def route(path):
        if path == "/big":
            return "200 OK", [("Content-Length", str(BIG))], begun()
        return path.encode()

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/big", f"{site.url}/[1-20]"], "attempts": 1}
        config = write_config(
            tmp_path, [{**job, "delay": "200ms"}], output=str(small_disk / "files"),
            guards={"min_free": "200KB", "min_inodes": 0},
        )  # fmt: skip
        with Daemon(config, "--until-done") as daemon:
            told = daemon.wait_for("room.short")
            assert "bodies under way bring 900,000" in told["cause"]
            seen = until(lambda: (p := process_of(config))["trouble"] and p, "not told", daemon)
            assert seen["state"] == "paused"
            assert seen["trouble"] == told["cause"]
            assert seen["paused_at"]
            assert seen["paused_for"] == "little room"
            asked = len(site.requests)
            assert asked < 20
            hurry.set()
            daemon.wait_for("room.enough")
            assert daemon.wait(60) == 0
            assert len(daemon.told("visit", kind="stored")) == 20
            assert not daemon.told("visit", kind="local_io")
            held = [one["event"] for one in daemon.records]
            between = held[held.index("room.short") : held.index("room.enough")]
            assert between.count("visit") <= 2  # what was under way, and the one that broke off
    assert_clean(tmp_path, urls=21)


def test_a_process_beyond_its_hard_limit_of_memory_drains_and_exits_with_1(tmp_path):
    with Site(slow(0.05)) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-1000]"]}
        config = write_config(tmp_path, [job], guards={"memory_hard": "20MB"})
        with Daemon(config) as daemon:
            assert daemon.wait(60) == 1
            (told,) = daemon.told("memory.full")
            assert told["bytes"] > told["limit"] == 20_000_000
            (failed,) = daemon.told("daemon.failed")
            assert "crawler.guards.memory_hard, 20,000,000" in failed["cause"]
            assert daemon.told("daemon.draining")
            assert daemon.told("lease.released")
    assert_clean(tmp_path, urls=1000)


def test_a_process_beyond_its_soft_limit_of_memory_has_fewer_visits_at_once(tmp_path):
    route = Counted(0.05)
    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-100000]"]}
        config = write_config(tmp_path, [job], concurrency=4, guards={"memory_soft": "20MB"})
        with Daemon(config) as daemon:
            daemon.wait_for("visits.fewer", what="memory")
            until(lambda: route.now <= 2, "not fewer", daemon)
            route.most = route.now
            seen = until(lambda: (p := process_of(config))["trouble"] and p, "not told", daemon)
            assert "fewer visits at once" in seen["trouble"]
            assert route.most <= 2
            write_config(tmp_path, [job], concurrency=4)
            crawler("reload", "-c", str(config), cwd=tmp_path)
            daemon.wait_for("visits.restored", what="memory")
            until(lambda: route.now == 4, "not more", daemon)
            assert daemon.stop() == 0
            assert len(daemon.told("visits.fewer", what="memory")) == 1


def test_fewer_visits_run_while_descriptors_run_short_and_none_fails(tmp_path):
    route = Counted(0.3)
    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-100000]"], "per_host": 100}
        with Daemon(write_config(tmp_path, [job], concurrency=100)) as daemon:
            until(lambda: route.now == 100, "not all at once", daemon)
            process = psutil.Process(daemon.process.pid)
            process.rlimit(psutil.RLIMIT_NOFILE, (int(process.num_fds() / 0.9), 4096))
            told = daemon.wait_for("visits.fewer", what="descriptors")
            assert told["used"] >= told["limit"]
            until(lambda: route.now <= 52, "not fewer", daemon)
            process.rlimit(psutil.RLIMIT_NOFILE, (4096, 4096))
            daemon.wait_for("visits.restored", what="descriptors")
            until(lambda: route.now >= 90, "not more", daemon)
            assert daemon.stop() == 0
            assert not daemon.told("visit", kind="local_io")
            assert not daemon.told("daemon.paused")
