"""A machine that is about to have too little of something: visits are held back, none fails."""

import json

import gevent
import gevent.event
import psutil
import pytest

from tests import program, real
from tests.program import Daemon, assert_clean, crawler, ledger, until, write_config
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
        self.served = 0

    def __call__(self, path: str) -> bytes:
        self.now += 1
        self.most = max(self.most, self.now)
        gevent.sleep(self._seconds)
        self.now -= 1
        self.served += 1
        return path.encode()


def at_most(route: Counted, number: int, daemon: Daemon) -> bool:
    """Tell whether no more requests are under way at once, looking at some of them."""
    route.most, before = route.now, route.served
    until(lambda: route.served > before + 10, "nothing is asked for", daemon)
    return route.most <= number


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


def endless(length):
    """A body as fast as it is read."""
    left = length
    while left > 0:
        yield b"x" * min(65_536, left)
        left -= 65_536
        gevent.sleep(0.001)


def test_a_body_for_which_there_is_no_room_costs_nothing_but_its_wait(tmp_path):
    length = 30_000_000

    def route(path):
        if path == "/declared":
            return "200 OK", [("Content-Length", str(length))], endless(length)
        if path == "/not":
            return "200 OK", [], endless(length)
        return path.encode()

    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    with real.small_disk(tmp_path / "disk", "16m") as disk, Site(route, hosts) as site:
        one, other, well = (f"http://{host}:{site.port}" for host in hosts)
        urls = [f"{one}/declared", f"{other}/not", f"{well}/[1-40]"]
        job = {"name": "j", "urls": urls, "delay": "100ms", "path": "{host}/{name}"}
        config = write_config(
            tmp_path, [job], output=str(disk / "files"), defaults={"max_backoff": "4s"},
            guards={"min_free": "2MB", "min_inodes": 0},
        )  # fmt: skip
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 40, "not well", daemon)
            refused = daemon.told("visit", kind="local_io")
            assert {one["url"].rpartition("/")[2] for one in refused} == {"declared", "not"}
            assert any("30,000,000 bytes are declared, and" in one["reason"] for one in refused)
            assert all(one["attempt"] == 1 for one in refused), "none is charged"
            until(lambda: "no room for http" in process_of(config)["trouble"], "not told", daemon)
            for event in ("room.short", "daemon.paused"):
                assert not daemon.told(event), "one body held up all others"
            real.resize(disk, "128m")
            until(lambda: len(daemon.told("visit", kind="stored")) == 42, "not mended", daemon)
            assert daemon.stop() == 0
    assert_clean(tmp_path, urls=42)


def last_beat(folder, *, declares, after=0.0):
    """When a process that declares bytes to come, or none, did beat last; None where none did."""
    ask = "SELECT max(seen_at) FROM process WHERE (declared > 0) = ? AND seen_at > ?"
    with ledger(folder) as db:
        return db.execute(ask, (declares, after)).fetchone()[0]


def test_what_bodies_of_other_processes_have_declared_counts_as_used(tmp_path):
    hurry = gevent.event.Event()

    def slow_body():
        yield b"x"
        hurry.wait(60)
        yield from endless(8_000_000 - 1)

    def route(path):
        body = slow_body() if not site.paths()[:-1] else endless(8_000_000)
        return "200 OK", [("Content-Length", "8000000")], body

    hosts = ["127.0.0.1", "127.0.0.2"]
    with real.small_disk(tmp_path / "disk", "16m") as disk, Site(route, hosts) as site:
        urls = [f"http://{host}:{site.port}/{n}" for n, host in enumerate(hosts)]
        config = write_config(
            tmp_path, [{"name": "j", "urls": urls[:1]}], output=str(disk / "files"), concurrency=1,
            defaults={"max_backoff": "4s"}, guards={"min_free": "2MB", "min_inodes": 0},
        )  # fmt: skip
        with Daemon(config) as first:
            until(lambda: site.requests, "not visited", first)
            with Daemon(config) as second:
                second.wait_for("daemon.ready")
                at = until(lambda: last_beat(tmp_path, declares=True), "not told", first)
                until(
                    lambda: last_beat(tmp_path, declares=False, after=at),
                    "not heard",
                    second,
                )
                crawler("add", "-c", str(config), "--job", "j", urls[1], cwd=tmp_path)
                told = second.wait_for("visit", kind="local_io")
                assert "8,000,000 bytes are declared, and there is room for 6," in told["reason"]
                real.resize(disk, "64m")
                second.wait_for("visit", kind="stored")
                hurry.set()
                first.wait_for("visit", kind="stored")
                assert [first.stop(), second.stop()] == [0, 0]
    assert_clean(tmp_path, urls=2)


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
            until(lambda: at_most(route, 2, daemon), "not fewer", daemon)
            seen = until(lambda: (p := process_of(config))["trouble"] and p, "not told", daemon)
            assert "fewer visits at once" in seen["trouble"]
            assert at_most(route, 2, daemon)
            write_config(tmp_path, [job], concurrency=4)
            crawler("reload", "-c", str(config), cwd=tmp_path)
            daemon.wait_for("visits.restored", what="memory")
            until(lambda: route.now == 4, "not more", daemon)
            assert daemon.stop() == 0
            assert len(daemon.told("visits.fewer", what="memory")) == 1


def test_a_process_that_may_open_few_descriptors_begins_no_visit_that_would_lack_one(
    tmp_path, monkeypatch
):
    real.needs("prlimit")
    monkeypatch.setattr(program, "CRAWLER", ["prlimit", "--nofile=40:40", "--", *program.CRAWLER])
    with Site(slow(0.2)) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-200]"], "per_host": 100}
        with Daemon(write_config(tmp_path, [job], concurrency=64)) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 200, "not stored", daemon)
            assert not daemon.told("visit", kind="local_io")
            for event in ("daemon.paused", "output.lost"):
                assert not daemon.told(event)
            assert len(daemon.told("visits.fewer", what="descriptors")) <= 1
            assert daemon.stop() == 0


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
