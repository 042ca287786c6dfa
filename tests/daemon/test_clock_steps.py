"""The wall clock is set while processes work, of all or of one: no host is visited early."""

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests import clocks
from tests.daemon.test_single_changes import DECADE
from tests.program import Daemon, crawler, fetch, until, write_config
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


@pytest.mark.parametrize("believed_in", [2], indirect=True)
def test_a_step_that_nobody_saw_is_told_at_the_next_start(tmp_path, clock, environment):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(config, **environment) as daemon:
            daemon.wait_for("visit")
            assert daemon.stop() == 0
        clock.set(3 * HOUR)
        time.sleep(2.1)  # the step is believed after 2 s, in which nobody may look
        with Daemon(config, **environment) as daemon:
            moved = daemon.wait_for("clock.moved")
            assert abs(moved["by_s"] - 3 * HOUR) < 10
            assert daemon.stop() == 0
        with Daemon(config, **environment) as daemon:
            daemon.wait_for("daemon.ready")
            assert daemon.stop() == 0
            assert not daemon.told("clock.moved"), "it is told once"


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


NOT_YET_BELIEVED = pytest.mark.parametrize("believed_in", [None], indirect=True)


def of_verb(environment, folder, *arguments):
    """What a verb prints whose wall clock is that of the environment."""
    return crawler(*arguments, cwd=folder, env={**os.environ, **environment}).stdout


@NOT_YET_BELIEVED
def test_what_was_visited_since_is_a_matter_of_the_frontiers_clock(tmp_path, clock, environment):
    with Site(lambda path: status("404 Not Found") if path == "/3" else b"x") as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
        with Daemon(config, "--until-done", **environment) as daemon:
            daemon.wait()
    clock.set(3 * HOUR)
    since = ("-c", str(config), "--since", "1h")
    assert len(of_verb(environment, tmp_path, "export", *since).splitlines()) == 3
    again = of_verb(environment, tmp_path, "retry", *since, "--dry-run", "--json")
    assert json.loads(again)["due"] == 1


@NOT_YET_BELIEVED
def test_a_reload_is_told_with_the_time_of_the_frontiers_clock(tmp_path, clock, environment):
    with Site(slow(0)) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "schedule": {"every": "1s"}}
        with Daemon(write_config(tmp_path, [job]), **environment) as daemon:
            goes_on(site, daemon)
            clock.set(3 * HOUR)
            daemon.wait_for("clock.doubted")
            config = write_config(tmp_path, [{**job, "urls": [f"{site.url}/[1-2]"]}])
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded")

            def reloaded():
                told = of_verb(environment, tmp_path, "status", "-c", str(config), "--json")
                (one,) = json.loads(told)["processes"]
                return one["reloaded_at"]

            at = datetime.fromisoformat(until(reloaded, "not told", daemon))
            assert at < datetime.now(UTC) + timedelta(hours=1)
            assert daemon.stop() == 0


@NOT_YET_BELIEVED
def test_doctor_judges_by_the_frontiers_clock_and_tells_that_it_differs(
    tmp_path, clock, environment
):
    now = datetime.now(UTC)
    issued = trustme.CA().issue_cert(
        "a.example", not_before=now - timedelta(9), not_after=now + timedelta(hours=2)
    )
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "mine.pem"))
    with Site(slow(0)) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "client_cert": "mine.pem"}
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done", **environment) as daemon:
            daemon.wait()
    clock.set(3 * HOUR)
    told = json.loads(of_verb(environment, tmp_path, "doctor", "-c", str(config), "--json"))
    found = told["findings"]
    mine = [one["level"] for one in found if one["check"] == "certificates"]
    assert mine == ["ok", "warn"], "its end is near, and not over"
    differs = [one for one in found if one["check"] == "clock" and "differs by" in one["found"]]
    assert [one["level"] for one in differs] == ["warn"]


@NOT_YET_BELIEVED
def test_what_an_archive_stored_earlier_is_so_by_the_frontiers_clock(tmp_path, clock, environment):
    options = {"cwd": tmp_path, "env": {**os.environ, **environment}}
    with Site(slow(0)) as site:
        for n in (1, 2):
            done = fetch(f"{site.url}/[1-{n}]", "--archive", "a", "-o", "out/", **options)
            assert done.returncode == 0, done.stdout + done.stderr
            clock.set(3 * HOUR)
    assert "2 ok (1 stored earlier)" in done.stdout
