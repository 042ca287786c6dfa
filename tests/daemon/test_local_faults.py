"""Faults of this machine: the daemon pauses, says so once, resumes by itself, charges nobody."""

import contextlib
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests import real
from tests.program import (
    CRAWLER,
    UNWATCHED,
    Daemon,
    assert_clean,
    ledger,
    until,
    write_config,
)
from tests.servers import Site, slow, status

URLS = 60


def jobs(site: Site) -> list[dict]:
    return [{"name": "j", "urls": [f"{site.url}/[1-{URLS}].bin"], "attempts": 1}]


@pytest.fixture
def small_disk(tmp_path):
    with real.small_disk(tmp_path / "disk", "1m") as disk:
        yield disk


def fill(ballast: Path) -> None:
    """Write until there is no room left."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_pauses_the_crawl_and_room_resumes_it(tmp_path, small_disk):
    ballast = small_disk / "ballast"
    with Site(slow(0.01, lambda path: path.encode() * 1000)) as site:
        config = write_config(tmp_path, jobs(site), output=str(small_disk / "files"))
        ballast.write_bytes(bytes(900_000))
        with Daemon(config, "--until-done") as daemon:
            told = daemon.wait_for("daemon.paused")
            assert told["cause"] == "cannot be stored: No space left on device"
            until(lambda: len(daemon.told("visit", kind="local_io")) >= 10, "no visits", daemon)
            ballast.unlink()
            daemon.wait_for("daemon.resumed")
            assert daemon.wait(60) == 0
            assert len(daemon.told("daemon.paused")) == 1
            assert len(daemon.told("visit", kind="stored")) == URLS  # though attempts is 1
    assert_clean(tmp_path, urls=URLS)


def test_a_lack_of_descriptors_is_no_fault_of_the_urls(tmp_path):
    with Site(slow(0.1)) as site:
        config = write_config(tmp_path, [{**jobs(site)[0], "per_host": 60}], concurrency=60)
        with Daemon(config, "--until-done") as daemon:
            daemon.wait_for("daemon.ready")
            process = psutil.Process(daemon.process.pid)
            process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + 12, 4096))
            daemon.wait_for("daemon.paused")
            process.rlimit(psutil.RLIMIT_NOFILE, (4096, 4096))
            assert daemon.wait(60) == 0
            assert len(daemon.told("visit", kind="stored")) == URLS
            assert not daemon.told("visit", verdict="dead")
    assert_clean(tmp_path, urls=URLS)


def test_a_lack_of_descriptors_is_over_with_the_first_visit_that_has_them_whatever_it_brings(
    tmp_path,
):
    with Site(lambda _: status("404 Not Found", ("Connection", "close"))) as site:
        job = {**jobs(site)[0], "urls": [f"{site.url}/[1-100000]"], "per_host": 8}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            until(lambda: len(daemon.told("visit")) > 20, "no visits", daemon)
            process = psutil.Process(daemon.process.pid)
            process.rlimit(psutil.RLIMIT_NOFILE, (3, 4096))
            daemon.wait_for("daemon.paused")
            process.rlimit(psutil.RLIMIT_NOFILE, (4096, 4096))
            daemon.wait_for("daemon.resumed")
            done = len(daemon.told("visit"))
            until(lambda: len(daemon.told("visit")) > done + 100, "one at a time", daemon)
            assert daemon.stop() == 0
    assert not [one for one in daemon.told("visit") if one["kind"] == "stored"]


def test_a_full_disk_is_over_when_it_has_room_and_not_before_whatever_is_visited(
    tmp_path, small_disk
):
    ballast = small_disk / "ballast"
    route = lambda path: bytes(9000) if path == "/file" else status("404 Not Found")  # noqa: E731
    with Site(route) as site:
        job = {**jobs(site)[0], "urls": [f"{site.url}/file", f"{site.url}/[1-100000]"]}
        config = write_config(tmp_path, [job], output=str(small_disk / "files"))
        fill(ballast)
        with Daemon(config) as daemon:
            daemon.wait_for("daemon.paused")
            done = len(daemon.told("visit"))
            until(lambda: len(daemon.told("visit")) > done + 1, "no probes", daemon)
            assert not daemon.told("daemon.resumed")
            ballast.unlink()
            daemon.wait_for("daemon.resumed")
            done = len(daemon.told("visit"))
            until(lambda: len(daemon.told("visit")) > done + 100, "one at a time", daemon)
            assert daemon.stop() == 0


def test_a_ledger_without_room_is_waited_for(tmp_path, small_disk):
    ballast = small_disk / "ballast"
    with Site(slow(0.05)) as site:
        config = write_config(tmp_path, jobs(site), state=str(small_disk / "state.sqlite"))
        with Daemon(config, "--until-done") as daemon:
            daemon.wait_for("visit")
            fill(ballast)
            until(
                lambda: daemon.told("settler.paused") or daemon.told("leaser.paused"),
                "no pause",
                daemon,
            )
            ballast.unlink()
            assert daemon.wait(60) == 0
            assert len(daemon.told("visit", kind="stored")) == URLS
        shutil.copy(small_disk / "state.sqlite", tmp_path / "state.sqlite")
        with ledger(tmp_path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert_clean(tmp_path, urls=URLS)


def test_a_disk_that_is_full_at_the_start_is_waited_out(tmp_path, small_disk):
    ballast = small_disk / "ballast"
    fill(ballast)
    with Site(slow(0.01)) as site:
        config = write_config(tmp_path, jobs(site), state=str(small_disk / "state.sqlite"))
        with Daemon(config, "--until-done", **UNWATCHED) as daemon:
            assert "is full: make room there" in daemon.wait_for("daemon.waiting")["cause"]
            ballast.unlink()
            assert daemon.wait(60) == 0
            assert len(daemon.told("visit", kind="stored")) == URLS
            assert len(daemon.told("daemon.waiting")) == 1
            assert not daemon.errors


def test_term_ends_a_daemon_that_waits_for_its_disk(tmp_path, small_disk):
    fill(small_disk / "ballast")
    with Site(slow(0.01)) as site:
        config = write_config(tmp_path, jobs(site), state=str(small_disk / "state.sqlite"))
        with Daemon(config, **UNWATCHED) as daemon:
            daemon.wait_for("daemon.waiting")
            start = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - start < 5
            assert not daemon.errors


def test_a_ledger_that_another_program_holds_delays_no_stop(tmp_path):
    with Site(slow(0.05)) as site:
        config = write_config(tmp_path, jobs(site))
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            with ledger(tmp_path) as other:
                other.execute("BEGIN IMMEDIATE")
                start = time.monotonic()
                assert daemon.stop() == 1  # what it held is taken back by the next start
                assert time.monotonic() - start < 1 + 5  # grace_period, and what supervisord adds
                other.rollback()
            assert "another program holds it" in daemon.told("daemon.failed")[0]["cause"]
            assert daemon.errors.count("another program holds it") == 1
            assert "Traceback" not in daemon.errors
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(60) == 0
    assert_clean(tmp_path, urls=URLS)


def test_a_stop_waits_for_a_ledger_that_is_held_as_long_as_its_grace_period_allows(tmp_path):
    with Site(slow(0.5)) as site:
        config = write_config(tmp_path, jobs(site), grace_period="25s")
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) >= 8, "no visits", daemon)
            with ledger(tmp_path) as other:
                other.execute("BEGIN IMMEDIATE")
                daemon.signal(signal.SIGTERM)
                told = daemon.wait_for("ledger.busy")
                assert told["waited_s"] < 6
                assert daemon.process.poll() is None
                other.rollback()
            assert daemon.wait(20) == 0
            assert [daemon.told(one)[0]["event"] for one in ("ledger.free", "lease.released")]
            assert len(daemon.told("visit", kind="stored")) == len(site.requests)
            assert len(daemon.told("ledger.busy")) == len(daemon.told("ledger.free")) == 1
    assert_clean(tmp_path, urls=URLS)


def test_a_second_stop_ends_the_wait_for_a_ledger_that_is_held(tmp_path):
    with Site(slow(0.05)) as site:
        config = write_config(tmp_path, jobs(site), grace_period="60s")
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            with ledger(tmp_path) as other:
                other.execute("BEGIN IMMEDIATE")
                daemon.signal(signal.SIGTERM)
                daemon.wait_for("ledger.busy")
                daemon.signal(signal.SIGTERM)
                assert daemon.wait(10) == 1
                other.rollback()
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(60) == 0
    assert_clean(tmp_path, urls=URLS)


def test_a_daemon_that_stands_before_a_held_ledger_says_so_and_goes_on_afterwards(tmp_path):
    with Site(slow(0.05)) as site:
        config = write_config(tmp_path, jobs(site))
        with Daemon(config, "--until-done") as daemon:
            daemon.wait_for("visit")
            with ledger(tmp_path) as other:
                other.execute("BEGIN IMMEDIATE")
                assert daemon.wait_for("ledger.busy")["level"] == "warning"
                other.rollback()
            assert daemon.wait_for("ledger.free")["after_s"] >= 3
            assert daemon.wait(60) == 0
            assert not daemon.told("settler.paused")
    assert_clean(tmp_path, urls=URLS)


def test_a_disk_that_fails_when_the_ledger_is_read_at_the_start_is_one_line_in_the_log(tmp_path):
    strace = real.needs("strace")
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        assert daemon.stop() == 0
    state = tmp_path / "state.sqlite"
    done = subprocess.run(
        [strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64", "-P", str(state),
         "-e", "inject=pread64:error=EIO:when=4+", *CRAWLER, "run", "-c", str(config)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        real.lacks(f"strace may trace nothing: {done.stderr}")
    assert done.returncode == 1
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["event"] == "daemon.failed"
    assert "its disk fails when it is read or written" in line["cause"]
    assert "Traceback" not in done.stderr
