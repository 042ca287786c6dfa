"""Hooks of a running crawler: nothing is lost, whatever stops, is killed or is down."""

import itertools
import json
import signal
import sys

import pytest

from tests.engines import on_every_engine
from tests.program import Daemon, at_once, ledger, until, write_config
from tests.receivers import SECRET, Receiver
from tests.servers import Site, free_port

URLS = 6


class Changing:
    """A site each of whose pages is another one with every visit."""

    def __init__(self):
        self._count = itertools.count()

    def __call__(self, path):
        return b"" if path == "/robots.txt" else f"{path} {next(self._count)}".encode()


def post(url, **options):
    return {"post": url, "secret": SECRET, **options}


def job(site, hook, *occasions, name="flags", **options):
    on = {occasion: [hook] for occasion in occasions or ("stored", "changed")}
    return {"name": name, "urls": [f"{site.url}/[1-{URLS}]"], "on": on, **options}


def visits(folder):
    """The visits that the ledger knows of, by URL."""
    with ledger(folder) as db:
        return dict(db.execute("SELECT url, attempt FROM task WHERE job != 0").fetchall())


def waiting(folder):
    with ledger(folder) as db:
        return db.execute("SELECT count(*) FROM outbox").fetchone()[0]


def assert_in_order(receiver, folder):
    """Each visit that was settled was told, first as stored and then as changed, in its order."""
    told = receiver.by_url()
    for url, number in visits(folder).items():
        visits_told = [(one["visit_no"], one["event"]) for one in told[url]]
        stored = [no for no, kind in visits_told if kind == "stored"]
        assert stored == sorted(set(stored))
        assert (
            len(stored) >= number - 3
        )  # a visit that a kill broke off was begun, and told nothing
        shas = [one["digest"] for one in told[url] if one["event"] == "stored"]
        changed = [one for one in told[url] if one["event"] == "changed"]
        assert [one["previous_digest"] for one in changed] == shas[: len(changed)]
        assert len(changed) == len(stored) - 1


@on_every_engine
def test_a_receiver_that_is_down_hears_of_everything_in_order_over_kills(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    with Site(Changing()) as site:
        config = write_config(
            tmp_path, [job(site, post(url), schedule={"every": "400ms"})]
        )  # fmt: skip
        for _ in range(2):  # while nobody listens
            with Daemon(config) as daemon:
                daemon.wait_for("hook.failed", hook=f"post http://127.0.0.1:{port}")
                until(lambda: len(daemon.told("visit")) >= 3 * URLS, "no visits", daemon)
                daemon.signal(signal.SIGKILL)
                daemon.process.wait()
        assert waiting(tmp_path) > 2 * URLS
        with Receiver(port) as receiver:
            with Daemon(config) as daemon:
                until(lambda: len(receiver.messages) > 3, "nothing comes", daemon)
                daemon.signal(signal.SIGKILL)  # amid deliveries
                daemon.process.wait()
            with Daemon(config) as daemon:
                until(lambda: len(daemon.told("visit")) >= 6 * URLS, "no visits", daemon)
                assert daemon.stop() == 0
            quiet = write_config(tmp_path, [job(site, post(url), schedule={"every": "1d"})])
            with Daemon(quiet) as daemon:
                daemon.wait_for("daemon.ready")
                until(lambda: not waiting(tmp_path), "events wait still", daemon)
                assert daemon.stop() == 0
            assert receiver.forged == 0
            assert_in_order(receiver, tmp_path)


def test_a_run_until_all_is_done_tells_everything_before_it_ends(tmp_path):
    with Site(lambda path: path.encode()) as site, Receiver() as receiver:
        jobs = [job(site, post(receiver.url), "stored", "job_done")]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 0
        kinds = [one["event"] for one in receiver.events]
        assert kinds == ["stored"] * URLS + ["job_done"]
        assert waiting(tmp_path) == 0


def test_what_fails_is_told_and_so_are_hosts_and_lists(tmp_path):
    def route(path):
        return ("404 Not Found", [], [b""]) if path == "/1" else ("403 Forbidden", [], [b""])

    with Site(route) as site, Receiver() as receiver:
        hook = post(receiver.url)
        jobs = [
            job(site, hook, "failed", "host_rested", delay="10ms", ban={"after": 3}),
            {"name": "gone", "url_file": "missing.txt", "on": {"list_failed": [hook]}},
        ]
        with Daemon(write_config(tmp_path, jobs)) as daemon:
            until(lambda: len(receiver.events) >= 5, "not all is told", daemon)
            assert daemon.stop() == 0
        found = {}
        for one in receiver.events:
            found.setdefault(one["event"], []).append(one)
        assert {one["kind"] for one in found["failed"]} == {"not_found", "http_error"}
        (rested,) = found["host_rested"]
        assert (rested["state"], rested["job"]) == ("banned", "flags")
        (failed,) = found["list_failed"]
        assert "missing.txt" in failed["reason"]


def test_a_hook_that_is_taken_out_is_told_nothing_more_and_another_is_from_then_on(tmp_path):
    port = free_port()
    with Site(Changing()) as site, Receiver() as receiver:
        gone = post(f"http://127.0.0.1:{port}/hook")
        often = {"schedule": {"every": "300ms"}}
        config = write_config(tmp_path, [job(site, gone, "stored", **often)])
        with Daemon(config) as daemon:
            daemon.wait_for("hook.failed")
            write_config(tmp_path, [job(site, post(receiver.url), "stored", **often)])
            daemon.signal(signal.SIGHUP)
            told = daemon.wait_for("hook.dropped", hook=f"post http://127.0.0.1:{port}")
            assert told["events"] > 0
            until(lambda: receiver.messages, "the other one is told nothing", daemon)
            with Receiver(port) as late:
                before = len(receiver.events)
                until(lambda: len(receiver.events) > before + URLS, "nothing more", daemon)
                assert not late.messages
            assert daemon.stop() == 0


def test_a_program_that_hangs_holds_up_no_stop_beyond_the_grace_period(tmp_path):
    hangs = {"run": [sys.executable, "-c", "import time; time.sleep(600)"], "timeout": "10m"}
    with Site(lambda path: path.encode()) as site:
        config = write_config(tmp_path, [job(site, hangs, "stored")], grace_period="1s")
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) == URLS, "not all is visited", daemon)
            until(lambda: _taken(tmp_path), "no program runs", daemon)
            assert daemon.stop() == 0
        assert waiting(tmp_path) == URLS


def _taken(folder):
    with ledger(folder) as db:
        return db.execute("SELECT count(*) FROM outbox WHERE owner IS NOT NULL").fetchone()[0]


@on_every_engine
def test_two_processes_tell_each_event_and_in_order(tmp_path):
    with Site(Changing()) as site, Receiver() as receiver:
        config = write_config(
            tmp_path, [job(site, post(receiver.url), schedule={"every": "300ms"})]
        )  # fmt: skip
        with Daemon(config) as first, Daemon(config) as second:
            until(lambda: len(receiver.events) > 4 * URLS, "nothing comes", first)
            first.signal(signal.SIGKILL)
            first.process.wait()
            before = len(receiver.events)
            until(lambda: len(receiver.events) > before + 4 * URLS, "nothing comes", second)
            until(lambda: _settled_all(tmp_path), "no moment of rest", second)
            assert second.stop() == 0
        with Daemon(
            write_config(tmp_path, [job(site, post(receiver.url), schedule={"every": "1d"})])
        ) as daemon:
            until(lambda: not waiting(tmp_path), "events wait still", daemon)
        assert_in_order(receiver, tmp_path)


def _settled_all(folder):
    return _taken(folder) == 0


@pytest.mark.parametrize("secret", ["T0/B0/PATHSECRET", SECRET])
def test_neither_a_secret_nor_the_path_of_a_hook_is_told_anywhere(tmp_path, secret):
    port = free_port()
    told = post(f"http://127.0.0.1:{port}/services/T0/B0/PATHSECRET?key=PATHSECRET")
    with Site(lambda path: path.encode()) as site:
        config = write_config(tmp_path, [job(site, told, "stored")])
        with Daemon(config) as daemon:
            daemon.wait_for("hook.failed")
            write_config(tmp_path, [job(site, told | {"secret": "another"}, "stored")])
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded")
            assert daemon.stop() == 0
            assert secret not in daemon.output.decode() + daemon.errors
        for file in tmp_path.iterdir():
            if file.is_file() and file != config:
                assert secret.encode() not in file.read_bytes()


def test_a_hook_that_fails_is_trouble_of_its_process_until_it_is_well(tmp_path):
    port = free_port()
    name = f"post http://127.0.0.1:{port}"
    with Site(lambda path: path.encode()) as site:
        config = write_config(
            tmp_path, [job(site, post(f"http://127.0.0.1:{port}/hook"), "stored")]
        )
        with Daemon(config) as daemon:
            daemon.wait_for("hook.failed", hook=name)
            told = f"hook {name} of flags fails: Connection refused"
            until(lambda: told in _trouble(tmp_path), "status does not say so", daemon)
            checked = at_once("status", "--check", "-c", str(config), cwd=tmp_path)
            assert checked.returncode == 1
            assert told in checked.stdout
            with Receiver(port) as receiver:
                daemon.wait_for("hook.resumed", hook=name)
                until(lambda: not _trouble(tmp_path), "it is trouble still", daemon)
                assert len(receiver.events) == URLS
            assert daemon.stop() == 0


def _trouble(folder):
    asked = at_once("status", "--json", "-c", "crawler.yaml", cwd=folder)
    return "".join(one["trouble"] or "" for one in json.loads(asked.stdout)["processes"])


def test_a_reload_amid_a_delivery_tells_nothing_twice_and_leaves_no_trouble(tmp_path):
    slow = "import time; time.sleep(1.5)"
    with Site(lambda path: path.encode()) as site:
        run = {"run": [sys.executable, "-c", slow]}
        config = write_config(tmp_path, [job(site, run, "stored")])
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            until(lambda: _taken(tmp_path), "no program runs", daemon)
            write_config(tmp_path, [job(site, run | {"timeout": "20s"}, "stored")])
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded")
            assert _taken(tmp_path)  # the same target: what is under way goes on
            write_config(tmp_path, [job(site, {"run": ["true"]}, "stored")])
            daemon.signal(signal.SIGHUP)
            assert daemon.wait_for("hook.dropped")["events"] > 0
            until(lambda: not waiting(tmp_path), "something waits", daemon)
            assert daemon.stop() == 0
            assert not daemon.told("hook.failed")


def test_a_moved_ledger_has_its_events_and_tells_them(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    with Site(lambda path: path.encode()) as site:
        jobs = [job(site, post(url), "stored")]
        with Daemon(write_config(tmp_path, jobs)) as daemon:
            until(lambda: len(daemon.told("visit")) == URLS, "not all is visited", daemon)
            daemon.wait_for("hook.failed")
            assert daemon.stop() == 0
        moved = at_once("move", "state.sqlite", "moved.sqlite", cwd=tmp_path)
        assert moved.returncode == 0, moved.stderr
        with Receiver(port) as receiver:
            config = write_config(tmp_path, jobs, state="moved.sqlite")
            with Daemon(config, "--until-done") as daemon:
                assert daemon.wait() == 0
            assert len(receiver.events) == URLS


def test_a_change_within_what_is_ignored_is_told_to_nobody_who_ignores_it(tmp_path):
    pages = Changing()
    with Site(pages) as site, Receiver() as receiver:
        ignoring = Receiver()
        with ignoring:
            hooks = [post(receiver.url), post(ignoring.url, ignore=["[0-9]+$"])]
            jobs = [{"name": "j", "urls": [f"{site.url}/x"], "schedule": {"every": "200ms"},
                     "on": {"changed": hooks}}]  # fmt: skip
            with Daemon(write_config(tmp_path, jobs)) as daemon:
                until(lambda: len(receiver.events) > 2, "no change is told", daemon)
                assert daemon.stop() == 0
            assert not ignoring.messages
        assert {one["changed_bytes"] for one in receiver.events} <= {1, 2}


def test_a_check_names_the_hooks_of_a_job_and_nothing_secret_of_them(tmp_path):
    told = post("https://hooks.example.org/T0/PATHSECRET")
    run = {"run": ["notify", "--token=PATHSECRET", "{url}"]}
    jobs = [{"name": "j", "urls": ["http://127.0.0.1:9/x"], "on": {"stored": [run]}}]
    write_config(tmp_path, [*jobs, {"name": "k", "urls": ["http://127.0.0.1:9/y"]}],
                 defaults={"on": {"failed": [told]}})  # fmt: skip
    checked = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
    assert checked.returncode == 0
    assert "  on          stored: run notify\n" in checked.stdout
    assert "  on          failed: post https://hooks.example.org\n" in checked.stdout
    assert "SECRET" not in checked.stdout + checked.stderr
