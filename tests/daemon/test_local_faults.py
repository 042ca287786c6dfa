"""Faults of this machine: the daemon pauses, says so once, resumes by itself, charges nobody."""

import contextlib
import shutil
from pathlib import Path

import psutil
import pytest

from tests import real
from tests.program import Daemon, assert_clean, ledger, until, write_config
from tests.servers import Site, slow

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
