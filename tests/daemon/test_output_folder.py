"""An output folder that may not be written pauses the daemon, and charges nobody."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests import program, real
from tests.program import Daemon, assert_clean, until, write_config
from tests.servers import Site, slow

URLS = 60
NOBODY = 65534

POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
"""Root for whom the rights of files hold (capabilities(7))."""


@pytest.fixture(autouse=True)
def rights_hold(monkeypatch):
    """Have the program run by a user for whom the rights of files hold."""
    if os.geteuid() == 0:
        real.needs("setpriv")
        monkeypatch.setattr(program, "CRAWLER", [*POWERLESS, *program.CRAWLER])


@pytest.fixture
def folder():
    """A folder of which parts can be given away."""
    real.needs_root("give files away")
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def config_of(folder: Path, site: Site, *, attempts: int = 1, **crawler) -> Path:
    urls = [f"{site.url}/[1-{URLS}].bin"]
    job = {"name": "j", "urls": urls, "attempts": attempts, "per_host": 4}
    return write_config(folder, [job], concurrency=4, **crawler)


def test_a_folder_that_may_not_be_written_at_the_start_costs_no_request(folder):
    (folder / "files").mkdir()
    os.chown(folder / "files", NOBODY, NOBODY)
    with Site(slow(0.01)) as site, Daemon(config_of(folder, site)) as daemon:
        cause = daemon.wait_for("daemon.paused")["cause"]
        assert cause.startswith(f"{folder / 'files'}: this user may not read or write it")
        until(lambda: daemon.told("visit", kind="local_io"), "no probe", daemon)
        assert not site.paths()
        os.chown(folder / "files", 0, 0)
        until(lambda: len(daemon.told("visit", kind="stored")) == URLS, "not resumed", daemon)
        assert daemon.told("daemon.resumed")
        assert len(daemon.told("daemon.paused")) == 1
        assert daemon.stop() == 0
    assert_clean(folder, urls=URLS)


@pytest.mark.parametrize("size", [10, 1_200_000])
def test_a_folder_that_loses_its_rights_pauses_once_and_charges_nobody(folder, size):
    route = slow(0.02, lambda path: path.encode() + bytes(size))
    with Site(route) as site, Daemon(config_of(folder, site)) as daemon:
        until(lambda: len(daemon.told("visit", kind="stored")) > 3, "no visits", daemon)
        for one in (folder / "files" / "j", folder / "files"):
            os.chown(one, NOBODY, NOBODY)
        assert "Permission denied" in daemon.wait_for("daemon.paused")["cause"]
        probes = daemon.told("visit", kind="local_io")
        asked = len(site.paths())
        until(
            lambda: len(daemon.told("visit", kind="local_io")) >= len(probes) + 2,
            "no probes", daemon,
        )  # fmt: skip
        assert len(site.paths()) <= asked + 4  # what was under way; a probe asks for nothing
        for one in (folder / "files" / "j", folder / "files"):
            os.chown(one, 0, 0)
        until(lambda: len(daemon.told("visit", kind="stored")) == URLS, "not resumed", daemon)
        assert len(daemon.told("daemon.paused")) == 1
        assert not daemon.told("visit", verdict="dead")  # though attempts is 1
        assert daemon.stop() == 0
    assert_clean(folder, urls=URLS)


@pytest.mark.parametrize("output", ["point", "point/files"])
@pytest.mark.parametrize("size", [10, 1_200_000])
def test_a_disk_that_is_unmounted_pauses_once_and_nothing_is_stored_elsewhere(folder, size, output):
    route = slow(0.02, lambda path: path.encode() + bytes(size))
    point = folder / "point"
    point.mkdir()
    with (
        real.small_disk(folder / "disk", "100m") as disk,
        contextlib.ExitStack() as mounts,
        Site(route) as site,
    ):
        _mount(disk, point)
        mounts.callback(_unmount, point)
        with Daemon(config_of(folder, site, output=output)) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) > 3, "no visits", daemon)
            _unmount(point)
            mounts.pop_all()
            assert "its disk unmounted" in daemon.wait_for("daemon.paused")["cause"]
            probes, asked = len(daemon.told("visit", kind="local_io")), len(site.paths())
            until(
                lambda: len(daemon.told("visit", kind="local_io")) >= probes + 2,
                "no probes", daemon,
            )  # fmt: skip
            assert len(site.paths()) <= asked + 4  # what was under way
            assert not list(point.iterdir())
            _mount(disk, point)
            mounts.callback(_unmount, point)
            until(lambda: len(daemon.told("visit", kind="stored")) == URLS, "no end", daemon)
            assert len(daemon.told("daemon.paused")) == len(daemon.told("daemon.resumed")) == 1
            assert not daemon.told("visit", verdict="dead")
            assert daemon.stop() == 0
        assert len(list((folder / output / "j").iterdir())) == URLS
        assert_clean(folder, urls=URLS)


def _mount(disk: Path, point: Path) -> None:
    subprocess.run(["mount", "--bind", str(disk), str(point)], check=True)


def _unmount(point: Path) -> None:
    subprocess.run(["umount", "-l", str(point)], check=True)


def test_fetch_says_so_and_ends(folder):
    (folder / "out").mkdir()
    os.chown(folder / "out", NOBODY, NOBODY)
    with Site(slow(0.01)) as site:
        done = subprocess.run(
            [*program.CRAWLER, "fetch", f"{site.url}/1", "-o", str(folder / "out")],
            capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == f"crawler: {folder / 'out'}: Permission denied\n"
        assert not site.paths()


def test_an_output_folder_that_goes_away_under_a_daemon_is_told_once_and_its_return_too(tmp_path):
    with Site(slow(0.01)) as site, Daemon(config_of(tmp_path, site)) as daemon:
        until(lambda: len(daemon.told("visit")) == URLS, "no visits", daemon)
        (tmp_path / "files").rename(tmp_path / "elsewhere")
        assert "its disk unmounted" in daemon.wait_for("output.lost")["cause"]
        (tmp_path / "elsewhere").rename(tmp_path / "files")
        daemon.wait_for("output.found")
        assert daemon.stop() == 0
        assert len(daemon.told("output.lost")) == len(daemon.told("output.found")) == 1
    assert_clean(tmp_path, urls=URLS)
