"""Fixtures, and the rule that every test leaves nothing behind."""

import gc
import os
import signal
from pathlib import Path

import gevent
import pytest
from hypothesis import HealthCheck, settings

from tests import FULL, postgres, worker_queue
from tests.browser import running
from tests.leftovers import inventory
from tests.servers import free_port

# A machine that is busy with other tests is neither a deadline missed nor a strategy too slow.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

TESTS = Path(__file__).parent
WORKERS = 3
LOOP_ALIVE_S = 60.0
"""How often the timer that keeps a worker's loop alive comes round; any time would do."""
SETTLE_S = 3.0
"""How long what a test closed may take to be gone."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run all tests in three processes: most wait for a program, and two cores do for three.

    A choice of files, and a full campaign, which measures more closely, run in one process.
    """
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return WORKERS if everything and not FULL else 0


def pytest_configure(config: pytest.Config) -> None:
    """Keep gevent's loop of an xdist worker alive.

    The worker waits for the names of its next tests, which a native thread reads: a loop with no
    watcher of its own would raise LoopExit, as it sees nothing that could end the wait. The watcher
    lives as long as the process: at its end the worker waits once more.

    A daemon ignores a HUP that its parent ignores, as under nohup: the tests send it theirs.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if hasattr(config, "workerinput"):
        hub = gevent.get_hub()
        hub.keeps_xdist_alive = hub.loop.timer(LOOP_ALIVE_S, LOOP_ALIVE_S)
        hub.keeps_xdist_alive.start(lambda: None)
        worker_queue.use_it(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS / "daemon"):
            item.add_marker(pytest.mark.timeout(3600 if FULL else 180))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory):
    """Where no bytecode is written, every program that is started would compile itself anew."""
    with pytest.MonkeyPatch.context() as environment:
        if "PYTHONDONTWRITEBYTECODE" in os.environ:
            environment.delenv("PYTHONDONTWRITEBYTECODE")
            bytecode = tmp_path_factory.mktemp("bytecode")
            environment.setenv("PYTHONPYCACHEPREFIX", str(bytecode))
        yield


@pytest.fixture(scope="session", autouse=True)
def _servers_ended():
    yield
    postgres.end()


@pytest.fixture(scope="module")
def browser():
    """A browser that the tests of a file share."""
    with running() as one:
        yield one


@pytest.fixture
def database(tmp_path: Path):
    """The URL of a database of this test's own, which is empty."""
    yield postgres.url_of(tmp_path)
    postgres.forget(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _little_to_look_through():
    """Keep what earlier files left on the heap, such as reports, out of every look through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest):
    """Compare greenlets, sockets, children and parts before and after; pure tests have none."""
    if any(request.path.is_relative_to(TESTS / pure) for pure in ("policy", "tree")):
        yield
        return
    before = inventory()
    yield
    folder = request.node.funcargs.get("tmp_path")
    with gevent.Timeout(SETTLE_S, False):
        while left := inventory() - before:
            gc.collect()
            gevent.sleep(0.02)
    assert not left, f"left behind: {left}"
    assert not (parts := sorted(Path(folder).rglob("*.part")) if folder else []), parts


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    return free_port()


@pytest.fixture
def full_campaign() -> bool:
    """Whether long campaigns run in full."""
    return FULL
