"""Change while it runs: two processes under a real supervisord, and one edit after another.

After every edit the crawl comes to what the files say: every listed URL is visited anew with its
job's newest options and has its file, every other one is retired; no host is visited before it has
rested, and nothing that is listed is visited never.
"""

import json
import os
import shutil
import time

import gevent
import pytest

from tests import clocks, edits, real
from tests.parts.frontier.invariants import broken
from tests.program import until
from tests.servers import Site, slow
from tests.supervisord import Supervisord
from tests.world import HOSTS, World

CALM_S = 60.0
"""How long an edit may take until all is as the files say."""
SHORT = ("options", "more_urls", "list_in_pieces", "job_renamed", "configuration_broken", "killed")


class Scene:
    """A world, and the two processes that crawl it."""

    def __init__(self, world: World, supervisord: Supervisord) -> None:
        self.world = world
        self.supervisord = supervisord

    def some_job(self) -> str:
        return self.world.random.choice(sorted(self.world.jobs))

    def records(self) -> list[dict]:
        lines = [line for number in (0, 1) for line in self.supervisord.told(number).splitlines()]
        return [json.loads(line) for line in lines if line.endswith("}")]

    def told(self, event: str, before: int, **fields) -> list[dict]:
        """Return the lines of an event beyond the first `before` of them."""
        wanted = {"event": event, **fields}.items()
        return [record for record in self.records() if wanted <= record.items()][before:]

    def count(self, event: str) -> int:
        return len(self.told(event, 0))

    def wait_for(self, event: str, before: int, **fields) -> None:
        until(lambda: self.told(event, before, **fields), f"no {event}")

    def expect_listed(self, name: str, urls: set[str] | None = None) -> None:
        """See that nothing of a job was retired."""
        wanted = {(name, url) for url in urls or self.world.jobs[name]}
        assert wanted <= self.world.active(), f"{name} has lost URLs"

    def converge(self) -> float:
        """Wait until all is as the files say; return how many seconds that took."""
        began = time.monotonic()
        while lacks := self.world.lacks(began):
            assert time.monotonic() < began + CALM_S, lacks
            gevent.sleep(0.1)
        self.world.now_calm()
        return self.world.calm_since - began

    def change(self, name: str) -> str:
        """Make one edit, and see what comes of it."""
        began = time.monotonic()
        assert not (strays := self.world.strays(began)), f"before {name}: {sorted(strays)[:3]}"
        said = getattr(edits, name)(self)
        took = self.converge()
        return f"{name}: {said}; calm after {took:.1f} s"


@pytest.fixture
def scene(tmp_path_factory):
    """A crawl of a few jobs on a small disk; its processes go by a clock that the world sets."""
    folder = tmp_path_factory.mktemp("s")
    with Site(slow(0.005), HOSTS) as site, real.small_disk(folder / "disk", "32m") as disk:
        world = World(folder / "w", disk / "files", site, int(os.environ.get("SEED", "1")))
        environment = {
            **clocks.environment(world.folder, world.clock, believed_in=3),
            "GEVENT_MONITOR_THREAD_ENABLE": "1",
            "GEVENT_MAX_BLOCKING_TIME": "0.1",
        }
        options = {"numprocs": 2, "startsecs": 1}
        with Supervisord(folder, world.config, environment=environment, **options) as supervisord:
            yield Scene(world, supervisord)
        assert not broken(world.folder / "state.sqlite", time.time(), {})
        assert not sorted(world.output.rglob("*.part"))
    if not os.environ.get("KEEP"):
        shutil.rmtree(folder)


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_after_every_edit_the_crawl_comes_to_what_the_files_say(scene, full_campaign):
    scene.converge()
    for name in _chosen(scene.world.random, full=full_campaign):
        print(scene.change(name), flush=True)
    assert not scene.world.too_early()
    assert not scene.world.strays(time.monotonic())


def _chosen(chance, *, full: bool) -> list[str]:
    """Return the names of the edits to make; EDITS may name them, or say how many."""
    said = os.environ.get("EDITS", "200" if full else ",".join(SHORT))
    if not said.isdigit():
        return said.split(",")
    return [chance.choice(edits.ALL).__name__ for _ in range(int(said))]
