"""A process that hangs, as a whole or in one visit: it says where."""

import json
import signal
import sys
from pathlib import Path

import gevent
import psutil
import pytest

from tests import program
from tests.program import Daemon, crawler, until, write_config
from tests.servers import Site, slow

PROGRAM = """
import crawler, os, signal
import gevent.event
from gevent.monkey import get_original
from crawler import cli
from crawler.fetch.fetcher import Fetcher

def blocks_the_hub(*_):
    get_original("time", "sleep")(float(os.environ["BLOCK_S"]))

def hangs_for_ever():
    gevent.event.Event().wait()

def fetch(self, task, job, fetch=Fetcher.fetch, **options):
    if task.url.endswith("/hangs"):
        hangs_for_ever()
    return fetch(self, task, job, **options)

signal.signal(signal.SIGWINCH, blocks_the_hub)
Fetcher.fetch = fetch
cli.main()
"""
"""The crawler with two faults: a WINCH blocks its hub, and one of its visits ends never."""


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    file = tmp_path / "crawler_with_faults.py"
    file.write_text(PROGRAM)
    root = str(Path(__file__).parents[2])
    monkeypatch.setattr(program, "CRAWLER", [sys.executable, str(file)])
    monkeypatch.setenv("PYTHONPATH", root)


@pytest.fixture
def site():
    with Site(slow(0.01)) as one:
        yield one


def trouble_of(config: Path) -> str:
    status = crawler("status", "-c", str(config), "--json", cwd=config.parent)
    (process,) = json.loads(status.stdout)["processes"]
    return process["trouble"]


def test_usr1_tells_where_all_greenlets_and_threads_stand_and_the_crawl_goes_on(tmp_path, site):
    job = {"name": "j", "urls": [f"{site.url}/[1-100000]"]}
    with Daemon(write_config(tmp_path, [job])) as daemon:
        daemon.wait_for("visit")
        daemon.signal(signal.SIGUSR1)
        told = daemon.wait_for("stacks.dumped")
        assert told["greenlets"] > told["different"] > 3
        until(lambda: "in Feeder.run" in daemon.errors, "no feeder", daemon)
        until(lambda: "in Keeper.run" in daemon.errors, "no keeper", daemon)
        assert "Thread 0x" in daemon.errors
        assert "greenlets (most recent call first):" in daemon.errors
        visits = len(daemon.told("visit"))
        until(lambda: len(daemon.told("visit")) > visits + 10, "no visits", daemon)
        assert daemon.stop() == 0


def test_usr1_tells_where_a_process_hangs_whose_loop_never_comes_round(tmp_path, site, faulty):
    job = {"name": "j", "urls": [f"{site.url}/[1-100000]"]}
    with Daemon(write_config(tmp_path, [job]), BLOCK_S="60") as daemon:
        daemon.wait_for("visit")
        daemon.signal(signal.SIGWINCH)
        asked = until(lambda: site.requests and quiet(site), "it does not block", daemon)
        daemon.signal(signal.SIGUSR1)
        until(lambda: "in blocks_the_hub" in daemon.errors, "no stacks", daemon)
        assert len(site.requests) == asked
        assert not daemon.told("stacks.dumped")


def quiet(site: Site) -> int:
    """Return the number of requests if none came for a while, else 0."""
    before = len(site.requests)
    gevent.sleep(0.5)
    return before if len(site.requests) == before else 0


def test_what_blocks_the_loop_is_told_by_its_name(tmp_path, site, faulty):
    job = {"name": "j", "urls": [f"{site.url}/[1-100000]"]}
    config = write_config(tmp_path, [job], guards={"hub_lag": "500ms", "min_free": 0})
    with Daemon(config, BLOCK_S="1.5") as daemon:
        daemon.wait_for("visit")
        daemon.signal(signal.SIGWINCH)
        told = until(
            lambda: [one for one in daemon.told("hub.blocked") if "blocks_the" in one["where"]],
            "not told",
            daemon,
        )[0]
        assert 1 < told["for_s"] < 10
        assert told["cpu_s"] < 1
        assert told["where"].startswith("crawler_with_faults.py:")
        until(lambda: "blocks_the_hub" in trouble_of(config), "not in status", daemon)
        assert daemon.stop() == 0


def test_a_process_that_was_stopped_tells_that_and_blames_no_code(tmp_path, site):
    job = {"name": "j", "urls": [f"{site.url}/[1-100000]"]}
    config = write_config(tmp_path, [job], guards={"hub_lag": "500ms", "min_free": 0})
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        daemon.signal(signal.SIGSTOP)
        process = psutil.Process(daemon.process.pid)
        until(lambda: process.status() == psutil.STATUS_STOPPED, "it runs")
        gevent.sleep(2)
        daemon.signal(signal.SIGCONT)
        assert daemon.wait_for("process.stalled")["for_s"] > 1
        assert not [one for one in daemon.told("hub.blocked") if one["for_s"] > 1]
        assert daemon.stop() == 0


def test_a_visit_far_past_its_deadline_is_told_with_its_url_and_place_and_killed(
    tmp_path, site, faulty
):
    url = f"{site.url}/hangs"
    job = {"name": "j", "urls": [url, f"{site.url}/[1-20]"], "attempts": 1}
    config = write_config(tmp_path, [job], defaults={"timeout": {"total": "1s"}})
    with Daemon(config) as daemon:
        told = daemon.wait_for("visit.overdue")
        assert (told["url"], told["job"]) == (url, "j")
        assert 2 <= told["past_s"] < 10
        assert "hangs_for_ever" in told["where"]
        (visit,) = until(lambda: daemon.told("visit", url=url), "not settled", daemon)
        assert (visit["kind"], visit["verdict"]) == ("bug", "dead")
        until(lambda: url in trouble_of(config), "not in status", daemon)
        assert daemon.stop() == 0
        assert len(daemon.told("visit", kind="stored")) == 20
