"""Fixtures, and the rule that every test leaves nothing behind."""

import gc
import os
import socket
from pathlib import Path

import gevent
import psutil
import pytest

SETTLE_S = 3.0
"""How long what a test closed may take to be gone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "daemon" in item.path.parts:
            item.add_marker(pytest.mark.timeout(180))


def pytest_collection_finish() -> None:
    """Keep what the tests are made of out of every later look through the heap."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest):
    """Compare greenlets, sockets, children and parts before and after; policy tests have none."""
    if "policy" in request.path.parts:
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
    process = psutil.Process()
    sockets = {f"socket {one.laddr} {one.status}" for one in process.net_connections("inet")}
    children = {f"process {child.pid}" for child in process.children(recursive=True)}
    return greenlets | sockets | children


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def full_campaign() -> bool:
    """Whether long campaigns run in full."""
    return os.environ.get("CRAWLER_CAMPAIGN") == "full"
