"""The wall clock is set while processes work, of all or of one: no host is visited early."""

import os
import time

import pytest

from tests import clocks
from tests.daemon.test_single_changes import DECADE
from tests.program import Daemon, until, write_config
from tests.servers import Site, slow, status

HOUR = 3600


class Clock:
    """A wall clock that programs go by, which is so many seconds ahead."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(0)

    def set(self, ahead):
        self.file.write_text(f"{ahead:+d}")
        os.utime(self.file)


@pytest.fixture(params=[None, 2], ids=["doubted", "followed"])
def believed_in(request):
    """After how many seconds a step counts; None: not within this test."""
    return request.param


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def environment(tmp_path, clock, believed_in):
    return clocks.environment(tmp_path / "fake", clock.file, believed_in=believed_in)


def put_off(path):
    return status("503 Service Unavailable", ("Retry-After", "7200"))


def goes_on(site, daemon):
    before = len(site.requests)
    until(lambda: len(site.requests) > before + 2, "no more visits", daemon)


@pytest.mark.parametrize("steps", [(3 * HOUR,), (HOUR,), (-HOUR,), (DECADE, 0)])
def test_a_host_that_asked_for_two_hours_gets_them_whatever_the_clock(
    tmp_path, clock, environment, believed_in, steps
):
    with Site(put_off) as away, Site(slow(0), ["127.0.0.2"]) as well:
        often = {"name": "often", "urls": [f"{well.url}/[1-3]"], "schedule": {"every": "1s"}}
        job = {"name": "j", "urls": [f"{away.url}/[1-3]"], "per_host": 1}
        config = write_config(tmp_path, [job, often])
        with Daemon(config, **environment) as daemon:
            until(lambda: daemon.told("visit", job="j"), "not visited", daemon)
            for n, ahead in enumerate(steps):
                clock.set(ahead)
                event = "clock.moved" if believed_in else "clock.doubted"
                if believed_in or ahead:
                    until(lambda: len(daemon.told(event)) > n, "not told", daemon)  # noqa: B023
                goes_on(well, daemon)
            assert daemon.stop() == 0
        with Daemon(config, **environment) as daemon:
            goes_on(well, daemon)
            assert daemon.stop() == 0
        assert len(away.requests) == 1


def test_an_address_gets_its_rest_whatever_the_clock(tmp_path, clock, environment, believed_in):
    addresses = ["127.0.0.3"]
    with Site(slow(0), addresses) as one, Site(slow(0), addresses) as other:
        job = {"name": "j", "urls": [f"{one.url}/1", f"{other.url}/1"]}
        config = write_config(tmp_path, [job], per_address={"delay": "20s"})
        with Daemon(config, **environment) as daemon:
            until(lambda: daemon.told("visit"), "not visited", daemon)
            clock.set(3 * HOUR)
            daemon.wait_for("clock.moved" if believed_in else "clock.doubted")
            assert daemon.stop() == 0
        ((first,), set_at) = one.requests + other.requests, time.monotonic()
        with Daemon(config, **environment) as daemon:
            until(lambda: daemon.told("visit"), "not visited", daemon)
            assert daemon.stop() == 0
        (second,) = (seen for seen in one.requests + other.requests if seen is not first)
        assert set_at < first.at + 20, "the clock was set within the rest"
        assert second.at - first.at >= 20 - 0.05


@pytest.mark.parametrize("believed_in", [12], indirect=True)
def test_a_wall_clock_that_only_one_process_has_is_gone_by_by_none(tmp_path, clock, environment):
    with Site(put_off) as away, Site(slow(0), ["127.0.0.2"]) as well:
        often = {"name": "often", "urls": [f"{well.url}/[1-3]"], "schedule": {"every": "1s"}}
        job = {"name": "j", "urls": [f"{away.url}/[1-3]"], "per_host": 1}
        config = write_config(tmp_path, [job, often])
        with Daemon(config) as right, Daemon(config, **environment) as wrong:
            until(lambda: len(away.requests) == 1, "not visited", right)
            goes_on(well, wrong)
            clock.set(3 * HOUR)
            wrong.wait_for("clock.doubted")
            until_s = time.monotonic() + 15
            while time.monotonic() < until_s:
                goes_on(well, wrong)
            assert not right.told("clock.moved")
            assert not wrong.told("clock.moved")
            assert (right.stop(), wrong.stop()) == (0, 0)
        assert len(away.requests) == 1
