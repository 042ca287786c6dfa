"""The shipped units: systemd's own programs judge them, and the daemon bears what they forbid."""

import os
import re
import signal
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from crawler.config import load
from crawler.web.server import STOP_S
from tests.program import Daemon, until, write_config
from tests.real import needs
from tests.servers import Site, slow

ROOT = Path(__file__).parents[2]
UNITS = ("crawlerd", "crawlerd-web")
MAX_EXPOSURE = 20
"""Tenths of what `systemd-analyze security` calls exposure; a unit that says nothing has 96."""
MDWE = """
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0, "no PR_SET_MDWE"
os.execv(sys.argv[1], sys.argv[1:])
"""
"""What MemoryDenyWriteExecute= forbids, by prctl(2), which has it from Linux 6.3 on."""


def unit(name: str) -> RawConfigParser:
    """Return a unit, whose options may come more than once: then the last one counts."""
    parser = RawConfigParser(strict=False, delimiters="=")
    parser.optionxform = str
    assert parser.read(ROOT / "config" / f"{name}.service")
    return parser


@pytest.fixture
def service():
    return unit("crawlerd")["Service"]


@pytest.fixture
def analyze():
    """Runs systemd-analyze, which needs no systemd to be running."""
    program = needs("systemd-analyze")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        return subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_a_unit_without_a_word(name, analyze, tmp_path):
    text = (ROOT / "config" / f"{name}.service").read_text()
    program = tmp_path / "crawler"
    program.symlink_to(sys.executable)
    shown, changed = re.subn(r"(?m)^(ExecStart=)\S+", rf"\1{program}", text)
    assert changed == 1
    file = tmp_path / f"{name}.service"
    file.write_text(shown)
    done = analyze("verify", "--man=no", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened(name, analyze):
    file = ROOT / "config" / f"{name}.service"
    done = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", str(file))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("KillMode", "mixed"),  # programs of lists end by the daemon, and are killed after it
        ("Restart", "on-failure"),  # what drained stays down
        ("RestartPreventExitStatus", "2"),  # a wrong configuration is tried once
        ("TimeoutStartSec", "infinity"),  # a daemon may wait for its ledger
        ("WatchdogSignal", "SIGUSR1"),  # writes the stacks
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
    ],
)
def test_an_option_of_the_unit_is_what_the_daemon_counts_on(service, option, value):
    assert service[option] == value


def test_systemd_waits_longer_than_the_crawler_drains(service):
    grace = load(ROOT / "config" / "crawler.yaml", {}).crawler.grace_period
    assert service.getint("TimeoutStopSec") > grace + 5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("WatchdogSignal", "SIGUSR1"),  # writes the stacks
        ("Restart", "on-failure"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),  # the token is read anew
    ],
)
def test_an_option_of_the_unit_is_what_the_page_counts_on(option, value):
    service = unit("crawlerd-web")["Service"]
    assert service[option] == value
    assert service.getint("WatchdogSec") > 0
    assert service.getint("TimeoutStopSec") > STOP_S


def test_both_units_run_as_one_user_that_is_not_root():
    users = {unit(name)["Service"]["User"] for name in UNITS}
    assert len(users) == 1
    assert users != {"root"}


def test_the_daemon_runs_where_no_memory_may_be_written_and_executed(tmp_path):
    probe = subprocess.run(
        [sys.executable, "-c", MDWE, "/bin/true"], check=False, capture_output=True
    )
    if probe.returncode:
        pytest.skip("this kernel has no PR_SET_MDWE")
    with Site(slow(0.01)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-9]"]}])
        with Daemon(config, "--until-done", within=[sys.executable, "-c", MDWE]) as daemon:
            assert daemon.wait() == 0
        assert len(daemon.told("visit", kind="stored")) == 9


def test_the_daemon_calls_nothing_that_its_unit_forbids(tmp_path, analyze):
    calls = tmp_path / "calls"
    traced = [needs("strace"), "-f", "-qq", "-c", "-o", str(calls)]
    with Site(slow(0.01)) as site:
        listed = tmp_path / "list.txt"
        listed.write_text(f"{site.url}/listed\n")
        jobs = [
            {"name": "j", "urls": [f"{site.url}/[1-9]"]},
            {"name": "c", "command": ["cat", str(listed)]},
        ]
        config = write_config(tmp_path, jobs, log={"file": "crawler.log"}, durability="full")
        with Daemon(config, within=traced) as daemon:
            until(lambda: len(daemon.told("visit")) == 10, "not all visited", daemon)
            pid = daemon.told("daemon.ready")[0]["pid"]
            for number, event in ((signal.SIGHUP, "config.reloaded"),
                                  (signal.SIGUSR2, "log.reopened")):  # fmt: skip
                os.kill(pid, number)
                daemon.wait_for(event)
            os.kill(pid, signal.SIGTERM)
            assert daemon.wait() == 0
    called = {line.split()[-1] for line in calls.read_text().splitlines()[2:-2]}
    assert {"openat", "execve"} <= called
    assert not called - allowed(analyze)


def allowed(analyze) -> set[str]:
    """Return the system calls that the unit leaves, as systemd reads its filters."""
    text = (ROOT / "config" / "crawlerd.service").read_text()
    found: set[str] = set()
    for words in re.findall(r"(?m)^SystemCallFilter=(.*)$", text):
        named = members(analyze, words.removeprefix("~").split())
        found = found - named if words.startswith("~") else found | named
    return found


def members(analyze, words: list[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        if word.startswith("@"):
            lines = analyze("syscall-filter", word).stdout.splitlines()
            inner = [line.strip() for line in lines[1:] if not line.strip().startswith("#")]
            found |= members(analyze, inner)
        else:
            found.add(word)
    return found
