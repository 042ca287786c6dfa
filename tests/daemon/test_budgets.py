"""Budgets of jobs, in daemons: what a job may spend in a pass holds over kills and reloads."""

import json
import signal

import pytest
import yaml

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, until, write_config
from tests.servers import Site

CONCURRENCY = 4
URLS = 400
HEARD_S = 0.5
"""Time within which the other process hears of it."""
BEYOND = 10
"""Visits by which a job may go beyond its cap: what is in flight when it is reached."""


def config(folder, site, **options):
    jobs = [
        {
            "name": "job",
            "urls": [f"{site.url}/[1-{URLS}]"],
            "per_host": 1,
            "delay": "20ms",
            **options,
        },
        {"name": "other", "urls": [f"{site.url}/other"]},
    ]
    return write_config(folder, jobs, concurrency=CONCURRENCY)


def budget(folder, job="job"):
    """What a job has spent, as `status` says it."""
    told = json.loads(desk(folder, "status", "--json"))
    return next(one["budget"] for one in told["jobs"] if one["name"] == job)


def visited(site):
    """Requests for URLs of the job with the budget."""
    return sum(seen.path != "/other" for seen in site.requests)


@on_every_engine
def test_a_job_at_its_cap_begins_no_visit_and_is_told_once(tmp_path):
    with Site(lambda _: b"x" * 100) as site:
        file = config(tmp_path, site, max_urls=20)
        with Daemon(file) as daemon:
            told = daemon.wait_for("job.capped", job="job", option="max_urls", cap=20)
            spent = budget(tmp_path)
            assert daemon.stop() == 0
        assert told["since"] == spent["at_cap_since"]
        assert spent["at_cap"] == "max_urls"
        assert 20 <= visited(site) <= 20 + BEYOND
        assert len(daemon.told("job.capped")) == 1
        with Daemon(file) as daemon:
            daemon.wait_for("job.capped")
            assert daemon.stop() == 0
        assert visited(site) <= 20 + BEYOND
        assert budget(tmp_path)["urls"] == visited(site)


def test_bytes_are_a_budget_too_and_explain_says_what_a_url_waits_for(tmp_path):
    with Site(lambda _: b"x" * 1000) as site:
        file = config(tmp_path, site, max_bytes="10KB")
        with Daemon(file) as daemon:
            daemon.wait_for("job.capped", option="max_bytes", cap=10_000)
            explained = desk(tmp_path, "explain", f"{site.url}/{URLS}")
            assert daemon.stop() == 0
    assert "the budget of its job, which is at its cap: max_bytes 10.0 KB of this pass" in explained
    assert "next visit    not before the next pass of its job" in explained
    assert 10_000 <= budget(tmp_path)["bytes"] <= 10_000 + 1000 * BEYOND


def test_a_run_until_done_is_done_with_a_job_at_its_cap(tmp_path):
    with Site(str.encode) as site:
        with Daemon(config(tmp_path, site, max_urls=20), "--until-done") as daemon:
            assert daemon.wait() == 0
        assert 20 <= visited(site) <= 20 + BEYOND
        assert [seen.path for seen in site.requests].count("/other") == 1
    assert daemon.told("daemon.stopped")


def test_time_is_a_budget_too(tmp_path):
    with Site(str.encode) as site:
        file = config(tmp_path, site, max_time="1s", delay="200ms")
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert 0 < visited(site) < URLS
    assert daemon.told("job.capped", option="max_time", cap=1.0)


def test_a_reload_that_raises_the_cap_goes_on_and_one_that_lowers_it_stops_at_once(tmp_path):
    with Site(str.encode) as site:
        with Daemon(config(tmp_path, site, max_urls=20)) as daemon:
            daemon.wait_for("job.capped", cap=20)
            config(tmp_path, site, max_urls=40)
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("job.uncapped", job="job")
            daemon.wait_for("job.capped", cap=40)
            assert 40 <= visited(site) <= 40 + BEYOND
            config(tmp_path, site, max_urls=URLS, delay="100ms")
            daemon.signal(signal.SIGHUP)
            until(lambda: visited(site) > 50, "it does not go on", daemon)
            config(tmp_path, site, max_urls=10, delay="100ms")
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("job.capped", cap=10)
            stopped = visited(site)
            config(tmp_path, site, max_urls=9, delay="100ms")
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("job.capped", cap=9)
            assert len(daemon.told("job.uncapped")) == 2  # it was raised twice
            config(tmp_path, site, per_host=CONCURRENCY, delay=0)
            daemon.signal(signal.SIGHUP)
            until(lambda: visited(site) == URLS, "something is lost", daemon)
            assert daemon.stop() == 0
        assert stopped < URLS
        assert len({seen.path for seen in site.requests}) == URLS + 1


@pytest.mark.timeout(120)
def test_a_kill_sets_nothing_back(tmp_path):
    """What was in flight when a process was killed is visited again, and counted once."""
    with Site(str.encode) as site:
        file = config(tmp_path, site, max_urls=60)
        kills = 0
        while kills < 4:
            began = visited(site)
            with Daemon(file) as daemon:
                until(lambda began=began: visited(site) > began + 8, "it stands still", daemon)
                daemon.process.kill()
                daemon.wait()
            kills += 1
        with Daemon(file) as daemon:
            daemon.wait_for("job.capped")
            assert daemon.stop() == 0
        assert 60 <= visited(site) <= 60 + BEYOND * (kills + 1)
        assert 60 <= budget(tmp_path)["urls"] <= 60 + BEYOND


@on_every_engine
def test_two_processes_count_together(tmp_path):
    with Site(str.encode) as site, Site(str.encode) as second:
        jobs = [{
            "name": "job", "urls": [f"{one.url}/[1-{URLS}]" for one in (site, second)],
            "delay": "20ms", "per_host": 1, "max_urls": 60,
        }]  # fmt: skip
        file = write_config(tmp_path, jobs, concurrency=CONCURRENCY)
        with Daemon(file) as one, Daemon(file) as other:
            for daemon in (one, other):
                daemon.wait_for("job.capped", job="job")
            assert [daemon.stop() for daemon in (one, other)] == [0, 0]
        both = len(site.requests) + len(second.requests)
        assert 60 <= both <= 60 + 2 * BEYOND + HEARD_S / 0.02
        assert budget(tmp_path)["urls"] == both


def test_the_next_pass_of_a_schedule_begins_with_its_next_slot(tmp_path):
    with Site(str.encode) as site:
        file = config(tmp_path, site, max_urls=20, schedule={"every": "3s"})
        with Daemon(file) as daemon:
            daemon.wait_for("job.capped")
            daemon.wait_for("job.uncapped")
            until(lambda: len(daemon.told("job.capped")) > 1, "no second pass", daemon)
            assert daemon.stop() == 0
        assert 40 <= visited(site) <= 40 + 20 + 3 * BEYOND
        assert len({seen.path for seen in site.requests}) > 30, "the first ones came again"


def test_an_operator_that_resumes_a_job_at_its_cap_is_told_why_it_rests(tmp_path):
    with Site(str.encode) as site, Daemon(config(tmp_path, site, max_urls=20)) as daemon:
        daemon.wait_for("job.capped")
        desk(tmp_path, "pause", "--job", "job")
        said = desk(tmp_path, "resume", "--job", "job", "--wait")
        assert "job job goes on\nstill: job job is at its cap: max_urls 20" in said
        assert visited(site) <= 20 + BEYOND
        desk(tmp_path, "set", "--job", "job", "max_urls=50")
        daemon.wait_for("job.capped", cap=50)
        assert daemon.stop() == 0


def test_a_ledger_that_moves_to_a_server_takes_what_is_spent_along(tmp_path, database):
    with Site(str.encode) as site:
        file = config(tmp_path, site, max_urls=20)
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        spent, before = budget(tmp_path), visited(site)
        moved = at_once("move", str(tmp_path / "state.sqlite"), database, cwd=tmp_path)
        assert moved.returncode == 0, moved.stderr
        document = yaml.safe_load(file.read_text())
        document["crawler"] |= {"state": database, "lists": "lists"}
        file.write_text(yaml.safe_dump(document))
        assert budget(tmp_path) == spent
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert visited(site) == before
