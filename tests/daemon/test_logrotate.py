"""The shipped configuration of logrotate, under Debian's, beside a daemon that logs."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.program import Daemon, until, write_config
from tests.real import needs
from tests.servers import Site, slow

SHIPPED = Path(__file__).parents[2] / "config" / "crawlerd.logrotate"


def rotate(folder: Path, told: str) -> None:
    """Rotate the logs of a folder once; `told` is a command, in place of that to systemd."""
    text = SHIPPED.read_text()
    text, places = re.subn(r"(?m)^/var/log/crawlerd/", f"{folder}/", text)
    text, users = re.subn(r"(?m)^    su .*\n", "", text)
    text, commands = re.subn(r"(?m)^( +)systemctl kill .*$", rf"\1{told}", text)
    assert (places, users, commands) == (1, 1, 1)
    conf = folder / "logrotate.conf"
    conf.write_text(text)
    conf.chmod(0o644)
    folder.chmod(0o700)
    command = [needs("logrotate"), "--force", "--state", str(folder / "rotated"), str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("signalled", [True, False], ids=["told by USR2", "told by nobody"])
def test_no_line_is_lost_or_written_twice_over_rotations(tmp_path, signalled):
    folder = tmp_path / "log"
    folder.mkdir()
    with Site(slow(0.02)) as site:
        log = {"file": "log/crawler.log", "file_size": 0}
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-400]"], "per_host": 4}]
        with Daemon(write_config(tmp_path, jobs, log=log)) as daemon:
            pid = daemon.wait_for("daemon.ready")["pid"]
            for number in (1, 2, 3):
                until(lambda n=number: len(daemon.told("visit")) > 100 * n, "idle", daemon)
                rotate(folder, f"kill -USR2 {pid}" if signalled else "true")
                until((folder / "crawler.log").exists, "the file is not made anew", daemon)
            until(lambda: len(daemon.told("visit")) == 400, "not all visited", daemon)
            assert daemon.stop() == 0
    assert len(daemon.told("log.reopened")) == (3 if signalled else 0)
    assert [one.name for one in sorted(folder.glob("crawler.log*"))] == [
        "crawler.log", "crawler.log.1", "crawler.log.2.gz", "crawler.log.3.gz",
    ]  # fmt: skip
    assert sorted(lines(folder)) == sorted(map(spelled, daemon.records))


def lines(folder: Path) -> list[str]:
    found = []
    for file in folder.glob("crawler.log*"):
        raw = file.read_bytes()
        text = gzip.decompress(raw) if file.suffix == ".gz" else raw
        found += [spelled(json.loads(line)) for line in text.splitlines()]
    return found


def spelled(record: dict) -> str:
    return json.dumps(record, sort_keys=True)


def test_the_daemons_of_systemd_are_told_and_not_the_page_beside_them():
    (units,) = re.findall(r"--signal=USR2 (.*?) 2>", SHIPPED.read_text())
    assert units.split() == ["crawlerd.service", "'crawlerd@*.service'"]
