"""Every way to stop ends as it should, also while a server sends without end."""

import signal
import time
from pathlib import Path

import pytest

from tests.blocked import blocked, watch
from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, ledger, until, write_config
from tests.servers import RudeSite, Site, endless, slow

GRACE_S = 1.0
ENDLESS = endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536))


def jobs(url: str, count: int = 40) -> list[dict]:
    return [
        {"name": "j", "urls": [f"{url}/[1-{count}]"], "attempts": 1, "timeout": {"total": "60s"}}
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@on_every_engine
def test_term_and_int_finish_what_is_under_way_and_exit_with_0(tmp_path, number):
    with (
        Site(slow(0.3)) as site,
        Daemon(write_config(tmp_path, jobs(site.url), grace_period="5s")) as daemon,
    ):
        until(lambda: len(site.requests) >= 4, "no visits")
        daemon.wait_for("job.synced")
        daemon.signal(number)
        assert daemon.wait() == 0
        told = daemon.wait_for("daemon.draining", cause=number.name)
        assert told["in_flight"] > 0
        assert len(daemon.told("visit", kind="stored")) == len(site.requests)
        assert daemon.told("daemon.stopped", forced=False)
    assert_clean(tmp_path, urls=40)


def test_term_leaves_stragglers_the_grace_period_and_gives_their_urls_back(tmp_path):
    with Site(slow(30)) as site, Daemon(write_config(tmp_path, jobs(site.url))) as daemon:
        until(lambda: len(site.requests) >= 8, "no visits")
        start = time.monotonic()
        assert daemon.stop() == 0
        assert GRACE_S <= time.monotonic() - start <= GRACE_S + 1
        assert not daemon.told("visit")
    assert_clean(tmp_path, urls=40)


def test_a_drain_logs_each_of_its_steps_and_what_comes_next(tmp_path):
    with Site(slow(0.3)) as site:
        config = write_config(tmp_path, jobs(site.url), grace_period="5s")
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) >= 4, "no visits")
            assert daemon.stop() == 0
        steps = [(line["step"], line["next"]) for line in daemon.told("daemon.drained")]
        assert steps == [
            ("leasing", "handoff"), ("handoff", "visits"), ("visits", "settling"),
            ("settling", "release"),
        ]  # fmt: skip
        assert daemon.records.index(daemon.told("lease.released")[0]) < len(daemon.records) - 1
        (stopped,) = daemon.told("daemon.stopped")
    visits = daemon.told("visit")
    assert stopped["visits"] == len(visits) > 0
    assert stopped["ok"] == len([one for one in visits if one["verdict"] == "done"])
    assert stopped["bytes"] == sum(one["bytes"] for one in visits)
    assert 0 < stopped["elapsed_s"] < 60


@on_every_engine
def test_a_second_term_forces_and_exits_with_3(tmp_path):
    config = write_config(tmp_path, jobs("http://127.0.0.1:1"), grace_period="60s")
    with Site(slow(30)) as site:
        config = write_config(tmp_path, jobs(site.url), grace_period="60s")
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) >= 8, "no visits")
            daemon.wait_for("job.synced")
            daemon.signal(signal.SIGTERM)
            daemon.wait_for("daemon.draining")
            start = time.monotonic()
            daemon.signal(signal.SIGTERM)
            assert daemon.wait() == 3
            assert time.monotonic() - start < 2
            assert daemon.told("daemon.stopped", forced=True)
    assert_clean(tmp_path, urls=40)


@on_every_engine
def test_term_is_served_while_servers_send_without_end_at_full_speed(tmp_path, monkeypatch):
    watch(tmp_path / "noted", monkeypatch)
    with RudeSite(ENDLESS) as site:
        config = write_config(tmp_path, jobs(site.url), concurrency=4)
        with Daemon(config) as daemon:
            until(lambda: list(tmp_path.rglob("*.part")), "nothing is being written", daemon)
            daemon.wait_for("job.synced")
            start = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - start <= GRACE_S + 1
            assert not blocked(tmp_path / "noted", daemon)
    assert_clean(tmp_path, urls=40)
    names = {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert names <= {".crawlerd"}  # the name of its ledger


def test_hup_reloads_and_usr2_is_tolerated(tmp_path):
    with Site(slow(0.01)) as site, Daemon(write_config(tmp_path, jobs(site.url))) as daemon:
        daemon.wait_for("visit")
        daemon.signal(signal.SIGHUP)
        daemon.signal(signal.SIGUSR2)
        daemon.wait_for("config.reloaded")
        daemon.wait_for("signal.ignored", signal="SIGUSR2")
        assert daemon.stop() == 0
    assert_clean(tmp_path)


def test_an_idle_daemon_keeps_running_until_it_is_stopped(tmp_path):
    with Site(slow(0)) as site, Daemon(write_config(tmp_path, jobs(site.url, 3))) as daemon:
        until(lambda: len(daemon.told("visit")) == 3, "not all visited", daemon)
        assert daemon.process.poll() is None
        assert daemon.stop() == 0
    assert_clean(tmp_path, urls=3)


def test_term_before_the_daemon_is_ready_is_not_forgotten(tmp_path):
    with Site(slow(30)) as site:
        config = write_config(tmp_path, jobs(site.url))
        with Daemon(config) as daemon:
            until(lambda: site.requests, "no visits", daemon)
            assert daemon.stop() == 0
        before = len(site.requests)
        with ledger(tmp_path) as db, Daemon(config) as daemon:
            db.execute("BEGIN IMMEDIATE")  # the daemon waits for the ledger
            until(lambda: hears_term(daemon.process.pid), "no handler", daemon)
            daemon.signal(signal.SIGTERM)
            assert not daemon.records
            db.rollback()
            assert daemon.wait() == 0
        assert len(site.requests) == before
    assert_clean(tmp_path, urls=40)


def hears_term(pid: int) -> bool:
    """Tell whether a process catches SIGTERM (proc(5): a mask in hex)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(line for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
