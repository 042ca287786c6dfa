"""What Linux alone has is taken away, as on macOS: nothing that runs there needs it."""

from pathlib import Path

import pytest

from tests.program import UNWATCHED, Daemon, until, write_config
from tests.servers import Site

TAKEN = """
import errno, fcntl, os, resource, select, signal, time

for module, names in {
    errno: "ENOMEDIUM EREMOTEIO EUCLEAN ENONET",
    fcntl: "F_GETLEASE F_GETPIPE_SZ F_NOTIFY F_SETLEASE F_SETPIPE_SZ F_SETSIG",
    os: "O_DIRECT O_NOATIME O_PATH O_TMPFILE copy_file_range eventfd fdatasync getrandom "
        "memfd_create pidfd_open pipe2 posix_fadvise posix_fallocate sched_getaffinity splice",
    resource: "prlimit",
    select: "epoll",
    signal: "SIGRTMAX SIGRTMIN pidfd_send_signal sigtimedwait",
    time: "CLOCK_BOOTTIME",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""
"""Python imports this before anything else where it is called sitecustomize."""


@pytest.fixture
def site():
    with Site(lambda path: path.encode() * 100) as one:
        yield one


def test_a_daemon_takes_lists_of_every_kind_stores_reloads_and_stops(site, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/sitecustomize.py").write_text(TAKEN)
    (tmp_path / "list.txt").write_text(f"{site.url}/file\n")
    jobs = [
        {"name": "file", "url_file": "*.txt"},
        {"name": "program", "command": ["echo", f"{site.url}/program"]},
        {"name": "inbox", "inbox": "in"},
        {
            "name": "again",
            "urls": [f"{site.url}/again"],
            "schedule": {"every": "1s"},
            "on_change": "keep 2 versions",
        },
    ]
    config = write_config(tmp_path, jobs, watch=True, durability="full")
    with Daemon(config, PYTHONPATH=str(tmp_path / "taken"), **UNWATCHED) as daemon:
        until((tmp_path / "in").is_dir, "no inbox", daemon)
        (tmp_path / "in/dropped.txt").write_text(f"{site.url}/dropped\n")
        for path in ("file", "program", "dropped", "again"):
            daemon.wait_for("visit", url=f"{site.url}/{path}", kind="stored")
        daemon.wait_for("visit", url=f"{site.url}/again", kind="unchanged")
        config.write_text(config.read_text().replace("concurrency: 8", "concurrency: 4"))
        daemon.wait_for("config.reloaded")
        assert daemon.stop() == 0
        assert not daemon.told("seeder.restarted")
        assert not daemon.told("list.failed")
        assert not daemon.errors
    assert Path(tmp_path / "in/done/dropped.txt").exists()
    assert not list(tmp_path.rglob("*.part"))
