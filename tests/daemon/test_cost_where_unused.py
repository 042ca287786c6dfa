"""What options cost a visit of a job that has none of them, in functions, bytecodes, system calls.

A cost is the difference of two crawls of one scene: start and end count for nothing. Nothing
is timed: on a busy machine the feeder looks a little more or less often.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests import real
from tests.program import Daemon, write_config
from tests.rigs import calls
from tests.servers import Site

FEW, MANY = 100, 1000
"""URLs of the two crawls; the longer one goes first, and bears what a first start costs."""
FUNCTIONS = 195.0
"""Of the crawler's own, that a visit of this scene calls, in all threads, as measured."""
BYTECODES = 6720.0
"""Of the same, by CPython 3.11: fewer functions are no gain where each of them does more."""
TENTH = 1.1
SYSCALLS = {"openat", "write", "close", "renameat", "poll", "sendto", "recvfrom"}
"""Each is made once a visit: the file, the exchange, and the line of the log (by `write`, too)."""
OPTIONS = re.compile(
    r"crawler/(hooks/|daemon/(hooking|logins|login_jobs)\.|fetch/(checking|cookies|digest_logins|jars|judging"
    r"|proxying|rates)\.|policy/(acceptance|answer_names|body_search|checksums|content_disposition"
    r"|cookie_jar|deliveries|differences|digest_auth|extensions|filters|prox\w+|sessions|token_bucket)\.)"
)
"""Modules that serve what a job says of answers, cookies, lists, hooks, proxies and rates."""
ONCE = (0.9, 1.9)
"""A batch of settlements makes some for all its files, so that they are a little more than one."""
BY_CHANCE = {
    "epoll_ctl", "epoll_pwait", "epoll_wait", "fcntl", "futex", "getpid", "pread64", "pwrite64",
    "total",
}  # fmt: skip
"""How often threads wait for each other, and the ledger is written, is a matter of the moment."""


def crawled(folder: Path, urls: int, within: Callable[[Path], list[str]]) -> Path:
    """Crawl the scene in these surroundings; return what they noted."""
    folder.mkdir()
    noted = folder / "noted"
    with Site(lambda path: path.encode() * 50) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-{urls}].bin"], "per_host": 32}]
        config = write_config(folder, jobs, concurrency=32)
        with Daemon(config, "--until-done", within=within(noted)) as daemon:
            code = daemon.wait(120)
            if "ptrace" in daemon.errors:
                real.lacks(f"strace may trace nothing: {daemon.errors}")
            assert code == 0, daemon.errors
            assert len(daemon.told("visit", kind="stored")) == urls
    return noted


def each(few: Counter[str], many: Counter[str], more: int = MANY - FEW) -> dict[str, float]:
    """Return how often a visit does each of these, of which there were so many more."""
    return {name: (many[name] - few[name]) / more for name in many}


@pytest.fixture(scope="module")
def functions(tmp_path_factory) -> dict[str, float]:
    folder = tmp_path_factory.mktemp("functions")
    many, few = (calls.counted(crawled(folder / str(n), n, calls.within)) for n in (MANY, FEW))
    return {name: n for name, n in each(few, many).items() if name.startswith("crawler/")}


def test_a_visit_without_options_calls_no_more_functions_than_it_did(functions):
    assert FUNCTIONS / 2 < sum(functions.values()) < FUNCTIONS * TENTH, {
        name: n for name, n in functions.items() if n > 0.5
    }


def test_a_visit_without_options_runs_no_more_bytecodes_than_it_did(tmp_path):
    if sys.version_info[:2] != (3, 11):
        real.lacks("another Python has other bytecodes than the 3.11 with which they were counted")
    many, few = (
        calls.counted(crawled(tmp_path / str(n), n, partial(calls.within, of="bytecodes")))
        for n in (4 * FEW, FEW)
    )
    ran = {name: n for name, n in each(few, many, 3 * FEW).items() if name.startswith("crawler/")}
    assert BYTECODES / 2 < sum(ran.values()) < BYTECODES * TENTH, {
        name: n for name, n in ran.items() if n > 50
    }


def test_a_visit_without_options_asks_two_functions_whether_it_has_any(functions):
    called = {name: n for name, n in functions.items() if OPTIONS.match(name) and n > 0.1}
    assert {name.rpartition(":")[2] for name in called} == {"of", "pace"}
    assert sum(called.values()) == pytest.approx(2, abs=0.05)  # of Proxying, of Rates


def test_a_visit_without_options_makes_no_more_system_calls_than_it_did(tmp_path):
    strace = real.needs("strace")
    many, few = (
        read(crawled(tmp_path / str(n), n, lambda to: [strace, "-f", "-qq", "-c", "-o", str(to)]))
        for n in (MANY, FEW)
    )
    least, most = ONCE
    made = {name: n for name, n in each(few, many).items() if name not in BY_CHANCE and n > least}
    assert made.keys() == SYSCALLS, made
    assert max(made.values()) < most, made


def read(table: Path) -> Counter[str]:
    """Read strace's table: `% time, seconds, usecs/call, calls, errors, syscall`."""
    rows = [line.split() for line in table.read_text().splitlines()]
    return Counter({row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit()})
