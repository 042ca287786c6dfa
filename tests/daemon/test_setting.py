"""`crawler set` and `unset`: options of running daemons, above their file."""

import contextlib
import time

import gevent
import pytest

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, until, write_config
from tests.servers import Site

SLACK_S = 1.7
"""What hearing may take, with two processes on a machine that is shared."""


@contextlib.contextmanager
def crawling(folder, site, *, processes=1, **options):
    """Daemons that visit a site twenty times a second."""
    job = {"name": "j", "urls": [f"{site.url}/[1-900]"], "delay": "50ms", **options}
    file = write_config(folder, [job])
    with contextlib.ExitStack() as stack:
        daemons = [stack.enter_context(Daemon(file)) for _ in range(processes)]
        for daemon in daemons:
            daemon.wait_for("daemon.ready")
        until(lambda: len(site.requests) > 3, "nothing is visited", daemons[0])
        yield daemons


def visits_within(site, seconds):
    before = len(site.requests)
    gevent.sleep(seconds)
    return len(site.requests) - before


@pytest.mark.parametrize("subject", ["job", "host", "all"])
def test_a_delay_is_set_in_all_processes_and_unset(tmp_path, subject):
    with Site(str.encode) as site, crawling(tmp_path, site, processes=2) as (daemon, second):
        which = {"job": ("--job", "j"), "host": ("--host", "127.0.0.1"), "all": ()}[subject]
        told = desk(tmp_path, "set", *which, "delay=30s", "--why", "it groans", "--wait")
        assert "→ 30s" in told
        assert "heard by 2 processes" in told
        gevent.sleep(SLACK_S)
        assert visits_within(site, 2) <= 1
        assert "delay=30s by " in desk(tmp_path, "wishes")
        assert "is as the file says" in desk(tmp_path, "unset", *which, "delay")
        began = time.monotonic()
        until(lambda: visits_within(site, 0.5) > 3, "it does not go on", daemon)
        assert time.monotonic() - began < SLACK_S + 3
        assert "was not set" in desk(tmp_path, "unset", *which, "delay", code=1)
        for one in (daemon, second):
            assert not one.told("config.outdated")
            assert one.told("config.reloaded")
            assert one.stop() == 0


@on_every_engine
def test_what_is_set_outlasts_reload_and_restart(tmp_path):
    with Site(str.encode) as site, crawling(tmp_path, site) as (daemon,):
        desk(tmp_path, "set", "--job", "j", "delay=30s", "concurrency=3", code=2)
        desk(tmp_path, "set", "--job", "j", "delay=30s", "--wait")
        daemon.wait_for("config.reloaded", changed={"j": ["delay"]})
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace("attempts: 5", "attempts: 6"))
        desk(tmp_path, "reload")
        until(lambda: len(daemon.told("config.reloaded")) == 2, "no reload", daemon)
        assert visits_within(site, 2) <= 1
        assert daemon.stop() == 0
        with Daemon(daemon.config) as next_one:
            next_one.wait_for("daemon.ready")
            assert visits_within(site, 2) <= 1
            assert next_one.stop() == 0


def test_concurrency_is_set_and_told_old_and_new(tmp_path):
    with Site(str.encode) as site, crawling(tmp_path, site) as (daemon,):
        told = desk(tmp_path, "set", "concurrency=1", "log.level=debug", "--for", "1h")
        assert "crawler.concurrency: 8 → 1" in told
        daemon.wait_for("config.reloaded", crawler=["concurrency", "log"])
        assert "everything: concurrency is so already" in desk(tmp_path, "set", "concurrency=1")
        assert daemon.stop() == 0


def test_old_and_new_are_told_as_in_force_and_what_comes_back(tmp_path):
    with Site(str.encode) as site, crawling(tmp_path, site) as (daemon,):
        desk(tmp_path, "set", "--job", "j", "delay=30s", "--wait")
        told = desk(tmp_path, "set", "--job", "j", "delay=40s", "per_host=2", "--for", "1h")
        assert told.splitlines()[:2] == ["j.delay: 30s → 40s", "j.per_host: 8 → 2"]
        assert "until 20" in told
        told = desk(tmp_path, "set", "delay=5s")
        assert "everything: delay changes nothing: what is set for job j counts more" in told
        told = desk(tmp_path, "set", "--host", "127.0.0.1", "delay=1s", "--dry-run")
        assert told == "hosts.127.0.0.1.delay: 40s → 1s\n", "where none is said of it, of its job"
        told = desk(tmp_path, "unset", "--job", "j", "delay", "per_host")
        assert told.splitlines()[1:4] == [
            "job j: per_host is as the file says", "j.delay: 40s → 5s", "j.per_host: 2 → 8",
        ]  # fmt: skip
        assert "everything has delay=5" in desk(tmp_path, "wishes")
        assert "j.delay: 5s → 50ms" in desk(tmp_path, "unset", "delay")
        assert daemon.stop() == 0


def test_what_is_set_runs_no_program_and_reads_no_list_again(tmp_path):
    with Site(str.encode) as site:
        program = tmp_path / "list"
        program.write_text(
            f"#!/bin/sh\necho >> {tmp_path}/runs\necho {site.url}/1\necho {site.url}/2\n"
        )
        program.chmod(0o755)
        job = {"name": "j", "command": [str(program)], "delay": "50ms"}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            until(lambda: len(daemon.told("visit")) == 2, "no visits", daemon)
            until(lambda: daemon.told("job.synced"), "not read", daemon)
            for number in (1, 2):
                desk(tmp_path, "set", "--job", "j", f"attempts={number}", "--wait")
                until(lambda: len(daemon.told("config.reloaded")) == number, "not set", daemon)  # noqa: B023
            desk(tmp_path, "reload", "--wait")
            until(lambda: len(daemon.told("job.synced")) > 1, "not read", daemon)
            assert (tmp_path / "runs").read_text().count("\n") == 2, "at its start, and by reload"
            assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "robots=ignore"), "robots: cannot be set"),
        (("set", "--job", "j", "concurrency=5"), "concurrency: cannot be set for job"),
        (("set", "--job", "j", "delay=5"), "a duration with its unit is needed"),
        (("set", "--job", "k", "delay=5s"), "no job k; it has j"),
        (("set", "--host", "nobody", "delay=5s"), "no host nobody is known"),
        (("set", "delay"), "write OPTION=VALUE"),
        (("set", "--job", "k", "delay=5s", "--dry-run"), "no job k; it has j"),
        (("unset", "robots"), "robots: cannot be set; what can"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(tmp_path, arguments, words):
    file = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1}])
    with Daemon(file, "--until-done") as daemon:
        daemon.wait()
    verb, *more = arguments
    done = at_once(verb, "-c", "crawler.yaml", *more, cwd=tmp_path)
    assert (done.returncode, words in done.stderr) == (2, True), done.stdout + done.stderr
