"""`crawler pause`, `resume` and `wishes`, beside daemons at work and without one."""

import contextlib
import json
import signal
import sqlite3
import time
from itertools import count
from pathlib import Path

import gevent
import pytest

from crawler.frontier import changed, open_ledger
from crawler.frontier.wishes import ALL, MakeWish, Verb, Wisher
from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, until, write_config
from tests.program import ledger as tables_of
from tests.servers import Site, slow

WITHIN_S = 1.0
"""Time after which a wish is in force."""
SLACK_S = 0.7
"""What two processes and their servers may take on a machine that is shared."""


def jobs_of(*sites: Site, **options) -> list[dict]:
    return [
        {"name": f"j{n}", "urls": [f"{site.url}/[1-400]"], "delay": "100ms", **options}
        for n, site in enumerate(sites)
    ]


@contextlib.contextmanager
def crawling(folder: Path, *sites: Site, processes: int = 2, **options):
    """Daemons that visit every site ten times a second."""
    file = write_config(folder, jobs_of(*sites, **options))
    with contextlib.ExitStack() as stack:
        daemons = [stack.enter_context(Daemon(file)) for _ in range(processes)]
        for daemon in daemons:
            daemon.wait_for("daemon.ready")
        until(lambda: all(site.requests for site in sites), "nothing is visited", daemons[0])
        yield daemons


def begun_after(site: Site, at: float) -> int:
    return sum(seen.at > at for seen in site.requests)


def quiet(site: Site, since: float) -> bool:
    """Tell whether nothing more of a site began than within the time that a wish has."""
    return begun_after(site, since + WITHIN_S + SLACK_S) == 0


def goes_on(site: Site, daemon: Daemon) -> float:
    """Wait for a visit to a site; return the seconds that it took."""
    began = time.monotonic()
    until(lambda: begun_after(site, began), "it does not go on", daemon)
    return time.monotonic() - began


@on_every_engine
def test_everything_is_paused_in_all_processes_and_goes_on(tmp_path):
    with (
        Site(str.encode) as site,
        Site(str.encode) as other,
        crawling(tmp_path, site, other) as (
            daemon,
            second,
        ),
    ):
        said = desk(tmp_path, "pause", "--why", "a fair \x1b[31mreason", "--wait")
        assert "everything is paused by " in said
        assert "\x1b" not in said
        assert "heard by 2 processes" in said
        paused = time.monotonic()
        until(lambda: json.loads(desk(tmp_path, "status", "--json"))["processes"][0]["state"]
              == "paused", "its row says nothing", daemon)  # fmt: skip
        gevent.sleep(2)
        assert begun_after(site, paused) == begun_after(other, paused) == 0, "not one more"
        with tables_of(tmp_path) as db:
            held = "SELECT (SELECT count(*) FROM host WHERE owner IS NOT NULL), "
            leased = "(SELECT count(*) FROM task WHERE state = 1)"
            assert db.execute(f"{held}{leased}").fetchone() == (0, 0)
        assert "everything is paused" in desk(tmp_path, "wishes")
        assert "goes on" in desk(tmp_path, "resume")
        assert goes_on(site, daemon) < WITHIN_S + SLACK_S
        goes_on(other, daemon)
        assert second.told("wish.heard", verb="pause", of="all")
        second.wait_for("wish.ended", verb="pause", of="all")
        assert "was not paused" in desk(tmp_path, "resume", code=1)
        assert desk(tmp_path, "wishes") == "nothing is wished\n"
        assert [daemon.stop(), second.stop()] == [0, 0]


@pytest.mark.parametrize("subject", ["host", "job"])
def test_one_host_or_job_is_paused_and_the_others_go_on(tmp_path, subject):
    with (
        Site(str.encode) as site,
        Site(str.encode) as other,
        crawling(tmp_path, site, other) as (
            daemon,
            second,
        ),
    ):
        which = f"127.0.0.1:{site.port}" if subject == "host" else "j0"
        desk(tmp_path, "pause", f"--{subject}", which, "--wait")
        paused = time.monotonic()
        gevent.sleep(2)
        assert begun_after(site, paused) == 0
        assert begun_after(other, paused) > 5
        url = f"{site.url}/399"
        told = desk(tmp_path, "explain", url)
        assert "is paused by " in told
        assert "  next visit    not before `crawler resume`\n" in told
        desk(tmp_path, "resume", f"--{subject}", which)
        assert goes_on(site, daemon) < WITHIN_S + SLACK_S
        assert [daemon.stop(), second.stop()] == [0, 0]


def test_a_visit_under_way_ends_while_nothing_new_begins(tmp_path):
    with (
        Site(lambda path: slow(4)(path) if path == "/1" else path.encode()) as site,
        crawling(tmp_path, site, processes=1, per_host=1) as (daemon,),
    ):
        desk(tmp_path, "pause")
        visit = daemon.wait_for("visit", url=f"{site.url}/1")
        assert visit["kind"] == "stored"
        gevent.sleep(1)
        assert site.paths() == ["/1"]


def test_a_process_that_was_stopped_begins_nothing_that_was_paused_meanwhile(tmp_path):
    with Site(str.encode) as site, crawling(tmp_path, site, processes=1) as (daemon,):
        daemon.signal(signal.SIGSTOP)
        while at_once("pause", "-c", "crawler.yaml", cwd=tmp_path).returncode:
            daemon.signal(signal.SIGCONT)  # it was stopped while it had the ledger
            gevent.sleep(0.2)
            daemon.signal(signal.SIGSTOP)
        gevent.sleep(1.5)
        paused = time.monotonic()
        daemon.signal(signal.SIGCONT)
        daemon.wait_for("wish.heard", verb="pause")
        gevent.sleep(1)
        assert begun_after(site, paused) == 0
        desk(tmp_path, "resume")
        assert goes_on(site, daemon) < WITHIN_S + SLACK_S
        assert daemon.stop() == 0


def test_what_waits_for_visits_under_way_ends_with_the_process_that_dies(tmp_path):
    with Site(slow(600)) as site, crawling(tmp_path, site, processes=1, per_host=1) as (daemon,):
        waiting = gevent.spawn(desk, tmp_path, "pause", "--wait")
        daemon.wait_for("wish.heard", verb="pause")
        gevent.sleep(1)
        assert not waiting.ready(), "a visit is under way"
        daemon.process.kill()
        daemon.wait()
        assert "no daemon is running" in waiting.get(timeout=5)


def test_who_waits_for_processes_to_hear_waits_for_nothing_that_others_wish_meanwhile(tmp_path):
    def others():
        with open_ledger(tmp_path / "state.sqlite", write=True) as ledger:
            for number in count():
                gevent.sleep(0.001)
                changed(ledger, MakeWish(Verb.SET, ALL, Wisher(), None, "concurrency", number + 1))

    with Site(str.encode) as site, crawling(tmp_path, site, processes=1):
        wishing = gevent.spawn(others)
        began = time.monotonic()
        assert "heard by 1 process" in desk(tmp_path, "pause", "--job", "j0", "--wait")
        assert time.monotonic() - began < 5
        wishing.kill()


@on_every_engine
def test_a_pause_stands_over_a_kill_and_ends_by_its_time(tmp_path):
    with Site(str.encode) as site, crawling(tmp_path, site, processes=1) as (daemon,):
        desk(tmp_path, "pause", "--for", "4s", "--wait")
        paused = time.monotonic()
        daemon.process.kill()
        daemon.wait()
        with Daemon(daemon.config) as next_one:
            next_one.wait_for("wish.heard", verb="pause")
            assert goes_on(site, next_one)
            first = min(seen.at for seen in site.requests if seen.at > paused)
            assert first > paused + 3
            next_one.wait_for("wish.ended", verb="pause")
            assert next_one.stop() == 0


def test_lists_are_read_while_everything_is_paused_and_until_done_waits(tmp_path):
    with Site(str.encode) as site:
        (tmp_path / "list.txt").write_text(f"{site.url}/1\n")
        job = {"name": "j", "url_file": "list.txt", "delay": 0}
        file = write_config(tmp_path, [job])
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            desk(tmp_path, "pause")
            daemon.stop()
        (tmp_path / "list.txt").write_text(f"{site.url}/1\n{site.url}/2\n")
        with Daemon(file, "--until-done") as daemon:
            daemon.wait_for("job.synced", listed=2)
            gevent.sleep(1.5)
            assert site.paths() == ["/1"]
            assert daemon.process.poll() is None
            desk(tmp_path, "resume")
            assert daemon.wait() == 0
            assert site.paths() == ["/1", "/2"]


def test_without_a_daemon_a_wish_is_noted_for_the_next_start(tmp_path):
    with Site(str.encode) as site:
        file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert "no daemon is running: in force from the next start" in desk(tmp_path, "pause")
        found = json.loads(desk(tmp_path, "wishes", "--json"))
        assert [wish["scope"] for wish in found["wishes"]] == ["all"]
        assert "\nwish    everything is paused by " in desk(tmp_path, "check")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pause", "--host", "nobody.example"), "no host nobody.example is known"),
        (("pause", "--job", "jj"), "no job jj; it has j"),
        (("pause", "--job", "j", "--host", "h"), "not both"),
        (("pause", "--for", "soon"), "--for"),
        (("resume", "--job", "jj"), "no job jj; it has j"),
    ],
)
def test_a_wish_for_what_is_not_there_is_refused_with_what_is_allowed(tmp_path, arguments, words):
    file = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1}])
    with Daemon(file, "--until-done") as daemon:
        daemon.wait()
    verb, *more = arguments
    done = at_once(verb, "-c", "crawler.yaml", *more, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_ledger_that_another_program_holds_is_told_of_within_five_seconds(tmp_path):
    file = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1}])
    with Daemon(file, "--until-done") as daemon:
        daemon.wait()
    with contextlib.closing(sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert "another program holds it" in desk(tmp_path, "pause", code=1)
        assert time.monotonic() - began < 5
