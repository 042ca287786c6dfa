"""Fixtures, and the rule that every test leaves nothing behind."""

import contextlib
import gc
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import gevent
import psutil
import pytest

from tests import FULL

TESTS = Path(__file__).parent
SECOND = "test_rel"
"""The files of `tests/daemon` before this name take as long as all that is left."""
PLAIN = ("-q", "-v", "-r", "--durations", "--tb")
CLEANUP_S = 5.0
"""How long a half may take to end after Ctrl-C, which it hears as well."""
SETTLE_S = 3.0
"""How long what a test closed may take to be gone."""


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run a plain `pytest` as two, side by side: most tests wait for a program they started.

    They share nothing, and each looks only at its own processes for what a test left behind. A
    choice of tests, and a full campaign, which measures more closely, run in one.
    """
    plain = all(word.startswith(PLAIN) for word in config.invocation_params.args)
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if FULL or not (plain and everything) or len(os.sched_getaffinity(0)) < 2:
        return None
    files = sorted(TESTS.rglob("test_*.py"))
    first = [file for file in files if file.parent == TESTS / "daemon" and file.name < SECOND]
    second = [file for file in files if file not in first]
    command = [sys.executable, "-m", "pytest", *config.invocation_params.args]
    with tempfile.TemporaryFile() as told:
        halves = [
            subprocess.Popen([*command, *first], cwd=config.rootpath),
            subprocess.Popen([*command, *second], cwd=config.rootpath, stdout=told, stderr=told),
        ]
        try:
            codes = [half.wait() for half in halves]
        finally:
            for half in halves:
                try:
                    half.wait(CLEANUP_S)
                except subprocess.TimeoutExpired:
                    half.terminate()
        told.seek(0)
        sys.stdout.write(told.read().decode())
    return max(codes, key=abs)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS / "daemon"):
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory):
    """Where no bytecode is written, every program that is started would compile itself anew."""
    with pytest.MonkeyPatch.context() as environment:
        if "PYTHONDONTWRITEBYTECODE" in os.environ:
            environment.delenv("PYTHONDONTWRITEBYTECODE")
            bytecode = tmp_path_factory.mktemp("bytecode")
            environment.setenv("PYTHONPYCACHEPREFIX", str(bytecode))
        yield


@pytest.fixture(scope="module", autouse=True)
def _little_to_look_through():
    """Keep what earlier files left on the heap, such as reports, out of every look through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest):
    """Compare greenlets, sockets, children and parts before and after; policy tests have none."""
    if request.path.is_relative_to(TESTS / "policy"):
        yield
        return
    before = _inventory()
    yield
    folder = request.node.funcargs.get("tmp_path")
    with gevent.Timeout(SETTLE_S, False):
        while _inventory() - before:
            gc.collect()
            gevent.sleep(0.02)
    left = _inventory() - before
    assert not left, f"left behind: {left}"
    assert not (parts := sorted(Path(folder).rglob("*.part")) if folder else []), parts


def _inventory() -> set[str]:
    greenlets = {
        f"greenlet {thing!r}"
        for thing in gc.get_objects()
        if isinstance(thing, gevent.Greenlet) and thing.started and not thing.dead
    }
    return greenlets | _sockets() | _children()


def _sockets() -> set[str]:
    """Return this process's sockets; psutil would read every connection of the machine for that."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the folder itself was open, too
            target = str(descriptor.readlink())
            if target.startswith("socket:"):
                found.add(f"descriptor {descriptor.name}, {target}")
    return found


def _children() -> set[str]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # so there is no need to look through every process of the machine
        return set()
    return {f"process {child.pid}" for child in psutil.Process().children(recursive=True)}


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def full_campaign() -> bool:
    """Whether long campaigns run in full."""
    return FULL
